// Instants are EpochMs, durations are Seconds; the conversion between them is here and nowhere else. Which of two clocks something
// goes by is told by its name: `clock` is served time, which tests may move (served-time.ts), `machineClock` the machine's own. [D-0034]

declare const unit: unique symbol;
/** Milliseconds since 1970-01-01T00:00:00Z, without leap seconds. */
export type EpochMs = number & { readonly [unit]: "EpochMs" };
/** A duration. HTTP and CloudFront speak seconds, so everything here does. */
export type Seconds = number & { readonly [unit]: "Seconds" };

/** The only door through which time comes in. Tests hold one that they move themselves. */
export interface Clock {
  now(): EpochMs;
}

export function epochMs(value: number): EpochMs {
  return value as EpochMs;
}

export function seconds(value: number): Seconds {
  return value as Seconds;
}

export function addSeconds(instant: EpochMs, duration: Seconds): EpochMs {
  return (instant + duration * 1000) as EpochMs;
}

/** Whole and fractional seconds from `earlier` to `later`; negative when they are the other way round. */
export function secondsBetween(earlier: EpochMs, later: EpochMs): Seconds {
  return ((later - earlier) / 1000) as Seconds;
}

/** The machine's. */
export const systemClock: Clock = { now: () => Date.now() as EpochMs };
