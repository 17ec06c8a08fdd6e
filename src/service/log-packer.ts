// Packs segments of access logs in a thread of its own (log-thread.ts), which is there only while there are any.

import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { SegmentAsked, SegmentPacked } from "./log-thread.ts";

export interface LogPacker {
  /** One at a time. Rejects where the segment cannot be read, or the thread ended. */
  pack(asked: SegmentAsked): Promise<Extract<SegmentPacked, { readonly kind: "packed" }>>;
  close(): Promise<void>;
}

/** After so long without a segment the thread ends, and gives its memory back. */
const IDLE_MS = 10_000;

/** `niceness`: by how much the thread yields to others, from 0, which is not at all, to 19. */
export function openLogPacker(niceness: number, idleMs = IDLE_MS): LogPacker {
  let thread: Worker | undefined;
  let idle: NodeJS.Timeout | undefined;

  function begin(): Worker {
    const begun = new Worker(new URL("log-thread.ts", import.meta.url), { workerData: niceness });
    // Told to whoever waits for it; nobody does while it is idle.
    begun.on("error", () => undefined);
    begun.once("exit", () => {
      if (thread === begun) thread = undefined;
    });
    return begun;
  }

  async function end(): Promise<void> {
    clearTimeout(idle);
    const ended = thread;
    thread = undefined;
    await ended?.terminate();
  }

  return {
    async pack(asked) {
      clearTimeout(idle);
      thread ??= begin();
      const asking = thread;
      asking.ref();
      const over = new AbortController();
      try {
        const answered = once(asking, "message", { signal: over.signal });
        const ended = once(asking, "exit", { signal: over.signal }).then(() => {
          throw new Error(`the thread that packs access logs ended at ${asked.path}`);
        });
        asking.postMessage(asked);
        const [answer] = (await Promise.race([answered, ended])) as [SegmentPacked];
        if (answer.kind === "failed") throw new Error(answer.why);
        return answer;
      } finally {
        over.abort();
        asking.unref();
        idle = setTimeout(() => void end(), idleMs).unref();
      }
    },
    close: end,
  };
}
