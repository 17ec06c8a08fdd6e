// The disk under the lines of access logs fills up: what has no room is counted, what was written is read back whole, and once there is
// room again lines are written again.

import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { DONE_SEGMENT, openLogSpool } from "../../src/service/log-spool.ts";
import { splitLogSegment } from "../../src/service/split-log-segment.ts";
import { seconds, systemClock } from "../../src/vocabulary/time.ts";
import { recordedAnswer, type Recorded } from "../support/recorded-answers.ts";
import { until } from "../support/until.ts";
import { mountSmallDisk } from "../support/small-disk.ts";

/** Another each time, so that each takes its room. */
let made = 0;
const record = (): Recorded => recordedAnswer({ path: `/${made}`, query: `${made++}${"x".repeat(900)}` });

test("lines that find the disk full are counted, no line is torn, and room makes it work again", async (t) => {
  const disk = mountSmallDisk(t, "1m");
  if (disk === undefined) return t.skip("a small disk cannot be mounted here");
  const said: string[] = [];
  const spool = openLogSpool({
    home: join(disk, "spool"),
    popName: "LCL50-P1",
    pendingBytesMax: 16_777_216,
    bytesMax: 1_073_741_824,
    deliverySeconds: seconds(300),
    clock: systemClock,
    log: (_level, what) => said.push(what),
  });
  const ballast = join(disk, "ballast");
  writeFileSync(ballast, Buffer.alloc(500_000));
  const COUNT = 2000;
  for (let line = 0; line < COUNT; line++) spool.append(...record());
  spool.tick();
  await until(() => spool.lost() > 0);
  const before = spool.lost();
  assert.equal(spool.taken(), COUNT);
  rmSync(ballast);
  for (const path of segmentsIn(disk)) if (path.endsWith(DONE_SEGMENT)) rmSync(path);
  for (let line = 0; line < 100; line++) spool.append(...record());
  await spool.close();
  const lines = segmentsIn(disk).flatMap((path) => splitLogSegment(path, readFileSync(path)).files);
  assert.ok(lines.length > 0);
  for (const { text } of lines) {
    const [, , ...read] = text.toString("latin1").trimEnd().split("\n");
    for (const line of read) assert.match(line, /\t\/\d+\t200\t.*\t\d+x{900}\t/);
  }
  assert.ok(before < COUNT, `${before} lost`);
  assert.ok(
    said.some((line) => /lines of distributions' access logs were lost: ENOSPC/.test(line)),
    said.join("\n"),
  );
});

function segmentsIn(disk: string): readonly string[] {
  return readdirSync(join(disk, "spool"), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(?:open|records)$/.test(name))
    .map((name) => join(disk, "spool", name));
}
