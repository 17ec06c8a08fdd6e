// The body of an answer that no viewer gets: an error that a page takes the place of, or a refresh behind a viewer's back. It
// is read for the sake of the cache, which takes it in as it is read, and so that its connection is kept; but within bounds.

import type { AnswerBody } from "../transport/message.ts";

const UNSEEN_BYTES_MAX = 1_048_576;
const UNSEEN_MS_MAX = 10_000;

/** Resolves when nothing of the body is under way any more; never rejects. */
export async function finishUnseen(body: AnswerBody, msMax = UNSEEN_MS_MAX): Promise<void> {
  if (body.kind !== "stream") return;
  const iterator = body.chunks[Symbol.asyncIterator]();
  const giveUp = (): void => void iterator.return?.().catch(() => {});
  const timer = setTimeout(giveUp, msMax);
  try {
    let left = UNSEEN_BYTES_MAX;
    for (;;) {
      const step = await iterator.next();
      if (step.done === true) return;
      left -= step.value.length;
      if (left < 0) return giveUp();
    }
  } catch {
    // It broke off: whoever stores it has noticed and logged it.
  } finally {
    clearTimeout(timer);
  }
}
