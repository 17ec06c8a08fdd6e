// Frees the room of what invalidations have removed: goes through the index by the rules that have come, in stretches that
// viewers do not notice. Look-ups ask the rules themselves and do not wait for it, and what is evicted meanwhile is asked
// whether it is gone anyway.

import { inStretches } from "../in-stretches.ts";
import type { DiskEntries } from "./disk-entries.ts";
import type { DiskRules, Sweep } from "./disk-rules.ts";
import type { EntryIndex } from "./entry-index.ts";

export interface Sweeper {
  /** There are rules that the index was not swept by. */
  wake(): void;
  /** Not before this: entries are still being loaded. */
  start(): void;
  /** Room is short: what is being swept is needed. */
  hurry(): void;
  /** Does a rule remove it that the index is being swept by, or next? Look-ups know better; this is by the index alone. */
  removes(entry: number): boolean;
  close(): void;
}

/** Entries of a step: of those looked at, and of those removed, which cost a look at cold memory each. */
const LOOKED_AT = 2048;
const REMOVED = 64;

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
  let isStarted = false;
  const stretches = inStretches(step);

  const howRemoved = (entry: number): "all" | "url" | undefined =>
    sweep?.removes(index.owner[entry] ?? 0, index.url[entry] ?? 0, index.began[entry] ?? 0);

  function begin(): void {
    if (sweep !== undefined) return;
    sweep = rules.takeSweep();
    at = 0;
  }

  function step(): boolean {
    begin();
    if (sweep === undefined) return false;
    const end = Math.min(index.end(), at + LOOKED_AT);
    for (let removed = 0; at < end && removed < REMOVED; at++) {
      if (!index.isTaken(at)) continue;
      const how = howRemoved(at);
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
    return true;
  }

  return {
    wake() {
      if (isStarted) stretches.wake();
    },
    start() {
      isStarted = true;
      stretches.wake();
    },
    hurry: () => stretches.hurry(),
    removes(entry) {
      begin();
      return howRemoved(entry) !== undefined;
    },
    close() {
      isStarted = false;
      stretches.close();
    },
  };
}
