// Viewers whose next requests nobody looks at for a while, because one was just refused: they go round on a wheel, each to be released at
// another time, so that those who were refused together do not come back together; and the later, the more there are, so that no more come
// back in a second than it costs little to refuse again. When nothing is refused any more the wheel turns faster, and all are free
// in a moment. [D-0021]

/** Releases a viewer that is held. Nothing happens to one that has left. */
export type Release = () => void;

export interface HeldViewers {
  /** Instants are monotonic, in milliseconds. */
  hold(now: number, release: Release): void;
  /** To be told every few milliseconds, for as long as anybody is held. `isOver`: nothing is refused any more. */
  advance(now: number, isOver: boolean): void;
  readonly count: number;
}

const SLOT_MS = 20;
/** And then within another second. */
const HELD_MS_MIN = 1000;
const SPREAD_SLOTS = 50;
/** Where more than so many are held, for longer in proportion; up to so many times. */
const HELD_FREELY = 1000;
const LONGER_MAX = 4;
const SLOTS = LONGER_MAX * (HELD_MS_MIN / SLOT_MS + SPREAD_SLOTS) + 1;
/** Steps of this length through the spread end at another slot each time, as far from the last ones as can be. */
const SPREAD_STEP = 31;
const FASTER = 3;

export function openHeldViewers(): HeldViewers {
  const slots: Release[][] = Array.from({ length: SLOTS }, () => []);
  let at = 0;
  let turnedAt = 0;
  let spread = 0;
  let count = 0;
  /** How many times longer than from one second to two anybody is held. */
  let longest = 1;

  function turn(): void {
    at = (at + 1) % SLOTS;
    const due = slots[at] ?? [];
    slots[at] = [];
    count -= due.length;
    for (const release of due) release();
  }

  return {
    hold(now, release) {
      if (count === 0) {
        turnedAt = now;
        longest = 1;
      }
      spread = (spread + SPREAD_STEP) % SPREAD_SLOTS;
      const longer = Math.min(LONGER_MAX, Math.max(1, count / HELD_FREELY));
      longest = Math.max(longest, longer);
      slots[(at + Math.floor(longer * (HELD_MS_MIN / SLOT_MS + spread))) % SLOTS]?.push(release);
      count++;
    },
    advance(now, isOver) {
      const passed = Math.floor((now - turnedAt) / SLOT_MS);
      turnedAt += passed * SLOT_MS;
      for (let turns = passed * (isOver ? Math.ceil(FASTER * longest) : 1); turns > 0 && count > 0; turns--) turn();
    },
    get count() {
      return count;
    },
  };
}
