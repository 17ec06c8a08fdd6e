// Eviction policies as they are written in papers, small enough to compare: each is told of every request and says whether it
// was a hit. Capacity is in bytes. The last two are the forms that a log of segments can really do.

export interface Policy {
  readonly name: string;
  /** Bytes moved within the cache, per byte stored. */
  readonly moved?: () => number;
  access(key: number, size: number): boolean;
}

export type OpenPolicy = (capacity: number) => Policy;

export const lru: OpenPolicy = (capacity) => queue("LRU", capacity, true);
export const fifo: OpenPolicy = (capacity) => queue("FIFO", capacity, false);

function queue(name: string, capacity: number, moves: boolean): Policy {
  const stored = new Map<number, number>();
  let used = 0;
  return {
    name,
    access(key, size) {
      if (stored.has(key)) {
        if (moves) {
          stored.delete(key);
          stored.set(key, size);
        }
        return true;
      }
      if (size > capacity) return false;
      stored.set(key, size);
      used += size;
      for (const [oldest, bytes] of stored) {
        if (used <= capacity) break;
        stored.delete(oldest);
        used -= bytes;
      }
      return false;
    },
  };
}

interface Node {
  readonly key: number;
  readonly size: number;
  uses: number;
  newer: Node | undefined;
  older: Node | undefined;
}

/** [Zhang et al., NSDI 2024] */
export const sieve: OpenPolicy = (capacity) => {
  const stored = new Map<number, Node>();
  let newest: Node | undefined;
  let oldest: Node | undefined;
  let hand: Node | undefined;
  let used = 0;
  return {
    name: "SIEVE",
    access(key, size) {
      const known = stored.get(key);
      if (known !== undefined) {
        known.uses = 1;
        return true;
      }
      if (size > capacity) return false;
      while (used + size > capacity) {
        let node: Node | undefined = hand ?? oldest;
        while (node !== undefined && node.uses > 0) {
          node.uses = 0;
          node = node.newer ?? oldest;
        }
        if (node === undefined) break;
        hand = node.newer;
        if (node.newer === undefined) newest = node.older;
        else node.newer.older = node.older;
        if (node.older === undefined) oldest = node.newer;
        else node.older.newer = node.newer;
        stored.delete(node.key);
        used -= node.size;
      }
      const added: Node = { key, size, uses: 0, newer: undefined, older: newest };
      if (newest !== undefined) newest.newer = added;
      newest = added;
      oldest ??= added;
      stored.set(key, added);
      used += size;
      return false;
    },
  };
};

/** Keys with their sizes in the order in which they came. */
interface Fifo {
  bytes(): number;
  isEmpty(): boolean;
  /** It must not be there yet. */
  add(key: number, size: number): void;
  /** Removes the oldest. */
  take(): readonly [key: number, size: number] | undefined;
  /** `false`: it was not there. */
  remove(key: number): boolean;
}

/** One iterator goes along with the front: a new one each time would step over all that was ever taken there. */
function openFifo(): Fifo {
  const sizes = new Map<number, number>();
  let front = sizes.entries();
  let bytes = 0;
  return {
    bytes: () => bytes,
    isEmpty: () => sizes.size === 0,
    add(key, size) {
      sizes.set(key, size);
      bytes += size;
    },
    take() {
      let step = front.next();
      // One that has come to the end stays there.
      if (step.done === true) step = (front = sizes.entries()).next();
      if (step.done === true) return undefined;
      const [key, size] = step.value;
      sizes.delete(key);
      bytes -= size;
      return step.value;
    },
    remove(key) {
      bytes -= sizes.get(key) ?? 0;
      return sizes.delete(key);
    },
  };
}

/** [Yang et al., SOSP 2023]; `needed` uses move from the small queue to the main one. */
export const s3fifo =
  (needed: number, share = 0.1): OpenPolicy =>
  (capacity) => {
    const small = openFifo();
    const main = openFifo();
    const uses = new Map<number, number>();
    const ghosts = openFifo();

    function evictSmall(): void {
      for (let taken = small.take(); taken !== undefined; taken = small.take()) {
        const [key, size] = taken;
        if ((uses.get(key) ?? 0) >= needed) {
          main.add(key, size);
          uses.set(key, 0);
          continue;
        }
        uses.delete(key);
        ghosts.add(key, size);
        while (ghosts.bytes() > capacity) ghosts.take();
        return;
      }
    }

    function evictMain(): void {
      for (let taken = main.take(); taken !== undefined; taken = main.take()) {
        const [key, size] = taken;
        const used = uses.get(key) ?? 0;
        if (used === 0) return void uses.delete(key);
        main.add(key, size);
        uses.set(key, used - 1);
      }
    }

    return {
      name: `S3-FIFO, ${needed} use${needed === 1 ? "" : "s"}, small ${share * 100} %`,
      access(key, size) {
        const used = uses.get(key);
        if (used !== undefined) {
          uses.set(key, Math.min(3, used + 1));
          return true;
        }
        if (size > capacity) return false;
        while (small.bytes() + main.bytes() + size > capacity) {
          if (small.bytes() > capacity * share || main.isEmpty()) evictSmall();
          else evictMain();
        }
        uses.set(key, 0);
        if (ghosts.remove(key)) main.add(key, size);
        else small.add(key, size);
        return false;
      },
    };
  };

