// What is told of many measurements: medians, because a shared machine makes outliers, and percentiles for latencies.

/** The value below which that share of the values lies. NaN when there are none. */
export function percentile(values: readonly number[], share: number): number {
  const ascending = values.toSorted((one, other) => one - other);
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? Number.NaN;
}

/** The middle value; of an even number of values the mean of the two. */
export function median(values: readonly number[]): number {
  const ascending = values.toSorted((one, other) => one - other);
  const half = ascending.length / 2;
  if (!Number.isInteger(half)) return ascending[Math.floor(half)] ?? Number.NaN;
  return ((ascending[half - 1] ?? Number.NaN) + (ascending[half] ?? Number.NaN)) / 2;
}

/** `1.23 (1.10–1.40)`: the median and what the rounds spread over. */
export function formatSpread(values: readonly number[], digits: number): string {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return `${median(values).toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)})`;
}
