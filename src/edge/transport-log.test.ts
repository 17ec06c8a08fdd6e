import assert from "node:assert/strict";
import { test } from "node:test";
import { epochMs } from "../vocabulary/time.ts";
import { openTransportLog } from "./transport-log.ts";

test("a flood is counted whole and written once in ten seconds, faults of our own each time", () => {
  let seconds = 1000;
  const lines: string[] = [];
  const transport = openTransportLog({ now: () => epochMs(seconds * 1000) }, (level, event, why) =>
    lines.push(`${level} ${event} ${why.split("\n")[0]}`),
  );
  const viewerAddress = "198.51.100.7";
  for (let times = 0; times < 500; times++) {
    transport.hear({ kind: "too-many-connections", viewerAddress, of: "address" });
    if (times === 400) seconds += 10;
  }
  for (const message of ["one", "two"])
    transport.hear({ kind: "respond-threw", viewerAddress, error: new Error(message) });
  transport.hear({ kind: "refused", viewerAddress, status: 400, reason: "bad-chunk", method: "GET", target: "/a" });
  const turnedAway = `warn too-many-connections ${viewerAddress} was turned away: its address has viewerConnectionsPerAddressMax connections`;
  assert.deepEqual(lines, [
    turnedAway,
    `${turnedAway} (and 400 more since the last line)`,
    "error respond-threw Error: one",
    "error respond-threw Error: two",
    `info refused ${viewerAddress} GET /a: 400 bad-chunk`,
  ]);
  assert.deepEqual(transport.counters(), {
    connectionsRefused: 500,
    connectionsBroken: 0,
    messagesRefused: 1,
    viewersTimedOut: 0,
    answersBrokenOff: 0,
  });
});
