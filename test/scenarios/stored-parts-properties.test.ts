// Random viewers, an origin that changes what it has, time, invalidations and a small cache: every byte that is answered must be
// what the origin had at one moment, a moment that the rules allow. Both storages, fixed seeds; a failure prints its trace.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import * as fc from "fast-check";
import type { CacheStorage } from "../../src/edge/storage/cache-storage.ts";
import { openMemoryStorage } from "../../src/edge/storage/memory-storage.ts";
import { openDiskStorage } from "../support/disk-storage.ts";
import { openRangeOrigin, variedText, type RangeOrigin, type Representation } from "../support/range-origin.ts";
import { openWorld, viewerRequest, type Got, type World } from "./harness.ts";

const LIFETIME_SECONDS = 20;
const LENGTH_MAX = 3000;

type Tagging = "strong" | "weak" | "none" | "dated";

type Act =
  | {
      readonly kind: "get";
      readonly ranges: readonly string[];
      readonly condition: "none" | "if-range" | "if-range-old" | "if-none-match";
    }
  | { readonly kind: "change"; readonly length: number }
  | { readonly kind: "wait"; readonly seconds: number }
  | { readonly kind: "invalidate" }
  | { readonly kind: "others" }
  /** Viewers that read a little and go, or nothing at all. */
  | { readonly kind: "leave"; readonly range: string; readonly pieces: number }
  /** The origin breaks off in the middle of its answers, or no longer does. */
  | { readonly kind: "break-off"; readonly isBroken: boolean };

const range = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(fc.nat(LENGTH_MAX), fc.nat(1500)).map(([first, more]) => `${first}-${first + more}`),
  },
  { weight: 1, arbitrary: fc.nat(LENGTH_MAX).map((first) => `${first}-`) },
  { weight: 1, arbitrary: fc.nat(LENGTH_MAX).map((count) => `-${count}`) },
  { weight: 1, arbitrary: fc.nat(1000).map((first) => `${first}-${first + 9},${first + 20}-${first + 49}`) },
  { weight: 1, arbitrary: fc.constant("") },
);

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant("get" as const),
      // Several at the same time.
      ranges: fc.array(range, { minLength: 1, maxLength: 3 }),
      condition: fc.constantFrom(
        "none" as const,
        "none" as const,
        "if-range" as const,
        "if-range-old" as const,
        "if-none-match" as const,
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("change" as const), length: fc.constantFrom(LENGTH_MAX, 2000) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("wait" as const), seconds: fc.constantFrom(1, 8, 21) }) },
  { weight: 1, arbitrary: fc.constant({ kind: "invalidate" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "others" as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("leave" as const), range, pieces: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("break-off" as const), isBroken: fc.boolean() }) },
);

interface Version extends Representation {
  /** Second at which another took its place. */
  until: number;
}

function newVersion(number: number, length: number, tagging: Tagging): Version {
  const dates = { "Last-Modified": "Fri, 20 Nov 2026 11:00:00 GMT", Date: "Fri, 20 Nov 2026 12:00:00 GMT" };
  return {
    body: variedText(length, number * 7919 + 1),
    until: Infinity,
    headers: { "Cache-Control": `max-age=${LIFETIME_SECONDS}`, ...(tagging === "dated" && dates) },
    ...(tagging === "strong" && { entityTag: `"${number}"` }),
    ...(tagging === "weak" && { entityTag: `W/"1"` }), // the same for all, as a weak one may be
  };
}

