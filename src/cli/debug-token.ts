// `debug-token`: prints the header by which a viewer is shown debug headers, as curl takes it.

import type { Settings } from "../service/settings.ts";
import type { Arguments } from "./arguments.ts";
import { askServer } from "./ask-server.ts";
import { refuse } from "./refuse.ts";
import { DEBUG_TOKEN_SECONDS_MAX } from "../service/own-watch.ts";

export async function debugToken(given: Arguments, settings: Settings): Promise<number> {
  if (given.operands.length > 0) {
    return refuse(`debug-token takes flags only, found ${JSON.stringify(given.operands.join(" "))}`, 2);
  }
  const asked = given.flags.get("--seconds")?.at(-1) ?? "3600";
  if (!/^[1-9]\d{0,4}$/.test(asked) || Number(asked) > DEBUG_TOKEN_SECONDS_MAX) {
    return refuse(
      `--seconds is a whole number from 1 to ${DEBUG_TOKEN_SECONDS_MAX}, found ${JSON.stringify(asked)}`,
      2,
    );
  }
  const body = { seconds: Number(asked) };
  const answer = await askServer<{ header: string; token: string }>(
    { method: "POST", path: "debug-token", body },
    settings,
    given,
  );
  if (typeof answer === "string") return refuse(answer);
  process.stdout.write(`${answer.header}: ${answer.token}\n`);
  return 0;
}
