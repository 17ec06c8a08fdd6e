// The child of crash-recovery.test.ts: puts, replaces, deletes and uploads objects in the data folder argv[2] until it is
// killed, from the seed in argv[3], cleaning up what its predecessor left meanwhile. A line is printed in the middle of
// each file and when the index has answered.

import { createHash, randomBytes } from "node:crypto";
import { writeSync } from "node:fs";
import { join } from "node:path";
import { openObjectFiles } from "../../src/buckets/files/open-object-files.ts";
import { BUCKET, HEAD, sampleBucket } from "../../src/store/contract/bucket-samples.ts";
import { NOW, PLENTY } from "../../src/store/contract/samples.ts";
import type { Piece } from "../../src/store/buckets.ts";
import { openSqliteStore } from "../../src/store/sqlite/open-sqlite-store.ts";

const [, , folder = "", seed = "0"] = process.argv;
/** The test kills long before; a writer that lost its parent ends here. */
const STEPS_MAX = 2000;
const WRITERS = 3;
const KEYS = 6;
const BYTES_MAX = 400_000;

const store = await openSqliteStore({ path: join(folder, "store.sqlite") });
const files = await openObjectFiles({
  folder: join(folder, "objects"),
  random: randomBytes,
  reportFault: (fault) => {
    throw fault;
  },
  removeAfterMs: 0,
});
await store.buckets.createBucket(sampleBucket(), PLENTY);

/** Straight to the descriptor: a line in a buffer of this process would die with it. */
function tell(line: string): void {
  writeSync(1, `${line}\n`);
}

/** Numbers below `below`, from the seed and a name. */
function drawer(name: string): (below: number) => number {
  let drawn = createHash("sha256").update(`${seed} ${name}`).digest();
  return (below) => {
    drawn = createHash("sha256").update(drawn).digest();
    return drawn.readUInt32LE() % below;
  };
}

async function write(draw: (below: number) => number): Promise<{ readonly piece: Piece; readonly md5: Buffer }> {
  const digest = createHash("md5");
  const bytes = draw(BYTES_MAX);
  const letter = draw(256);
  const chunks = (async function* () {
    for (let at = 0; at < bytes; at += 50_000) {
      if (at === 150_000) tell("writing");
      yield Buffer.alloc(Math.min(50_000, bytes - at), letter);
    }
  })();
  const piece = await files.write(chunks, (chunk) => digest.update(chunk));
  return { piece, md5: digest.digest() };
}

async function work(writer: number): Promise<void> {
  const draw = drawer(`writer ${writer}`);
  for (let step = 0; step < STEPS_MAX; step++) {
    const key = `${writer}/${draw(KEYS)}`;
    const newVersionId = `${seed}-${writer}-${step}`;
    const choice = draw(10);
    if (choice < 6) {
      const { piece, md5 } = await write(draw);
      const content = { pieces: [piece], bytes: piece.bytes, etag: md5.toString("hex"), checksums: {} };
      const outcome = await store.buckets.putObject(
        { ...HEAD, ...content, bucket: BUCKET, key, newVersionId },
        undefined,
        NOW,
      );
      if (outcome.kind !== "put") throw new Error(outcome.kind);
      tell(`has ${key} ${outcome.object.etag}`);
      await files.remove(outcome.freed);
    } else if (choice < 8) {
      const upload = { bucket: BUCKET, key, id: newVersionId };
      await store.buckets.createUpload({ ...upload, startedAtMs: NOW, initiator: undefined, head: HEAD, checksum: "" });
      const parts = [];
      for (let number = 1; number <= 3; number++) {
        const { piece, md5 } = await write(draw);
        const part = { number, piece, etag: md5.toString("hex"), checksums: {}, modifiedAtMs: NOW };
        await store.buckets.putPart(upload, part);
        if (number !== 2) parts.push({ piece, md5 });
      }
      if (draw(4) === 0) continue; // nobody finishes it
      if (draw(4) === 0) {
        await files.remove((await store.buckets.abortUpload(upload))?.freed ?? []);
        continue;
      }
      const pieces = parts.map(({ piece }) => piece);
      const digest = createHash("md5").update(Buffer.concat(parts.map(({ md5 }) => md5)));
      const content = {
        pieces,
        bytes: pieces.reduce((sum, { bytes }) => sum + bytes, 0),
        partBytes: pieces.map(({ bytes }) => bytes),
        etag: `${digest.digest("hex")}-2`,
        checksums: {},
        newVersionId,
      };
      const outcome = await store.buckets.completeUpload(upload, content, undefined, NOW);
      if (outcome.kind !== "put") throw new Error(outcome.kind);
      tell(`has ${key} ${outcome.object.etag}`);
      await files.remove(outcome.freed);
    } else {
      const outcome = await store.buckets.deleteObject({ bucket: BUCKET, key, newVersionId }, undefined, NOW);
      if (outcome.kind !== "deleted") throw new Error(outcome.kind);
      tell(`has ${key} nothing`);
      await files.remove(outcome.freed);
    }
  }
}

const cleaning = files.cleanUp((names) => store.buckets.filesInUse(names));
await Promise.all([cleaning, ...Array.from({ length: WRITERS }, (_, writer) => work(writer))]);
