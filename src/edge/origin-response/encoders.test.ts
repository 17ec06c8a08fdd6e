import assert from "node:assert/strict";
import { test } from "node:test";
import { brotliDecompressSync, constants, createGunzip, gunzipSync } from "node:zlib";
import * as fc from "fast-check";
import type { ContentCoding } from "../config/effective-config.ts";
import type { OriginBody } from "../origin-request/origin-answer.ts";
import { openEncoders, type Encoders } from "./encoders.ts";

const CODINGS: readonly ContentCoding[] = ["gzip", "br"];
const decode = { gzip: gunzipSync, br: brotliDecompressSync };

function openSome(compressionsAtOnceMax = 4): Encoders {
  return openEncoders({ compressionBytesMin: 0, compressionBytesMax: 1e9, compressionsAtOnceMax });
}

interface Source extends OriginBody {
  readonly taken: () => number;
  readonly isGivenUp: () => boolean;
}

/** As an origin's: giving it up ends whoever waits for it. */
function sourceOf(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Source {
  let taken = 0;
  let isGivenUp = false;
  const gaveUp = Promise.withResolvers<never>();
  gaveUp.promise.catch(() => {});
  const each = async function* (): AsyncGenerator<Uint8Array> {
    yield* chunks;
  };
  const iterator = each();
  return {
    chunks: {
      [Symbol.asyncIterator]: () => ({
        async next() {
          const step = await Promise.race([iterator.next(), gaveUp.promise]);
          if (step.done !== true) taken += step.value.length;
          return step;
        },
        return: async () => ({ done: true, value: undefined }),
      }),
    },
    abort() {
      isGivenUp = true;
      gaveUp.reject(new Error("given up"));
    },
    taken: () => taken,
    isGivenUp: () => isGivenUp,
  };
}

function encode(encoders: Encoders, source: OriginBody, coding: ContentCoding): OriginBody {
  const body = encoders.encode(source, coding, 1000);
  assert(body !== undefined);
  return body;
}

async function readAll(body: OriginBody): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body.chunks) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Does not compress; of two seeds, not even beside each other. */
function noise(length: number, seed = 1): Uint8Array {
  let state = seed * 7919;
  return Uint8Array.from({ length }, () => (state = (state * 48_271) % 2_147_483_647) & 255);
}

async function* forever(): AsyncGenerator<Uint8Array> {
  for (let seed = 1; ; seed++) yield noise(65_536, seed);
}

async function* andThen(chunks: readonly Uint8Array[], last: () => Promise<void>): AsyncGenerator<Uint8Array> {
  yield* chunks;
  await last();
}

const never = (): Promise<void> => new Promise(() => {});
const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

