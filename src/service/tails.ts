// Control's side of those who watch: each has a connection that stays open, and hears from every edge worker. A worker is told to go on when its last
// lines have been taken by the connection, so that a reader who is slow makes the workers drop lines and nobody wait; what was dropped is told.

import type { TailAsk } from "../edge/watch/open-watch.ts";
import type { TailBatch } from "../edge/watch/tails.ts";
import type { Limits } from "../vocabulary/limits.ts";
import type { LiveOutput } from "./live-response.ts";
import type { ToEdge } from "./process-messages.ts";

/** A piece of what a reader gets: a line of JSON each. */
export type TailPiece =
  /** That many lines of this worker are not there: nobody reads so fast, or the reader is slow. */
  | { readonly lost: number; readonly edge: number }
  /** A worker has ended; its last lines may be missing. Another takes its place and goes on. */
  | { readonly gone: number }
  /** The workers that are heard: from here on no answer of theirs is missed. */
  | { readonly edges: readonly number[] };

/** Does with the lines of a worker what else the output gets. `false`: that is full. */
export type TakeLines = (lines: readonly string[]) => boolean;

export interface Tails {
  /** Whether one more may be there. */
  hasRoom(): boolean;
  /** Ends with its output. */
  open(ask: TailAsk, output: LiveOutput, take?: TakeLines): void;
  up(life: number, slot: number): void;
  down(life: number): void;
  hear(life: number, tail: number, batch: TailBatch): void;
  /** Ends all of them. */
  close(): void;
}

interface OpenTail {
  readonly ask: TailAsk;
  readonly output: LiveOutput;
  readonly take: TakeLines;
  /** Workers that wait for the word to go on. */
  waiting: number[];
  /** Workers that have not begun; `undefined` once all have, and the reader knows. */
  unheard: Set<number> | undefined;
}

export function openTails({
  limits,
  tell,
}: {
  readonly limits: Pick<Limits, "tailsMax">;
  readonly tell: (life: number, message: ToEdge) => void;
}): Tails {
  const tails = new Map<number, OpenTail>();
  /** Slots by life. */
  const workers = new Map<number, number>();
  let numbers = 0;
  let isClosed = false;

  const edgeOf = (life: number): number => (workers.get(life) ?? 0) + 1;

  function end(tail: number): void {
    if (!tails.delete(tail)) return;
    for (const life of workers.keys()) tell(life, { kind: "tail-end", tail });
  }

  function write(to: OpenTail, piece: TailPiece): void {
    to.output.write(`${JSON.stringify(piece)}\n`);
  }

  /** Once all of them have begun the reader is told so. `life`: one has, or has ended. */
  function noteHeard(to: OpenTail, life: number | undefined): void {
    if (to.unheard === undefined) return;
    if (life !== undefined) to.unheard.delete(life);
    if (to.unheard.size > 0) return;
    to.unheard = undefined;
    const slots = new Set(workers.values());
    write(to, { edges: [...slots].toSorted((one, other) => one - other).map((slot) => slot + 1) });
  }

  return {
    hasRoom: () => !isClosed && tails.size < limits.tailsMax,
    open(ask, output, take = (lines) => output.write(lines.map((line) => `{"line":${line}}\n`).join(""))) {
      const tail = ++numbers;
      const opened: OpenTail = { ask, output, take, waiting: [], unheard: new Set(workers.keys()) };
      tails.set(tail, opened);
      noteHeard(opened, undefined);
      output.onDrain(() => {
        const { waiting } = opened;
        opened.waiting = [];
        for (const life of waiting) tell(life, { kind: "tail-more", tail });
      });
      output.onClosed(() => end(tail));
      for (const life of workers.keys()) tell(life, { kind: "tail", tail, ask });
    },
    up(life, slot) {
      workers.set(life, slot);
      // It may remember tails of a control process that is gone.
      tell(life, { kind: "tail-none" });
      for (const [tail, { ask }] of tails) tell(life, { kind: "tail", tail, ask });
    },
    down(life) {
      const edge = edgeOf(life);
      if (!workers.delete(life)) return;
      for (const tail of tails.values()) {
        noteHeard(tail, life);
        write(tail, { gone: edge });
      }
    },
    hear(life, tail, { lines, lost }) {
      const to = tails.get(tail);
      if (to === undefined) return;
      noteHeard(to, life);
      if (lost > 0) write(to, { lost, edge: edgeOf(life) });
      const takesMore = lines.length === 0 || to.take(lines);
      if (takesMore && !to.output.isFull()) tell(life, { kind: "tail-more", tail });
      else to.waiting.push(life);
    },
    close() {
      isClosed = true; // whoever comes now would keep the process from ending
      for (const [tail, { output }] of tails) {
        end(tail);
        output.end();
      }
    },
  };
}
