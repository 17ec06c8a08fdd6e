// One reader of a shared body who is too far behind for what is kept of it in memory, while the body still comes and is being written to a
// disk: it reads there what has been written so far, then what is written next, and from where the body is stored once it is whole. Only
// when the disk loses it does the reader go on alone, or is broken off. [D-0038]

import { inSequence, type Sequence } from "../viewer-response/in-sequence.ts";
import type { Admission, StoredBody } from "../storage/cache-storage.ts";

export interface Follower {
  readonly rest: AsyncIterator<Uint8Array>;
  /** Bytes that it has had of the body. */
  position(): number;
  /** Something has changed: more was written, or nothing will be any more. */
  wake(): void;
  /** The body is stored whole, and is to be read from there. */
  handOver(body: StoredBody): void;
  /** It does not want the rest. */
  stop(): void;
}

export interface Followed {
  readonly from: number;
  /** Bytes that the storage was given so far; "lost": it does not have them any more. Throws when the body broke off. */
  given(): number | "lost";
  /** More of the body may come. */
  isComing(): boolean;
  readonly readBack: NonNullable<Admission["readBack"]>;
  /** It has read on. */
  onRead(): void;
  /** The rest from there on, from elsewhere: called once, and nothing of the body as it comes is wanted any more. */
  goOnAlone(position: number): AsyncIterator<Uint8Array>;
}

export function followStorage(followed: Followed): Follower {
  let position = followed.from;
  let isStopped = false;
  let wakeUp: (() => void) | undefined;
  let stored: { readonly from: number; readonly rest: Sequence } | undefined;
  let alone: AsyncIterator<Uint8Array> | undefined;

  function wake(): void {
    wakeUp?.();
    wakeUp = undefined;
  }

  async function* read(): AsyncGenerator<Uint8Array> {
    for (;;) {
      if (isStopped) return;
      if (stored !== undefined) return yield* readStored(stored);
      const given = followed.given();
      if (given === "lost") return yield* readAlone();
      let hasRead = false;

      if (position < given) {
        for await (const piece of followed.readBack(position) ?? []) {
          hasRead = true;
          position += piece.length;
          followed.onRead();
          yield piece;
          if (isStopped) return;
        }
      }
      // What it looked at may have changed while it looked.
      if (hasRead || isStopped || stored !== undefined || followed.given() !== given) continue;
      // While it is coming, what was given can be read, or the disk has failed: nobody would wake who waits for that.
      if (position < given && followed.isComing()) return yield* readAlone();
      await new Promise<void>((resolve) => (wakeUp = resolve));
    }
  }

  async function* readAlone(): AsyncGenerator<Uint8Array> {
    const rest = (alone = followed.goOnAlone(position));
    yield* { [Symbol.asyncIterator]: () => rest };
  }

  /** It may have read on since the body was handed over. */
  async function* readStored({ from, rest }: { readonly from: number; readonly rest: Sequence }) {
    let passed = position - from;
    for await (const piece of rest) {
      const own = piece.subarray(Math.min(passed, piece.length));
      passed -= piece.length - own.length;
      if (own.length > 0) yield own;
    }
  }

  return {
    rest: read(),
    position: () => position,
    wake,
    handOver(body) {
      if (isStopped || alone !== undefined) return;
      // What was stored is read at once or not at all, so the first piece is asked for now.
      stored = { from: position, rest: inSequence([body.read({ from: position, to: body.length })]) };
      wake();
    },
    stop() {
      isStopped = true;
      wake();
      void stored?.rest.return();
      alone?.return?.().then(undefined, () => undefined);
    },
  };
}
