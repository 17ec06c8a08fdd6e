import assert from "node:assert/strict";
import { test } from "node:test";

import { DEFAULT_LIMITS } from "../../../vocabulary/limits.ts";
import { addSeconds, epochMs, seconds } from "../../../vocabulary/time.ts";
import { findOverdue, type Overdue, type Standing } from "./overdue.ts";

const START = epochMs(1_000_000);
const LATER = addSeconds(START, seconds(1000));
const LIMITS = {
  ...DEFAULT_LIMITS,
  viewerHeaderTimeoutSeconds: 3,
  viewerIdleTimeoutSeconds: 7,
  viewerBodyIdleTimeoutSeconds: 11,
  viewerWriteTimeoutSeconds: 13,
  viewerHalfClosedSeconds: 17,
  viewerTunnelIdleSeconds: 19,
};
const QUIET: Standing = {
  phase: "waiting",
  since: START,
  headSince: undefined,
  stuckSince: undefined,
  lastFromOrigin: undefined,
  hasAnswered: false,
  isAnswering: false,
  isBodyAwaited: false,
  hasViewerEnded: false,
};

/** What differs from a connection that has just begun, what it is overdue with, and behind how many seconds. */
const CASES: readonly [Partial<Standing>, Overdue, number][] = [
  [{}, "idle", 3],
  [{ hasAnswered: true }, "idle", 7],
  [{ since: LATER, headSince: START }, "head", 3],
  [{ hasAnswered: true, headSince: START }, "head", 3],
  [{ phase: "working", isBodyAwaited: true }, "body", 11],
  [{ phase: "working", hasViewerEnded: true }, "half-closed", 17],
  [{ phase: "working", isBodyAwaited: true, hasViewerEnded: true }, "body", 11],
  [{ phase: "working", stuckSince: START, since: LATER }, "write", 13],
  [{ phase: "discarding" }, "body", 11],
  [{ phase: "discarding", stuckSince: START }, "write", 13],
  [{ phase: "tunnel" }, "tunnel", 19],
  [{ phase: "tunnel", hasViewerEnded: true }, "tunnel", 17],
  [{ phase: "tunnel", since: LATER, lastFromOrigin: START }, "tunnel", 19],
  [{ phase: "leaving" }, "leaving", 5],
  [{ phase: "leaving", stuckSince: START }, "write", 13],
];

test("a viewer is overdue once more than its bound has passed, and not before", () => {
  for (const [given, overdue, bound] of CASES) {
    const standing = { ...QUIET, ...given };
    const said = JSON.stringify(given);
    assert.equal(findOverdue(standing, addSeconds(START, seconds(bound)), LIMITS), undefined, said);
    assert.equal(findOverdue(standing, epochMs(START + bound * 1000 + 1), LIMITS), overdue, said);
  }
});

test("who is waited for by nobody may take its time", () => {
  for (const given of [
    { phase: "working" },
    { phase: "working", hasViewerEnded: true, isAnswering: true },
    { phase: "closed" },
  ] as const) {
    assert.equal(findOverdue({ ...QUIET, ...given }, LATER, LIMITS), undefined, JSON.stringify(given));
  }
});