async function play(acts: readonly Act[], tagging: Tagging, storage: CacheStorage, capacity: number): Promise<number> {
  await using world = await openWorld({}, { storage, limits: { cacheCapacityBytes: capacity } });
  const versions = [newVersion(1, LENGTH_MAX, tagging)];
  const origin = openRangeOrigin(versions[0] as Version);
  world.origin.answer(origin.answer);
  let isBroken = false;
  let second = 0;
  let hits = 0;
  /** Index of the first version that may be answered since the last invalidation. */
  let firstAllowed = 0;
  for (const step of acts) {
    switch (step.kind) {
      case "get": {
        const asked = step.ranges.map((wanted) => ask(world, wanted, step.condition, versions));
        for (const [index, got] of (await Promise.all(asked)).entries()) {
          if (got.result === "Hit") hits++;
          // Whoever has the beginning of the first version gets nothing but more of that, or the whole. [RFC 9110 §13.1.5]
          const wantsFirst = step.condition === "if-range-old" && tagging === "strong" && got.status === 206;
          if (wantsFirst) assert.equal(got.field("etag"), versions[0]?.entityTag);
          const allowed = versions.slice(firstAllowed).filter(
            // An origin that has the same weak tag for all says that an older one is still good.
            ({ until }) => tagging === "weak" || until > second - LIFETIME_SECONDS,
          );
          // What breaks off tells the viewer so, and is of no use to anybody; a gateway's error is none of the origin's versions.
          if (isBroken && (got.brokeOff || got.status >= 500)) continue;
          assertOfOne(got, allowed, step.ranges[index] ?? "");
        }
        break;
      }
      case "change": {
        const current = versions.at(-1) as Version;
        current.until = second;
        // A date that stands still says nothing about the bytes: only its length may change with it, and nothing else.
        const next = newVersion(tagging === "dated" ? 1 : versions.length + 1, step.length, tagging);
        versions.push(next);
        origin.now = next;
        break;
      }
      case "wait":
        second += step.seconds;
        world.advance(step.seconds);
        break;
      case "invalidate":
        firstAllowed = versions.length - 1;
        world.invalidate("/a");
        break;
      case "leave": {
        const answer = await world.edge.respond(
          viewerRequest({ target: "/a", headers: { Range: `bytes=${step.range}` } }),
        );
        if (answer.body.kind !== "stream") break;
        const chunks = answer.body.chunks[Symbol.asyncIterator]();
        for (let count = 0; count < step.pieces; count++) await chunks.next().catch(() => undefined);
        await chunks.return?.();
        break;
      }
      case "break-off":
        isBroken = step.isBroken;
        world.origin.answer(isBroken ? breakingOff(origin) : origin.answer);
        // Errors of the origin's are stored for as long.
        second += 11;
        world.advance(11);
        break;
      case "others": // that push out what is there, where room is scarce
        for (let count = 0; count < 4; count++) await world.ask(`GET /other/${count}`);
        break;
    }
  }
  for (let turns = 0; world.edge.counters().fetchesInFlight > 0; turns++) {
    assert.ok(turns < 10_000, "an origin is still asked although nobody reads");
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(world.edge.counters().storedBytes <= capacity);
  return hits;
}

/** Promises everything, sends half of it and closes. */
function breakingOff(origin: RangeOrigin): RangeOrigin["answer"] {
  return (request, response) => {
    const end = response.end.bind(response);
    response.end = ((content?: string) => {
      if (content === undefined || content.length < 2) return end(content);
      response.write(content.slice(0, content.length / 2), () => response.destroy());
      return response;
    }) as typeof response.end;
    origin.answer(request, response);
  };
}

function ask(world: World, wanted: string, condition: string, versions: readonly Version[]): Promise<Got> {
  const tag = versions.at(-1)?.entityTag;
  const first = versions[0]?.entityTag;
  return world.ask({
    target: "/a",
    headers: {
      ...(wanted !== "" && { Range: `bytes=${wanted}` }),
      ...(condition === "if-range-old" && first !== undefined && { "If-Range": first }),
      ...(condition === "if-range" && tag !== undefined && { "If-Range": tag }),
      ...(condition === "if-none-match" && tag !== undefined && { "If-None-Match": tag }),
    },
  });
}

/** There is one version of which all of the answer is, and none of it is from anywhere else. */
function assertOfOne(got: Got, allowed: readonly Version[], wanted: string): void {
  const told = `${got.status} ${got.result} ${got.field("content-range")} of ${wanted}`;
  assert.equal(got.brokeOff, false, told);
  const isOf = (version: Version): boolean => {
    const { body, entityTag } = version;
    if (got.field("etag") !== entityTag && got.status !== 416) return false;
    switch (got.status) {
      case 200:
        return got.body === body;
      case 206:
        return partsOf(got).every(({ first, last, total, bytes }) => {
          return total === body.length && bytes === body.slice(first, last + 1) && bytes.length === last + 1 - first;
        });
      case 304:
        return true;
      case 416:
        return got.field("content-range") === `bytes */${body.length}`;
      default:
        return false;
    }
  };
  assert.ok(allowed.some(isOf), told);
}

function partsOf(got: Got): readonly { first: number; last: number; total: number; bytes: string }[] {
  const single = got.field("content-range");
  if (single !== undefined) return [{ ...readRange(single), bytes: got.body }];
  const boundary = /boundary=(\w+)/.exec(got.field("content-type") ?? "")?.[1] ?? "";
  return got.body
    .split(`--${boundary}`)
    .slice(1, -1)
    .map((piece) => {
      const end = piece.indexOf("\r\n\r\n");
      const value = /Content-Range: (.*)/.exec(piece.slice(0, end))?.[1] ?? "";
      return { ...readRange(value), bytes: piece.slice(end + 4, -2) };
    });
}

function readRange(value: string): { first: number; last: number; total: number } {
  const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+)/.exec(value) ?? [];
  return { first: Number(first), last: Number(last), total: Number(total) };
}

interface Stored {
  readonly name: string;
  readonly runs: number;
  readonly open: (limits: {
    cacheCapacityBytes: number;
    cacheResponseBytesMax: number;
  }) => CacheStorage | Promise<CacheStorage>;
}

const STORAGES: readonly Stored[] = [
  { name: "memory", runs: 40, open: (limits) => openMemoryStorage(limits) },
  {
    name: "a disk",
    runs: 6,
    open: (limits) => openDiskStorage(mkdtempSync(join(directory, "run-")), limits, 0),
  },
  {
    name: "memory over a disk",
    runs: 6,
    open: (limits) => openDiskStorage(mkdtempSync(join(directory, "run-")), limits, 8000),
  },
];

const directory = mkdtempSync(join(tmpdir(), "warmfront-parts-"));
process.on("exit", () => rmSync(directory, { recursive: true, force: true }));

for (const { name, runs, open } of STORAGES) {
  for (const tagging of ["strong", "weak", "none", "dated"] as const) {
    for (const [room, capacity, largest] of [
      ["room for all", 10_000_000, 10_000_000],
      ["room for parts only", 10_000_000, LENGTH_MAX - 100],
      ["hardly any room", 12_000, 10_000_000],
    ] as const) {
      test(`${name}, ${tagging} validators, ${room}: all that is answered is of one representation that may be answered`, async () => {
        let hits = 0;
        await fc.assert(
          fc.asyncProperty(fc.array(act, { minLength: 5, maxLength: 40 }), async (acts) => {
            const storage = await open({ cacheCapacityBytes: capacity, cacheResponseBytesMax: largest });
            hits += await play(acts, tagging, storage, capacity);
          }),
          { seed: 20_261_120, numRuns: runs },
        );
        assert.ok(hits > runs, `${hits} hits in ${runs} runs`);
      });
    }
  }
}
