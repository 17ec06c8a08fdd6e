// Seeded viewers, origins that fail, clocks that jump, invalidations and changes of configuration, against a naive model of
// what may be answered. A failure prints its seed and the shortest trace that still fails.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import * as fc from "fast-check";
import { FIDELITIES } from "../../src/vocabulary/fidelity.ts";
import { DEFAULT_LIMITS } from "../../src/vocabulary/limits.ts";
import { openDiskStorage } from "../support/disk-storage.ts";
import { WORKERS } from "../support/workers.ts";
import { watchStorage } from "../support/watched-storage.ts";
import { judge } from "./naive-cache.ts";
import {
  CACHE_CONTROLS,
  CONTENT_BYTES,
  INVALIDATIONS,
  PATHS,
  play,
  STATUSES,
  TTLS,
  VARIANTS,
  type Action,
  type Setup,
} from "./world.ts";

const RUNS = process.env["WARMFRONT_NIGHTLY"] === "1" ? 50_000 : 5000;
/** They wait for a real disk. */
const DISK_RUNS = RUNS / 50;
/** What workers say to each other takes real time. */
const MEMORY_RUNS = WORKERS > 1 ? RUNS / 50 : RUNS;
const SEED = 20_261_120;

const below = (count: number): fc.Arbitrary<number> => fc.nat(count - 1);
const anyOf = below(64);

/** Few keys and much asking, so that things meet. */
const ACTIONS: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({
      kind: fc.constant("ask" as const),
      path: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: below(PATHS.length) }),
      variant: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: below(VARIANTS.length) }),
      method: fc.constantFrom("GET" as const, "GET" as const, "GET" as const, "HEAD" as const),
      range: fc.option(fc.tuple(fc.nat(14), fc.integer({ min: 15, max: 29 })), { freq: 4, nil: undefined }),
      condition: fc.constantFrom(false, false, false, true),
      gzip: fc.boolean(),
      authorized: fc.constantFrom(false, false, false, true),
      slow: fc.constantFrom(false, false, false, true),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("answer" as const),
      fetch: anyOf,
      status: fc.constantFrom(...STATUSES),
      control: below(CACHE_CONTROLS.length),
      tellsLength: fc.boolean(),
      validates: fc.boolean(),
    }),
  },
  { weight: 12, arbitrary: fc.record({ kind: fc.constant("chunk" as const), fetch: anyOf }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("break" as const), fetch: anyOf }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("fail" as const),
      fetch: anyOf,
      status: fc.constantFrom(502 as const, 504 as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("leave" as const), viewer: anyOf }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("read" as const), viewer: anyOf }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("post" as const),
      path: below(PATHS.length),
      variant: below(VARIANTS.length),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("advance" as const),
      seconds: fc.constantFrom(1, 5, 9, 10, 11, 20, 40, 100, -7),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("invalidate" as const), path: below(INVALIDATIONS.length) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("configure" as const),
      ttl: below(TTLS.length),
      isEnabled: fc.constantFrom(true, true, true, false),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("change" as const), path: below(PATHS.length) }) },
);

const seldom = fc.constantFrom(false, false, false, true);

function setups(fidelity: Setup["fidelity"]): fc.Arbitrary<Setup> {
  return (
    fc
      .record({
        fidelity: fc.constant(fidelity),
        bytes: fc.oneof(
          { weight: 20, arbitrary: fc.constant(CONTENT_BYTES[0]) },
          { weight: 4, arbitrary: fc.constant(CONTENT_BYTES[1]) },
          { weight: 1, arbitrary: fc.constant(CONTENT_BYTES[2]) },
        ),
        cookies: seldom,
        errorPages: seldom,
        authorization: seldom,
        isTight: seldom,
      })
      // By CloudFront it is part of the key, and tells nothing new.
      .map((setup) => ({
        ...setup,
        authorization: setup.authorization && fidelity === "rfc9111",
        compress: setup.bytes === CONTENT_BYTES[1],
      }))
  );
}

for (const fidelity of FIDELITIES) {
  test(`in ${MEMORY_RUNS} worlds nobody gets what a naive cache would not give, by ${fidelity}`, async () => {
    const property = fc.asyncProperty(
      setups(fidelity),
      fc.array(ACTIONS, { minLength: 4, maxLength: 60, size: "max" }),
      async (setup, actions) => {
        judge(await play(actions, setup));
      },
    );
    await fc.assert(property, { seed: SEED, numRuns: MEMORY_RUNS });
  });

  for (const [what, memoryBytes] of [
    ["a disk alone", 0],
    ["hardly any memory over a disk", 15_000],
    ["memory over a disk", 100_000_000],
  ] as const) {
    test(`in ${DISK_RUNS} worlds with ${what} likewise, by ${fidelity}`, async () => {
      const property = fc.asyncProperty(
        setups(fidelity),
        fc.array(ACTIONS, { minLength: 4, maxLength: 60, size: "max" }),
        async (setup, actions) => {
          const directory = await mkdtemp(join(tmpdir(), "warmfront-simulation-"));
          try {
            const { cacheResponseBytesMax } = DEFAULT_LIMITS;
            const limits = { cacheCapacityBytes: setup.isTight ? 20_000 : 100_000_000, cacheResponseBytesMax };
            judge(await play(actions, setup, watchStorage(await openDiskStorage(directory, limits, memoryBytes))));
          } finally {
            await rm(directory, { recursive: true, force: true });
          }
        },
      );
      await fc.assert(property, { seed: SEED, numRuns: DISK_RUNS });
    });
  }
}