/** W-TinyLFU: a window of 1 %, then admission by a sketch of counts that is halved now and then. [Einziger et al., 2017] */
export const tinyLfu: OpenPolicy = (capacity) => {
  const window = new Map<number, number>();
  const main = new Map<number, number>();
  /** Halved after ten times as many requests as there are entries, at 43 KB on average. */
  const sample = Math.max(10_000, (10 * capacity) / 43_000);
  const counts = new Uint8Array(2 ** Math.ceil(Math.log2(sample * 4)));
  let windowBytes = 0;
  let mainBytes = 0;
  let seen = 0;
  const places = (key: number): readonly number[] =>
    [0x9e3779b1, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f].map(
      (odd) => (Math.imul(key + 1, odd) >>> 8) & (counts.length - 1),
    );
  const estimate = (key: number): number => Math.min(...places(key).map((place) => counts[place] ?? 0));

  function note(key: number): void {
    for (const place of places(key)) if ((counts[place] ?? 0) < 15) counts[place] = (counts[place] ?? 0) + 1;
    if (++seen % Math.floor(sample) === 0)
      for (let at = 0; at < counts.length; at++) counts[at] = (counts[at] ?? 0) >>> 1;
  }

  function offer(key: number, size: number): void {
    while (mainBytes + size > capacity * 0.99) {
      const [victim, bytes] = main.entries().next().value ?? [];
      if (victim === undefined || bytes === undefined || estimate(victim) >= estimate(key)) return;
      main.delete(victim);
      mainBytes -= bytes;
    }
    main.set(key, size);
    mainBytes += size;
  }

  return {
    name: "W-TinyLFU",
    access(key, size) {
      note(key);
      const of = window.has(key) ? window : main;
      if (of.delete(key)) {
        of.set(key, size);
        return true;
      }
      window.set(key, size);
      windowBytes += size;
      for (const [oldest, bytes] of window) {
        if (windowBytes <= capacity * 0.01) break;
        window.delete(oldest);
        windowBytes -= bytes;
        offer(oldest, bytes);
      }
      return false;
    },
  };
};

interface Segment {
  readonly keys: number[];
  bytes: number;
  readonly isMain: boolean;
}

interface Entry {
  readonly size: number;
  segment: Segment;
  uses: number;
}

/** Whole segments go; what was used is written again. With `hasSmall` by two queues and ghosts as S3-FIFO has them. */
export const segments =
  (hasSmall: boolean, needed: number, count = 64): OpenPolicy =>
  (capacity) => {
    const segmentBytes = capacity / count;
    const entries = new Map<number, Entry>();
    const queues: Record<"small" | "main", Segment[]> = { small: [], main: [] };
    const bytes = { small: 0, main: 0 };
    /** Which of all ghosts a key was; as many are remembered as there are entries. */
    const ghosts = new Map<number, number>();
    let ghostCount = 0;
    let storedBytes = 0;
    let movedBytes = 0;
    let movedInRow = 0;
    const isGhost = (key: number): boolean => ghostCount - (ghosts.get(key) ?? -Infinity) < entries.size;

    function add(key: number, size: number, isMain: boolean, uses: number): void {
      const name = isMain ? "main" : "small";
      let last = queues[name].at(-1);
      if (last === undefined || (last.bytes > 0 && last.bytes + size > segmentBytes)) {
        queues[name].push((last = { keys: [], bytes: 0, isMain }));
      }
      last.keys.push(key);
      last.bytes += size;
      bytes[name] += size;
      entries.set(key, { size, segment: last, uses });
    }

    function evictOne(): void {
      const name =
        queues.small.length > 0 && (bytes.small > capacity * 0.1 || queues.main.length === 0) ? "small" : "main";
      const segment = queues[name].shift();
      if (segment === undefined) return;
      bytes[name] -= segment.bytes;
      for (const key of segment.keys) {
        const entry = entries.get(key);
        if (entry === undefined || entry.segment !== segment) continue;
        const stays = entry.uses >= (segment.isMain ? 1 : needed) && movedInRow <= capacity / 2;
        if (stays) {
          movedBytes += entry.size;
          movedInRow += entry.size;
          add(key, entry.size, true, segment.isMain ? entry.uses - 1 : 0);
        } else {
          entries.delete(key);
          movedInRow = 0;
          if (!segment.isMain) ghosts.set(key, ++ghostCount);
        }
      }
    }

    return {
      name: `segments: ${hasSmall ? `small and main, ${needed} use${needed === 1 ? "" : "s"}` : "one queue, reinsertion"}`,
      moved: () => movedBytes / storedBytes,
      access(key, size) {
        const known = entries.get(key);
        if (known !== undefined) {
          known.uses = Math.min(3, known.uses + 1);
          return true;
        }
        if (size > segmentBytes * 4) return false;
        while (bytes.small + bytes.main + size > capacity - 2 * segmentBytes) evictOne();
        storedBytes += size;
        add(key, size, !hasSmall || isGhost(key), 0);
        return false;
      },
    };
  };
