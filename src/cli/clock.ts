// `clock`: what the time is on a server that was started for tests, and moves it there.

import type { Settings } from "../service/settings.ts";
import type { ToldTime } from "../service/own-test-controls.ts";
import { DURATION_FORM, parseDuration } from "../vocabulary/duration.ts";
import { nearest } from "../service/settings.ts";
import type { Arguments } from "./arguments.ts";
import { askServer, type OwnRequest } from "./ask-server.ts";
import { refuse } from "./refuse.ts";

export const CLOCK_WORDS = ["show", "advance", "freeze", "reset"] as const;

export async function clock(given: Arguments, settings: Settings): Promise<number> {
  const asked = readAsked(given.operands);
  if (typeof asked === "string") return refuse(asked, 2);
  const told = await askServer<ToldTime>(asked, settings, given);
  if (typeof told === "string") return refuse(told);
  process.stdout.write(given.flags.has("--json") ? `${JSON.stringify(told, undefined, 2)}\n` : `${told.says}\n`);
  return 0;
}

function readAsked([word = "show", ...rest]: readonly string[]): OwnRequest | string {
  const [by, ...extra] = rest;
  switch (word) {
    case "advance":
      if (by === undefined || extra.length > 0 || parseDuration(by) === undefined) {
        const found = rest.length === 0 ? "nothing" : JSON.stringify(rest.join(" "));
        return `clock advance takes ${DURATION_FORM}, found ${found}`;
      }
      return { method: "POST", path: "clock/advance", body: { by } };
    case "show":
    case "freeze":
    case "reset":
      if (by !== undefined) return `clock ${word} takes nothing more, found ${JSON.stringify(rest.join(" "))}`;
      return word === "show" ? { method: "GET", path: "clock" } : { method: "POST", path: `clock/${word}` };
    default: {
      const near = nearest(word, CLOCK_WORDS);
      const guess = near === undefined ? "" : `; did you mean ${near}?`;
      return `clock takes one of ${CLOCK_WORDS.join(", ")}, found ${JSON.stringify(word)}${guess}`;
    }
  }
}
