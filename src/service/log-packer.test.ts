import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { getPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { onLinux, threadsOf } from "../../test/support/threads.ts";
import { LOG_TARGET, recordBlock, recordedAnswer } from "../../test/support/recorded-answers.ts";
import { openLogPacker, type LogPacker } from "./log-packer.ts";
import { splitLogSegment } from "./split-log-segment.ts";

interface Place extends AsyncDisposable {
  readonly path: string;
  readonly packer: LogPacker;
}

function newPlace(niceness: number, idleMs?: number): Place {
  const directory = mkdtempSync(join(tmpdir(), "warmfront-packer-"));
  const path = join(directory, "00000001.records");
  writeFileSync(path, SEGMENT);
  const packer = openLogPacker(niceness, idleMs);
  return {
    path,
    packer,
    async [Symbol.asyncDispose]() {
      await packer.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

const SEGMENT = recordBlock(
  "LCL50-P1",
  [LOG_TARGET, "123456789012 E2 others x/"].map((target) => recordedAnswer({ path: "/a", target })),
);
const NAME = "worker/1";

async function packOnce({ packer, path }: Place): Promise<void> {
  const { files, unreadable } = await packer.pack({ path, name: NAME });
  const split = splitLogSegment(NAME, SEGMENT);
  assert.equal(split.files.length, 2);
  assert.deepEqual(
    files.map(({ content, ...file }) => ({ ...file, text: gunzipSync(content).toString() })),
    split.files.map(({ targetText, fileName, lines, text }) => ({
      targetText,
      fileName,
      lines,
      text: text.toString(),
    })),
  );
  assert.equal(unreadable, 0);
}

test("a segment becomes the files that it splits into, compressed, in a thread that is used again", async () => {
  await using place = newPlace(0);
  await packOnce(place);
  await packOnce(place);
});

test("the thread yields to others, and nothing else of the process does", onLinux, async () => {
  const usual = getPriority(0);
  await using place = newPlace(3);
  await packOnce(place);
  assert.equal(threadsOf(3), 1);
  assert.equal(getPriority(0), usual);
  await place.packer.close();
  assert.equal(threadsOf(3), 0);
});

test("a thread that was idle for long ends, and the next segment has another one", onLinux, async () => {
  await using place = newPlace(4, 1);
  for (let round = 0; round < 3; round++) {
    await packOnce(place);
    while (threadsOf(4) > 0) await new Promise((resolve) => setImmediate(resolve));
  }
});

test("a segment that is gone has no files; one that cannot be read is told, and stops nothing", async () => {
  await using place = newPlace(0);
  assert.deepEqual(await place.packer.pack({ path: `${place.path}.gone`, name: NAME }), {
    kind: "packed",
    files: [],
    unreadable: 0,
  });
  await assert.rejects(place.packer.pack({ path: join(place.path, ".."), name: NAME }), /EISDIR/);
  await packOnce(place);
});

test("whoever waits for a thread that ends hears of it", async () => {
  await using place = newPlace(0);
  const packing = place.packer.pack({ path: place.path, name: NAME });
  const [outcome] = await Promise.allSettled([packing, place.packer.close()]);
  assert.equal(outcome.status, "rejected");
  await packOnce(place);
});
