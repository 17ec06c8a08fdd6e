// Request traces of what an edge sees, made from a seed: popularity by Zipf's law, with churn, scans and responses that are asked
// for once. Sizes differ by four orders of magnitude and belong to the key.

export interface Trace {
  readonly name: string;
  readonly requests: Uint32Array;
}

/** xorshift32 with a float in front: fast, and the same everywhere. */
function openDice(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 0x1_0000_0000;
  };
}

/** Ranks by Zipf's law, by inversion of the cumulated weights. */
function openZipf(count: number, exponent: number, dice: () => number): () => number {
  const cumulated = new Float64Array(count);
  let sum = 0;
  for (let rank = 0; rank < count; rank++) cumulated[rank] = sum += 1 / (rank + 1) ** exponent;
  return () => {
    const wanted = dice() * sum;
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((cumulated[middle] ?? 0) < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** Median 12 KB, some of megabytes. */
export function sizeOf(key: number): number {
  const dice = openDice(Math.imul(key + 1, 0x9e3779b1));
  for (let times = 0; times < 4; times++) dice();
  const normal = Math.sqrt(-2 * Math.log(dice() || 1e-9)) * Math.cos(2 * Math.PI * dice());
  return Math.round(Math.min(16_000_000, Math.max(300, 12_000 * Math.exp(1.6 * normal))));
}

export interface TraceRecipe {
  readonly name: string;
  readonly exponent: number;
  /** Share of the popular that is replaced over the whole trace by keys never seen before. */
  readonly churn: number;
  /** Share of requests for keys that never come again. */
  readonly once: number;
  /** Share of requests that go through keys one after the other, over and over. */
  readonly scan: number;
}

export function makeTrace(recipe: TraceRecipe, keys: number, length: number, seed: number): Trace {
  const { name, exponent, churn, once, scan } = recipe;
  const dice = openDice(seed);
  const rank = openZipf(keys, exponent, dice);
  const requests = new Uint32Array(length);
  const keyAt = Uint32Array.from({ length: keys }, (_, index) => index);
  // Ranks are dealt to keys at random, or sizes would go by rank.
  for (let at = keys - 1; at > 0; at--) {
    const other = Math.floor(dice() * (at + 1));
    [keyAt[at], keyAt[other]] = [keyAt[other] ?? 0, keyAt[at] ?? 0];
  }
  let fresh = keys * 4;
  let scanned = keys * 2;
  const replacedEvery = churn === 0 ? Infinity : length / (keys * churn);
  let scanLeft = 0;
  for (let at = 0; at < length; at++) {
    if (at % replacedEvery < 1 && at > 0) keyAt[rank()] = fresh++;
    if (scanLeft === 0 && scan > 0 && dice() < scan / 20_000) scanLeft = 20_000;
    if (scanLeft > 0) {
      scanLeft--;
      requests[at] = scanned++;
      if (scanned >= keys * 4) scanned = keys * 2;
    } else requests[at] = dice() < once ? fresh++ : (keyAt[rank()] ?? 0);
  }
  return { name, requests };
}
