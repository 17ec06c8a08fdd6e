// `debug-token`: prints the header by which a viewer is shown debug headers, as curl takes it.

import type { Settings } from "../service/settings.ts";
import type { Arguments } from "./arguments.ts";
import { askServer } from "./ask-server.ts";
import { refuse } from "./refuse.ts";

export async function debugToken(given: Arguments, settings: Settings): Promise<number> {
  const asked = given.flags.get("--seconds")?.at(-1) ?? "3600";
  if (given.operands.length > 0 || !/^[1-9]\d{0,5}$/.test(asked)) {
    return refuse(`debug-token takes --seconds only, how long it is good for, found ${JSON.stringify(asked)}`, 2);
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
