import assert from "node:assert/strict";
import { test } from "node:test";
import { addSeconds, epochMs, seconds } from "../vocabulary/time.ts";
import {
  formatFindings,
  judgeCertificate,
  judgeClock,
  judgeLogs,
  judgeOriginError,
  judgeOriginStatus,
  judgeRoom,
  type Finding,
} from "./doctor-findings.ts";

const NOW = epochMs(Date.UTC(2026, 10, 21, 9));
const DAY = 86_400;
const after = (days: number) => addSeconds(NOW, seconds(days * DAY));

for (const [from, to, state, says] of [
  [-10, 100, "ok", "x ends in 100 days, on 2027-03-01"],
  [-10, 21, "ok", "x ends in 21 days, on 2026-12-12"],
  [-10, 20.9, "warning", "x ends in 20 days, on 2026-12-12"],
  [-10, 1.5, "warning", "x ends in 1 day, on 2026-11-22"],
  [-10, 0, "fault", "x has ended, on 2026-11-21"],
  [1, 100, "fault", "x is not good before 2026-11-22T09:00:00.000Z"],
] as const) {
  test(`a certificate from day ${from} to day ${to}: ${state}`, () => {
    const found = judgeCertificate(
      "x",
      { notBefore: after(from), notAfter: after(to) },
      { now: NOW, renewal: "renew" },
    );
    assert.equal(found.state, state);
    assert.equal(found.says, says);
    assert.equal(found.todo === undefined, state === "ok");
  });
}

for (const [freeBytes, filesFree, files, state] of [
  [2e9, 0, 0, "ok"],
  [2e9, 100, 1000, "ok"],
  [2e9, 49, 1000, "warning"],
  [2e9, 0, 1000, "fault"],
  [999_999_999, 1, 1, "warning"],
  [99_999_999, 1, 1, "fault"],
] as const) {
  test(`${freeBytes} bytes and ${filesFree} of ${files} files free: ${state}`, () => {
    assert.equal(judgeRoom({ path: "/data", freeBytes, filesFree, files }).state, state);
  });
}

for (const [ahead, written, state, says] of [
  [[], undefined, "ok", /no origin told a time/],
  [[1], undefined, "ok", /as o0 says/],
  [[-11], undefined, "warning", /11 s behind o0/],
  [[400], undefined, "fault", /400 s ahead of o0/],
  [[0, 9000, 1], undefined, "ok", /as o2 says/], // one that is wrong itself does not count
  [[0], 60, "warning", /gone back: the store was written 60 s after/],
  [[0], 600, "fault", /gone back/],
] as const) {
  test(`a clock ${JSON.stringify(ahead)} s ahead, the store written ${written ?? "never"}: ${state}`, () => {
    const readings = ahead.map((aheadSeconds, at) => ({ whose: `o${at}`, aheadSeconds }));
    const writtenAt = written === undefined ? undefined : addSeconds(NOW, seconds(written));
    const found = judgeClock(readings, NOW, writtenAt);
    assert.equal(found.state, state);
    assert.match(found.says, says);
  });
}

for (const [code, says] of [
  ["ECONNREFUSED", /refused the connection/],
  ["CERT_HAS_EXPIRED", /certificate that has ended/],
  ["SELF_SIGNED_CERT_IN_CHAIN", /authority that is not known/],
  ["EWHATEVER", /failed: strange/],
] as const) {
  test(`an origin that fails with ${code} is a fault with something to do`, () => {
    const found = judgeOriginError("E1: http://a", { code, message: "strange" });
    assert.equal(found.state, "fault");
    assert.match(found.says, says);
    assert.ok(found.todo);
  });
}

test("an origin's own errors are a warning, its refusals are its own", () => {
  assert.equal(judgeOriginStatus("a", 404).state, "ok");
  assert.equal(judgeOriginStatus("a", 503).state, "warning");
});

test("what to do stands beneath what it is about", () => {
  const findings: Finding[] = [
    { subject: "ports", state: "ok", says: "one" },
    { subject: "clock", state: "fault", says: "two", todo: "three" },
  ];
  assert.equal(formatFindings(findings), "ok       ports  one\nfault    clock  two\n                → three\n");
});

const REFUSED = {
  distribution: "E1",
  bucket: "logs",
  files: 2,
  bytes: 300,
  since: NOW,
  why: "NoSuchBucket, there is no bucket logs",
};
const NONE = { refused: [], refusedCount: 0, lost: { files: 0, lines: 0 } };

for (const [about, logs, linesLost, found] of [
  ["nothing was told", undefined, 0, []],
  ["all goes its way", NONE, 0, []],
  [
    "a bucket is away",
    { ...NONE, refused: [REFUSED], refusedCount: 1 },
    0,
    [
      [
        "warning",
        "E1 waits for the bucket logs since 2026-11-21T09:00:00.000Z (2 files, 300 bytes): NoSuchBucket, there is no bucket logs",
      ],
    ],
  ],
  [
    "lines were lost",
    { ...NONE, lost: { files: 1, lines: 30 } },
    4,
    [
      ["fault", /^4 lines of distributions' access logs were lost by edge workers/],
      ["fault", /^30 lines of distributions' access logs were lost in files that no bucket took/],
    ],
  ],
] as const) {
  test(`of access logs, ${about}: ${found.length} findings`, () => {
    const judged = judgeLogs(logs, linesLost);
    assert.equal(judged.length, found.length);
    for (const [index, [state, says]] of found.entries()) {
      assert.equal(judged[index]?.state, state);
      if (typeof says === "string") assert.equal(judged[index]?.says, says);
      else assert.match(judged[index]?.says ?? "", says);
      assert.ok(judged[index]?.todo);
    }
  });
}
