// Blocks into a sink that fails or dawdles: what the disk of a test machine does not do when asked.

import assert from "node:assert/strict";
import { test } from "node:test";
import { pourInto } from "./pour-into.ts";

const BLOCK = 131_072;

async function* letters(count: number, size: number): AsyncGenerator<Uint8Array> {
  for (let number = 0; number < count; number++) yield Buffer.alloc(size, number);
}

test("a sink that fails at any of its blocks ends the source, and its fault is thrown", async () => {
  for (let failing = 1; failing <= 6; failing++) {
    const full = new Error("there is no room left");
    let writes = 0;
    let ended = false;
    const source = async function* (): AsyncGenerator<Uint8Array> {
      try {
        yield* letters(6, BLOCK - 1);
      } finally {
        ended = true;
      }
    };
    const sink = {
      write: async () => {
        if (++writes === failing) throw full;
      },
    };
    await assert.rejects(
      pourInto(sink, source(), () => undefined),
      (error) => error === full,
    );
    assert.equal(writes, failing, "nothing is written after it");
    assert(ended);
  }
});

test("one block is written while the next is filled, and never a third taken in", async () => {
  let taken = 0;
  let writing: PromiseWithResolvers<void> | undefined;
  const written: number[] = [];
  const sink = {
    write: async (block: Uint8Array) => {
      assert.equal(writing, undefined, "one at a time");
      writing = Promise.withResolvers<void>();
      written.push(block[0] ?? -1);
      await writing.promise;
      assert.equal(block[0], written.at(-1), "the block is left alone while it is written");
      writing = undefined;
    },
  };
  const pouring = pourInto(sink, letters(8, BLOCK), () => taken++);
  while (written.length < 8) {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    assert(taken <= written.length + 1, `${taken} are taken in, ${written.length} written`);
    writing?.resolve();
  }
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  writing?.resolve();
  assert.equal(await pouring, 8 * BLOCK);
  assert.deepEqual(written, [0, 1, 2, 3, 4, 5, 6, 7]);
});

test("a source that throws is answered only when nothing is being written any more", async () => {
  const broken = new Error("the caller left");
  let isWriting = false;
  const sink = {
    write: async () => {
      isWriting = true;
      for (let turn = 0; turn < 50; turn++) await Promise.resolve();
      isWriting = false;
    },
  };
  const source = async function* (): AsyncGenerator<Uint8Array> {
    yield* letters(1, BLOCK);
    throw broken;
  };
  await assert.rejects(
    pourInto(sink, source(), () => undefined),
    (error) => error === broken,
  );
  assert.equal(isWriting, false);
});
