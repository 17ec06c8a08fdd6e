// Frees the room of what invalidations have removed: goes through the index by the rules that have come, a stretch at a
// time with pauses between, so that viewers do not notice. Look-ups ask the rules themselves and do not wait for it.

import type { DiskEntries } from "./disk-entries.ts";
import type { DiskRules, Sweep } from "./disk-rules.ts";
import type { EntryIndex } from "./entry-index.ts";

export interface Sweeper {
  /** There are rules that the index was not swept by. */
  wake(): void;
  /** Not before this: entries are still being loaded. */
  start(): void;
  close(): void;
}

/** Entries looked at in a stretch, a fraction of a millisecond, and the pause after it. */
const STRETCH = 16_384;
const REMOVED_IN_STRETCH_MAX = 500;
const PAUSE_MS = 10;

export function openSweeper(options: {
  readonly index: EntryIndex;
  readonly entries: DiskEntries;
  readonly rules: DiskRules;
  readonly onRemoved: () => void;
  /** The index holds nothing any more that the rules so far remove. */
  readonly onSwept: (sweep: Sweep) => void;
}): Sweeper {
  const { index, entries, rules, onRemoved, onSwept } = options;
  let sweep: Sweep | undefined;
  let at = 0;
  let timer: NodeJS.Timeout | undefined;
  let isStarted = false;

  function wake(): void {
    if (isStarted) timer ??= setTimeout(goOn, PAUSE_MS).unref();
  }

  function goOn(): void {
    timer = undefined;
    if (sweep === undefined) {
      sweep = rules.takeSweep();
      at = 0;
      if (sweep === undefined) return;
    }
    const end = Math.min(index.end(), at + STRETCH);
    let removed = 0;
    for (; at < end && removed < REMOVED_IN_STRETCH_MAX; at++) {
      if (!index.isTaken(at)) continue;
      const how = sweep.removes(index.owner[at] ?? 0, index.url[at] ?? 0, index.began[at] ?? 0);
      if (how === undefined) continue;
      // A rule for a whole distribution is known again at the next start, so a million rows need not say it.
      entries.remove(at, how === "all");
      onRemoved();
      removed++;
    }
    if (at >= index.end()) {
      const done = sweep;
      sweep = undefined;
      onSwept(done);
    }
    wake();
  }

  return {
    wake,
    start() {
      isStarted = true;
      wake();
    },
    close() {
      isStarted = false;
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
