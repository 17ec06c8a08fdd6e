import assert from "node:assert/strict";
import { test } from "node:test";
import type { AnswerBody } from "../transport/message.ts";
import { finishUnseen } from "./finish-unseen.ts";

test("a body that nobody sees is given up when its time is over", async () => {
  let isGivenUp = false;
  const { promise: given, resolve } = Promise.withResolvers<IteratorResult<Uint8Array>>();
  const silent: AnswerBody = {
    kind: "stream",
    length: undefined,
    chunks: {
      [Symbol.asyncIterator]: () => ({
        next: () => given,
        return: async () => {
          isGivenUp = true;
          resolve({ done: true, value: undefined });
          return { done: true, value: undefined };
        },
      }),
    },
  };
  await finishUnseen(silent, 1);
  assert(isGivenUp);
});
