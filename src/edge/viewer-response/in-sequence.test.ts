import assert from "node:assert/strict";
import { test } from "node:test";
import { inSequence } from "./in-sequence.ts";

const bytes = (text: string): Uint8Array => Buffer.from(text);

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  let text = "";
  for await (const chunk of chunks) text += Buffer.from(chunk).toString();
  return text;
}

/** Says when it was begun and when it ended. */
async function* told(events: string[], name: string, ...pieces: readonly string[]): AsyncGenerator<Uint8Array> {
  events.push(`${name} begins`);
  try {
    for (const piece of pieces) yield bytes(piece);
  } finally {
    events.push(`${name} ends`);
  }
}

test("what is handed in comes out in order, with nothing for what is empty", async () => {
  const events: string[] = [];
  const body = inSequence([
    bytes("a"),
    told(events, "one", "b", "c"),
    bytes(""),
    told(events, "none"),
    told(events, "two", "d"),
    bytes("e"),
  ]);
  assert.equal(await textOf(body), "abcde");
  assert.equal(await textOf(inSequence([])), "");
});

test("all bodies are begun at once, and read on only in their turn", async () => {
  const events: string[] = [];
  const body = inSequence([told(events, "one", "a", "b"), told(events, "two", "c", "d")]);
  assert.deepEqual(events, ["one begins", "two begins"]);
  await body.next();
  await body.next();
  assert.deepEqual(events, ["one begins", "two begins"]);
  await body.next();
  assert.deepEqual(events, ["one begins", "two begins", "one ends"]);
  await body.return();
});

for (const reads of [0, 1, 2, 3]) {
  test(`given up after ${reads} pieces, every body is`, async () => {
    const events: string[] = [];
    const body = inSequence([told(events, "one", "a", "b"), bytes("x"), told(events, "two", "c", "d")]);
    for (let count = 0; count < reads; count++) await body.next();
    await body.return();
    assert.deepEqual(events.toSorted(), ["one begins", "one ends", "two begins", "two ends"]);
    assert.equal((await body.next()).done, true);
  });
}

test("a body that breaks off ends the others, and says so in its turn", async () => {
  const events: string[] = [];
  const broken: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error("broke off")) }),
  };
  const body = inSequence([bytes("a"), broken, told(events, "two", "c")]);
  assert.equal((await body.next()).done, false);
  await assert.rejects(body.next(), /broke off/);
  assert.deepEqual(events, ["two begins", "two ends"]);
});

test("a body that waits for its first piece can be given up", async () => {
  let wake: ((step: IteratorResult<Uint8Array>) => void) | undefined;
  const waiting: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise((resolve) => (wake = resolve)),
      async return() {
        wake?.({ done: true, value: undefined });
        return { done: true, value: undefined };
      },
    }),
  };
  const body = inSequence([bytes("a"), waiting]);
  await body.next();
  await body.return();
});