for (const coding of CODINGS) {
  test(`${coding}: any body in any pieces decodes to itself`, async () => {
    const encoders = openSome();
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .tuple(fc.uint8Array({ minLength: 1, maxLength: 20 }), fc.integer({ min: 0, max: 8000 }))
        .map(([seed, times]) => Buffer.concat(Array.from({ length: times }, () => seed))),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 6 }), async (pieces) => {
        const encoded = await readAll(encode(encoders, sourceOf(pieces), coding));
        assert(decode[coding](encoded).equals(Buffer.concat(pieces)));
      }),
      { seed: 19_520_007, numRuns: 100 },
    );
    assert.equal(encoders.counters().compressionsInFlight, 0);
  });

  test(`${coding}: a source that breaks off breaks the body off, with its error`, async () => {
    const encoders = openSome();
    for (const before of [[], [Buffer.from("half")], [noise(300_000)]]) {
      const source = sourceOf(andThen(before, () => Promise.reject(new Error("the origin's response broke off"))));
      await assert.rejects(readAll(encode(encoders, source, coding)), { message: "the origin's response broke off" });
    }
    assert.equal(encoders.counters().compressionsInFlight, 0);
  });

  test(`${coding}: a reader who leaves takes the source along, wherever it stands`, async () => {
    for (const steps of [0, 1, 3]) {
      for (const leave of ["return", "abort"] as const) {
        const encoders = openSome();
        const source = sourceOf(forever());
        const body = encode(encoders, source, coding);
        const reader = body.chunks[Symbol.asyncIterator]();
        for (let step = 0; step < steps; step++) assert.equal((await reader.next()).done, false);
        if (leave === "abort") body.abort();
        else await reader.return?.();
        assert.equal(source.isGivenUp(), true);
        assert.deepEqual(await reader.next(), { done: true, value: undefined });
        await turns(20);
        assert.equal(encoders.counters().compressionsInFlight, 0);
      }
    }
  });

  test(`${coding}: a reader who leaves while it waits is let go`, async () => {
    const encoders = openSome();
    const source = sourceOf(andThen([], never));
    const body = encode(encoders, source, coding);
    const reader = body.chunks[Symbol.asyncIterator]();
    const waiting = reader.next();
    await turns(2);
    await reader.return?.();
    assert.equal((await waiting).done, true);
    assert.equal(source.isGivenUp(), true);
    assert.equal(encoders.counters().compressionsInFlight, 0);
  });

  test(`${coding}: a reader who reads nothing stops the source`, async () => {
    const encoders = openSome();
    const source = sourceOf(forever());
    const body = encode(encoders, source, coding);
    const reader = body.chunks[Symbol.asyncIterator]();
    await reader.next();
    let before = -1;
    while (source.taken() !== before && before < 1_000_000) {
      before = source.taken();
      await turns(200);
    }
    await reader.return?.();
    assert(before < 1_000_000, `${before} bytes were taken`);
  });

  test(`${coding}: what a silent origin has sent is not held back`, async () => {
    const encoders = openSome();
    const source = sourceOf(andThen([Buffer.from("<html><head>")], never));
    const reader = encode(encoders, source, coding).chunks[Symbol.asyncIterator]();
    const read: Uint8Array[] = [];
    const finishFlush = { gzip: constants.Z_SYNC_FLUSH, br: constants.BROTLI_OPERATION_FLUSH }[coding];
    for (let text = ""; text !== "<html><head>";) {
      const step = await reader.next();
      assert(step.done !== true);
      read.push(step.value);
      text = decode[coding](Buffer.concat(read), { finishFlush }).toString();
    }
    await reader.return?.();
  });
}

test("beyond the bound a body is left as it is, and counted; when one is through there is room again", async () => {
  const encoders = openSome(1);
  const first = encode(encoders, sourceOf([Buffer.from("one")]), "gzip");
  assert.equal(encoders.encode(sourceOf([]), "gzip", 0), undefined);
  assert.deepEqual(encoders.counters(), { compressed: 1, compressionsSkipped: 1, compressionsInFlight: 1 });
  await readAll(first);
  encode(encoders, sourceOf([]), "br").abort();
  assert.deepEqual(encoders.counters(), { compressed: 2, compressionsSkipped: 1, compressionsInFlight: 0 });
});

test("10 MB of text leave the event loop to others", async () => {
  const encoders = openSome();
  const text = Buffer.from("a line of text that is like the one before, and a number: ".repeat(1100)).subarray(
    0,
    62_500,
  );
  let turnsTaken = 0;
  let others = setImmediate(function again() {
    turnsTaken++;
    others = setImmediate(again);
  });
  const gunzip = createGunzip();
  let length = 0;
  gunzip.on("data", (chunk: Buffer) => (length += chunk.length));
  for await (const chunk of encode(encoders, sourceOf(Array.from({ length: 160 }, () => text)), "gzip").chunks) {
    gunzip.write(chunk);
  }
  await new Promise((resolve) => gunzip.end(() => resolve(undefined)));
  clearImmediate(others);
  assert.equal(length, 10_000_000);
  assert(turnsTaken > 160, `${turnsTaken} turns`);
});
