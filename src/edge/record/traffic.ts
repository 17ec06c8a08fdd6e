// What was served, counted per distribution: requests, bytes, results, status classes, how long answers took, how long origins did.
// Rows of numbers in one typed array, so that counting a request writes a few cells and allocates nothing. A snapshot is plain data,
// and snapshots of several edges add up.

import { unreachable } from "../../vocabulary/unreachable.ts";

/** `x-edge-result-type`. [CFDG AccessLogs] */
export const RESULT_TYPES = [
  "Hit",
  "RefreshHit",
  "Miss",
  "LimitExceeded",
  "CapacityExceeded",
  "Error",
  "Redirect",
] as const;
export type ResultType = (typeof RESULT_TYPES)[number];

/** By the first digit of the status; 0 is a viewer that left before there was one. */
export const STATUS_CLASSES = ["0xx", "1xx", "2xx", "3xx", "4xx", "5xx"] as const;

/**
 * Upper bounds of the classes of durations, in milliseconds and inclusive: two for each doubling. What takes longer than the last is in
 * a class behind it.
 */
export const DURATION_BOUNDS_MS: readonly number[] = [
  1,
  2,
  ...Array.from({ length: 15 }, (_, power) => [3 * 2 ** power, 4 * 2 ** power]).flat(),
];
const DURATIONS = DURATION_BOUNDS_MS.length + 1;

/** Index into `DURATION_BOUNDS_MS`, or its length. `ms` in whole milliseconds; what is below zero counts as none. */
export function durationClass(ms: number): number {
  if (ms <= 1) return 0;
  if (ms > 65_536) return DURATIONS - 1;
  const below = ms - 1;
  const power = 31 - Math.clz32(below);
  // From 2^power, without it, to 2^(power+1): the lower half of it is a class of its own.
  if (power === 0) return 1;
  return 2 * power + ((below >>> (power - 1)) & 1);
}

// The cells of a row.
const REQUESTS = 0;
const BYTES_IN = 1;
const BYTES_OUT = 2;
const BROKEN_OFF = 3;
const DURATION_SUM = 4;
const RESULTS_AT = 5;
const STATUSES_AT = RESULTS_AT + RESULT_TYPES.length;
const DURATIONS_AT = STATUSES_AT + STATUS_CLASSES.length;
const ORIGIN_REQUESTS = DURATIONS_AT + DURATIONS;
const ORIGIN_FAILURES = ORIGIN_REQUESTS + 1;
const ORIGIN_SUM = ORIGIN_FAILURES + 1;
const ORIGIN_DURATIONS_AT = ORIGIN_SUM + 1;
const CELLS = ORIGIN_DURATIONS_AT + DURATIONS;

/** What was counted of one distribution, of several together, or of requests that no distribution has. */
export interface TrafficCounts {
  readonly requests: number;
  /** With the heads. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Answers that did not reach their viewer whole. */
  readonly brokenOff: number;
  readonly results: Readonly<Record<ResultType, number>>;
  readonly statuses: Readonly<Record<(typeof STATUS_CLASSES)[number], number>>;
  /** From the request's head to the last byte of its answer. */
  readonly durations: DurationCounts;
  /** From asking an origin to the head of its answer. */
  readonly origin: DurationCounts & { readonly requests: number; readonly failures: number };
}

export interface DurationCounts {
  readonly sumMs: number;
  /** By `DURATION_BOUNDS_MS`, and one for what is beyond the last; not cumulative. */
  readonly counts: readonly number[];
}

/** Rows as they are, to be sent to another process and added to others: see `addTraffic` and `readTraffic`. */
export interface TrafficSnapshot {
  /** Of requests that no distribution has, and of distributions that are gone. */
  readonly others: readonly number[];
  readonly distributions: readonly (readonly [id: string, row: readonly number[]])[];
}

/** What was counted since it was last asked for: the news of one edge after the other, and of several edges, add up to what they count. */
export interface TrafficNews extends TrafficSnapshot {
  /** What was told of these before belongs to `others` from now on. */
  readonly removed: readonly string[];
}

