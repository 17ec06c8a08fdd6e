// What comes most often, among more than can be counted: as many counters as the room allows. When all are taken and something new comes, each is
// lessened by one, so that what is rare goes. No count is too high, and none is too low by more than all that came divided by the room. [Misra and Gries 1982]

export interface Frequent {
  count(key: string): void;
  /** The most frequent first; nothing is left behind. */
  take(max: number): readonly (readonly [key: string, count: number])[];
}

export function openFrequent(room: number): Frequent {
  let counts = new Map<string, number>();
  return {
    count(key) {
      const before = counts.get(key);
      if (before !== undefined) {
        counts.set(key, before + 1);
        return;
      }
      if (counts.size < room) {
        counts.set(key, 1);
        return;
      }
      // As much work as the room, once for as many counts as the room at least.
      for (const [each, count] of counts) {
        if (count === 1) counts.delete(each);
        else counts.set(each, count - 1);
      }
    },
    take(max) {
      const all = [...counts].toSorted((one, other) => other[1] - one[1]);
      counts = new Map();
      return all.slice(0, max);
    },
  };
}
