// Latencies by the million in little room: buckets that grow with the value, as HdrHistogram's do, so that what is told is
// within one percent of what was measured at a microsecond as at a minute. Two of them add up.

/** Each doubling of the value is divided into as many buckets. */
const STEPS = 128;
const STEP_BITS = 7;
/** Up to 2^31 µs, more than half an hour; what takes longer counts as that. */
const BUCKETS = (31 - STEP_BITS + 1) * STEPS;

export interface LatencyHistogram {
  readonly counts: Uint32Array;
  /** Of values recorded. */
  total: number;
}

export function emptyHistogram(): LatencyHistogram {
  return { counts: new Uint32Array(BUCKETS), total: 0 };
}

/** A fraction of a microsecond is dropped. */
export function recordLatency(histogram: LatencyHistogram, microseconds: number): void {
  const index = bucketOf(microseconds);
  histogram.counts[index] = (histogram.counts[index] ?? 0) + 1;
  histogram.total++;
}

export function addHistogram(to: LatencyHistogram, more: LatencyHistogram): void {
  for (let index = 0; index < BUCKETS; index++) to.counts[index] = (to.counts[index] ?? 0) + (more.counts[index] ?? 0);
  to.total += more.total;
}

/** Microseconds that this share of the values does not exceed, rounded up to the end of their bucket; NaN when there are none. */
export function latencyAt(histogram: LatencyHistogram, share: number): number {
  if (histogram.total === 0) return Number.NaN;
  let left = Math.max(1, Math.ceil(histogram.total * share));
  for (let index = 0; index < BUCKETS; index++) {
    left -= histogram.counts[index] ?? 0;
    if (left <= 0) return endOf(index);
  }
  return endOf(BUCKETS - 1);
}

/** As [bucket, count] of those that are not empty, for another process. */
export function packHistogram(histogram: LatencyHistogram): [number, number][] {
  return [...histogram.counts].flatMap((count, index): [number, number][] => (count === 0 ? [] : [[index, count]]));
}

export function unpackHistogram(packed: readonly (readonly [number, number])[]): LatencyHistogram {
  const histogram = emptyHistogram();
  for (const [index, count] of packed) {
    histogram.counts[index] = count;
    histogram.total += count;
  }
  return histogram;
}

function bucketOf(microseconds: number): number {
  const value = Math.max(0, Math.min(2 ** 31 - 1, Math.floor(microseconds)));
  if (value < STEPS) return value;
  const shift = 31 - Math.clz32(value) - STEP_BITS;
  return (shift + 1) * STEPS + (value >> shift) - STEPS;
}

/** The first value that is beyond the bucket. */
function endOf(index: number): number {
  if (index < STEPS) return index + 1;
  const shift = Math.floor(index / STEPS) - 1;
  return ((index % STEPS) + STEPS + 1) * 2 ** shift;
}
