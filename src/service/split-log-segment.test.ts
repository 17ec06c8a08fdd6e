// Segments of lines into files: by target and hour, under names that follow from the segment, whatever stands in it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { recordBlock, recordedAnswer } from "../../test/support/recorded-answers.ts";
import { ACCESS_LOG_FIELDS, ACCESS_LOG_PREAMBLE } from "../edge/record/access-log-fields.ts";
import { splitLogSegment } from "./split-log-segment.ts";

const ONE = "123456789012 E1 logs ";
const TWO = "123456789012 E2 logs cdn";
const NAME = "folder/00000001";
const DAY = Date.UTC(2026, 10, 21);

/** A block of its own. */
function block(target: string, time: string, name: string): Buffer {
  const [hours = 0, minutes = 0, second = 0] = time.split(":").map(Number);
  const endedAtMs = DAY + ((hours * 60 + minutes) * 60 + second) * 1000;
  return recordBlock("LCL50-P1", [recordedAnswer({ path: `/${name}`, target, endedAtMs })]);
}

function split(segment: Buffer, name = NAME): readonly (readonly [name: string, text: string])[] {
  const { files } = splitLogSegment(name, segment);
  return files.map(({ fileName, text: content }) => [fileName, content.toString("latin1")] as const);
}

test("lines are parted by target and by hour, each in their order", () => {
  const segment = [
    block(ONE, "08:59:59", "a"),
    block(TWO, "09:00:00", "b"),
    block(ONE, "09:00:00", "c"),
    block(ONE, "08:00:00", "d"),
  ];
  const contents = split(Buffer.concat(segment)).map(([name, text]) => {
    assert.ok(text.startsWith(ACCESS_LOG_PREAMBLE) && text.endsWith("\n"));
    const lines = text.slice(ACCESS_LOG_PREAMBLE.length, -1).split("\n");
    const times = lines.map((line) => {
      const values = line.split("\t");
      assert.equal(values.length, ACCESS_LOG_FIELDS.length);
      return [values[0], values[1], values[7]].join(" ");
    });
    return [name.replace(/[0-9A-Z]{11}\.gz$/, "*.gz"), times];
  });
  assert.deepEqual(contents, [
    ["E1.2026-11-21-08.*.gz", ["2026-11-21 08:59:59 /a", "2026-11-21 08:00:00 /d"]],
    ["E1.2026-11-21-09.*.gz", ["2026-11-21 09:00:00 /c"]],
    ["E2.2026-11-21-09.*.gz", ["2026-11-21 09:00:00 /b"]],
  ]);
});

test("the same segment makes the same names, and another one others", () => {
  const segment = block(ONE, "09:00:00", "a");
  const [name = "", again, other] = [split(segment), split(segment), split(segment, "folder/00000002")].map(
    ([file]) => file?.[0],
  );
  assert.match(name, /^E1\.2026-11-21-09\.[0-9A-Z]{11}\.gz$/);
  assert.equal(again, name);
  assert.notEqual(other, name);
});

for (const target of ["", "garbage", "123456789012 E1", "123456789012 E1 logs", "someone E1 logs "]) {
  test(`lines for ${JSON.stringify(target)} are counted, and what stands around them is there`, () => {
    const [around, stray] = [block(ONE, "09:00:00", "a"), block(target, "09:00:00", "b")];
    const { files, unreadable } = splitLogSegment(NAME, Buffer.concat([around, stray, stray, around]));
    assert.deepEqual([files.map(({ lines }) => lines), unreadable], [[2], 2]);
  });
}

test("what cannot be read is counted, too", () => {
  const [around, torn] = [block(ONE, "09:00:00", "a"), block(ONE, "09:00:00", "b")];
  torn[40] = (torn[40] ?? 0) ^ 1;
  const { files, unreadable } = splitLogSegment(NAME, Buffer.concat([around, torn, around]));
  assert.deepEqual([files.map(({ lines }) => lines), unreadable], [[2], 1]);
});
