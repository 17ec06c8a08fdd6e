import assert from "node:assert/strict";
import { test } from "node:test";
import { noteSpent } from "./spent-buffers.ts";

test("after each 8 MiB of bodies one young collection is asked for, and none where there is no such thing", async () => {
  const asked: unknown[] = [];
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const global = globalThis as { gc?: unknown };
  const before = global.gc;
  try {
    delete global.gc;
    for (let count = 0; count < 128; count++) noteSpent(65_536);
    global.gc = (kind: unknown) => asked.push(kind);
    for (let count = 0; count < 3 * 128; count++) noteSpent(65_536);
    await turn();
    assert.deepEqual(
      asked,
      Array.from({ length: 3 }, () => ({ type: "minor" })),
    );
  } finally {
    if (before === undefined) delete global.gc;
    else global.gc = before;
  }
});