/** A row of the table, for as long as its distribution is there. */
export interface Place {
  row: number;
}

export interface Traffic {
  /** Where what is counted of this distribution goes; `undefined`: of none. Once it is removed, that is where nobody's is counted. */
  placeOf(distributionId: string | undefined): Place;
  /** An answer that has ended. `status` 0: the viewer left before there was one. */
  count(
    place: Place,
    status: number,
    result: ResultType,
    bytesIn: number,
    bytesOut: number,
    ms: number,
    isBrokenOff: boolean,
  ): void;
  /** An origin was asked, and answered or failed after so long. */
  countOrigin(place: Place, ms: number, hasFailed: boolean): void;
  /** What was counted of it stays in the sum. */
  remove(distributionId: string): void;
  snapshot(): TrafficSnapshot;
  /** `undefined`: nothing since the last time. */
  takeNews(): TrafficNews | undefined;
}

const OTHERS: Place = { row: 0 };
const PLACES_AT_FIRST = 16;

export function openTraffic(): Traffic {
  const places = new Map<string, Place>();
  const freed: number[] = [];
  let used = 1;
  let cells = new Float64Array(PLACES_AT_FIRST * CELLS);
  /** As `cells` when news were last taken. */
  let told = new Float64Array(cells.length);
  /** Since then. */
  let removed: string[] = [];

  function newRow(): number {
    const again = freed.pop();
    if (again !== undefined) return again;
    if ((used + 1) * CELLS > cells.length) {
      cells = grow(cells);
      told = grow(told);
    }
    return used++;
  }

  /** Every answer and every asking of an origin counts in one of two cells, so the others need not be looked at. */
  function takeRow({ row }: Place): readonly number[] | undefined {
    const at = row * CELLS;
    const isSame = (cell: number): boolean => cells[at + cell] === told[at + cell];
    if (isSame(REQUESTS) && isSame(ORIGIN_REQUESTS)) return undefined;
    const news = Array.from({ length: CELLS }, (_, cell) => (cells[at + cell] ?? 0) - (told[at + cell] ?? 0));
    told.set(cells.subarray(at, at + CELLS), at);
    return news;
  }

  function add(at: number, by: number): void {
    cells[at] = (cells[at] ?? 0) + by;
  }

  const cellsOf = ({ row }: Place): Float64Array => cells.subarray(row * CELLS, (row + 1) * CELLS);

  return {
    placeOf(distributionId) {
      if (distributionId === undefined) return OTHERS;
      let place = places.get(distributionId);
      if (place === undefined) places.set(distributionId, (place = { row: newRow() }));
      return place;
    },
    count(place, status, result, bytesIn, bytesOut, ms, isBrokenOff) {
      const at = place.row * CELLS;
      add(at + REQUESTS, 1);
      add(at + BYTES_IN, bytesIn);
      add(at + BYTES_OUT, bytesOut);
      if (isBrokenOff) add(at + BROKEN_OFF, 1);
      if (ms > 0) add(at + DURATION_SUM, ms);
      add(at + RESULTS_AT + resultIndex(result), 1);
      add(at + STATUSES_AT + statusIndex(status), 1);
      add(at + DURATIONS_AT + durationClass(ms), 1);
    },
    countOrigin(place, ms, hasFailed) {
      const at = place.row * CELLS;
      add(at + ORIGIN_REQUESTS, 1);
      if (hasFailed) add(at + ORIGIN_FAILURES, 1);
      if (ms > 0) add(at + ORIGIN_SUM, ms);
      add(at + ORIGIN_DURATIONS_AT + durationClass(ms), 1);
    },
    remove(distributionId) {
      removed.push(distributionId); // also when nothing was counted here: who went before this edge may have told of it
      const place = places.get(distributionId);
      if (place === undefined) return;
      places.delete(distributionId);
      const counted = cellsOf(place);
      const before = told.subarray(place.row * CELLS, (place.row + 1) * CELLS);
      counted.forEach((value, cell) => add(cell, value));
      before.forEach((value, cell) => (told[cell] = (told[cell] ?? 0) + value));
      counted.fill(0);
      before.fill(0);
      freed.push(place.row);
      place.row = OTHERS.row;
    },
    snapshot: () => ({
      others: Array.from(cellsOf(OTHERS)),
      distributions: Array.from(places, ([id, place]) => [id, Array.from(cellsOf(place))] as const),
    }),
    takeNews() {
      const others = takeRow(OTHERS);
      const distributions: (readonly [string, readonly number[]])[] = [];
      for (const [id, place] of places) {
        const row = takeRow(place);
        if (row !== undefined) distributions.push([id, row]);
      }
      if (others === undefined && distributions.length === 0 && removed.length === 0) return undefined;
      const news = { others: others ?? [], distributions, removed };
      removed = [];
      return news;
    },
  };
}

