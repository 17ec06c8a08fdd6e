// One line per event, in both forms, whatever a peer put into its words.

import assert from "node:assert/strict";
import { test } from "node:test";
import { epochMs } from "../vocabulary/time.ts";
import { openLog, type Log, type LogSettings } from "./log.ts";

function openHeard(given: Partial<LogSettings>): { readonly log: Log; readonly lines: readonly string[] } {
  const lines: string[] = [];
  const log = openLog({
    level: "info",
    format: "pretty",
    clock: { now: () => epochMs(Date.UTC(2026, 10, 21, 9)) },
    processId: 7,
    write: (line) => lines.push(line),
    ...given,
  });
  return { log, lines };
}

const TIME = "2026-11-21T09:00:00.000Z";
const ODD = 'first\r\nsecond\u2028 "third"';

for (const [about, pretty, json] of [
  [{}, ODD, {}],
  [{ requestId: "r1" }, `request r1 ${ODD}`, { requestId: "r1" }],
  [{ event: "fetch-failed" }, `fetch-failed: ${ODD}`, { event: "fetch-failed" }],
  [{ event: "fetch-failed", requestId: "r1" }, `fetch-failed r1: ${ODD}`, { event: "fetch-failed", requestId: "r1" }],
] as const) {
  test(`an event about ${JSON.stringify(about)} is one line for people and one object for programs`, () => {
    const people = openHeard({});
    people.log("warn", "edge", ODD, about);
    assert.deepEqual(people.lines, [`${TIME} warn edge: ${pretty.replaceAll(/[\r\n]+/g, " ⏎ ")}\n`]);
    const programs = openHeard({ format: "json", worker: 2 });
    programs.log("warn", "edge", ODD, about);
    assert.equal(programs.lines.join("").split("\n").length, 2);
    assert.deepEqual(JSON.parse(programs.lines[0] ?? ""), {
      time: TIME,
      level: "warn",
      part: "edge",
      worker: 2,
      process: 7,
      ...json,
      message: ODD,
    });
  });
}

test("a process that is no worker names none, and what is less grave than was asked for is left out", () => {
  for (const format of ["pretty", "json"] as const) {
    const { log, lines } = openHeard({ format, level: "warn" });
    for (const level of ["error", "warn", "info", "debug"] as const) log(level, "api", "said");
    assert.equal(lines.length, 2);
    assert.ok(!lines.join("").includes("worker"));
  }
});
