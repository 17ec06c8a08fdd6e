// Segments of lines into files: by target and hour, under names that follow from the segment, whatever stands in it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ACCESS_LOG_PREAMBLE } from "../edge/record/access-log-fields.ts";
import { splitLogSegment } from "./split-log-segment.ts";

const ONE = "123456789012 E1 logs ";
const TWO = "123456789012 E2 logs cdn";
const line = (target: string, time: string, rest: string): string =>
  `${target}\t2026-11-21\t${time}\tLCL50-P1\t${rest}\n`;

function split(text: string, name = "folder/00000001"): readonly (readonly [name: string, text: string])[] {
  const { files } = splitLogSegment(name, Buffer.from(text, "latin1"));
  return files.map(({ fileName, text: content }) => [fileName, content.toString("latin1")] as const);
}

test("lines are parted by target and by hour, each in their order", () => {
  const files = split(
    line(ONE, "08:59:59", "a") + line(TWO, "09:00:00", "b") + line(ONE, "09:00:00", "c") + line(ONE, "08:00:00", "d"),
  );
  const contents = files.map(([name, text]) => [name.replace(/[0-9A-Z]{11}\.gz$/, "*.gz"), text]);
  const logged = (...lines: readonly (readonly [time: string, rest: string])[]): string =>
    ACCESS_LOG_PREAMBLE + lines.map(([time, rest]) => `2026-11-21\t${time}\tLCL50-P1\t${rest}\n`).join("");
  assert.deepEqual(contents, [
    ["E1.2026-11-21-08.*.gz", logged(["08:59:59", "a"], ["08:00:00", "d"])],
    ["E2.2026-11-21-09.*.gz", logged(["09:00:00", "b"])],
    ["E1.2026-11-21-09.*.gz", logged(["09:00:00", "c"])],
  ]);
});

test("the same segment makes the same names, and another one others", () => {
  const text = line(ONE, "09:00:00", "a");
  const [name = "", again, other] = [split(text), split(text), split(text, "folder/00000002")].map(
    ([file]) => file?.[0],
  );
  assert.match(name, /^E1\.2026-11-21-09\.[0-9A-Z]{11}\.gz$/);
  assert.equal(again, name);
  assert.notEqual(other, name);
});

test("a line that a kill cut off is left out, wherever it was cut", () => {
  const whole = line(ONE, "09:00:00", "a");
  const cut = line(ONE, "09:00:01", "b");
  const [alone] = split(whole);
  for (let length = 0; length < cut.length; length++) {
    const { files, unreadable } = splitLogSegment("folder/00000001", Buffer.from(whole + cut.slice(0, length)));
    assert.deepEqual([files.map(({ fileName, text }) => [fileName, text.toString()]), unreadable], [[alone], 0]);
  }
});

const UNREADABLE = [
  "\n",
  "\0\0\0\0\n",
  "\t\n",
  "garbage\tof a disk\n",
  `${ONE}\n`,
  `${ONE}\t2026-11-21\n`,
  line("", "09:00:00", "a"),
];

for (const text of UNREADABLE) {
  test(`${JSON.stringify(text)} is counted, and what stands around it is there`, () => {
    const around = line(ONE, "09:00:00", "a");
    const { files, unreadable } = splitLogSegment("folder/00000001", Buffer.from(around + text + around, "latin1"));
    assert.deepEqual([files.map(({ lines }) => lines), unreadable], [[2], 1]);
  });
}