function grow(row: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(row.length * 2);
  grown.set(row);
  return grown;
}

/** Faster than a look-up in a table, and the compiler sees that none is left out. */
function resultIndex(result: ResultType): number {
  switch (result) {
    case "Hit":
      return 0;
    case "RefreshHit":
      return 1;
    case "Miss":
      return 2;
    case "LimitExceeded":
      return 3;
    case "CapacityExceeded":
      return 4;
    case "Error":
      return 5;
    case "Redirect":
      return 6;
    default:
      return unreachable(result);
  }
}

/** Beyond 599 nothing is sent but what an origin made up: an error. */
function statusIndex(status: number): number {
  return status >= 500 ? 5 : (status / 100) | 0;
}

/** What several edges have counted, as one. */
export function addTraffic(snapshots: readonly TrafficSnapshot[]): TrafficSnapshot {
  const distributions = new Map<string, readonly number[]>();
  let others: readonly number[] = emptyRow();
  for (const snapshot of snapshots) {
    others = addRows(others, snapshot.others);
    for (const [id, row] of snapshot.distributions) distributions.set(id, addRows(distributions.get(id) ?? [], row));
  }
  return { others, distributions: [...distributions] };
}

function emptyRow(): number[] {
  return Array.from({ length: CELLS }, () => 0);
}

/** Two rows as one; of an empty one all cells are zero. */
export function addRows(one: readonly number[], other: readonly number[]): number[] {
  return Array.from({ length: CELLS }, (_, cell) => (one[cell] ?? 0) + (other[cell] ?? 0));
}

/** All of a snapshot together. */
export function totalTraffic({ others, distributions }: TrafficSnapshot): TrafficCounts {
  return readTraffic(distributions.reduce((all, [, row]) => addRows(all, row), others));
}

/** One row of a snapshot by name. */
export function readTraffic(row: readonly number[]): TrafficCounts {
  const cell = (at: number): number => row[at] ?? 0;
  const named = <Name extends string>(names: readonly Name[], from: number): Record<Name, number> =>
    Object.fromEntries(names.map((name, index) => [name, cell(from + index)])) as Record<Name, number>;
  const durations = (sumAt: number, from: number): DurationCounts => ({
    sumMs: cell(sumAt),
    counts: Array.from({ length: DURATIONS }, (_, index) => cell(from + index)),
  });
  return {
    requests: cell(REQUESTS),
    bytesIn: cell(BYTES_IN),
    bytesOut: cell(BYTES_OUT),
    brokenOff: cell(BROKEN_OFF),
    results: named(RESULT_TYPES, RESULTS_AT),
    statuses: named(STATUS_CLASSES, STATUSES_AT),
    durations: durations(DURATION_SUM, DURATIONS_AT),
    origin: {
      ...durations(ORIGIN_SUM, ORIGIN_DURATIONS_AT),
      requests: cell(ORIGIN_REQUESTS),
      failures: cell(ORIGIN_FAILURES),
    },
  };
}
