import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { DistributionId } from "../../vocabulary/ids.ts";
import { epochMs } from "../../vocabulary/time.ts";
import type { EdgeParts } from "../edge-parts.ts";
import type { Field } from "../transport/message.ts";
import { headOf } from "../storage/cache-storage-contract.ts";
import type { BodyPart, StoredParts } from "../storage/cache-storage.ts";
import { openMemoryStorage } from "../storage/memory-storage.ts";
import { findHeld, partKey, readPieces, representationOf, strongValidator, withSpan } from "./stored-parts.ts";

const NOW = epochMs(Date.UTC(2026, 10, 20, 12));
const MODIFIED = "Fri, 20 Nov 2026 10:00:00 GMT";
const LATER: Field = ["Date", "Fri, 20 Nov 2026 10:00:01 GMT"];

// What a response says of itself, and the validator by which its parts may be combined. [RFC 9110 §8.8]
const VALIDATORS: readonly (readonly [fields: readonly Field[], validator: string | undefined])[] = [
  [[["ETag", '"1"']], '"1"'],
  [[["ETag", 'W/"1"']], undefined],
  [[["ETag", "1"]], undefined],
  [[["Last-Modified", MODIFIED], LATER], MODIFIED],
  [
    [
      ["Last-Modified", MODIFIED],
      ["Date", MODIFIED],
    ],
    undefined,
  ],
  [[["Last-Modified", MODIFIED]], undefined],
  [[["ETag", 'W/"1"'], ["Last-Modified", MODIFIED], LATER], undefined],
  [[["ETag", '"1"'], ["Last-Modified", MODIFIED], LATER], '"1"'],
  [[], undefined],
];

for (const [fields, validator] of VALIDATORS) {
  test(`parts with ${JSON.stringify(fields)} are combined by ${validator ?? "nothing"}`, () => {
    assert.equal(strongValidator(fields, NOW), validator);
    assert.equal(representationOf({ fields }, 10, NOW) === undefined, validator === undefined);
  });
}

test("another tag, length or variant is another representation", () => {
  const fields: readonly Field[] = [["ETag", '"1"']];
  const names = [
    representationOf({ fields }, 10, NOW),
    representationOf({ fields }, 11, NOW),
    representationOf({ fields: [["ETag", '"2"']] }, 10, NOW),
    representationOf({ fields, variant: "accept-language2:de" }, 10, NOW),
  ];
  assert.equal(new Set(names).size, 4);
  assert.equal(representationOf({ fields: [...fields, ["Age", "5"]] }, 10, NOW), names[0]);
});

test("a part takes the place of those within it, and the oldest go when there are too many", () => {
  const span = (from: number, to: number): BodyPart => ({ from, to });
  const spans = [span(0, 5), span(2, 4), span(8, 9)];
  assert.deepEqual(withSpan(spans, span(1, 4), 9), [span(0, 5), span(8, 9), span(1, 4)]);
  assert.deepEqual(withSpan(spans, span(0, 5), 9), [span(8, 9), span(0, 5)]);
  assert.deepEqual(withSpan(spans, span(5, 8), 2), [span(8, 9), span(5, 8)]);
  assert.deepEqual(withSpan(spans, span(5, 8), 1), [span(5, 8)]);
});

test("whatever parts there are and are gone, what is held and what is missing are all that is wanted", async () => {
  const LENGTH = 60;
  const content = Uint8Array.from({ length: LENGTH }, (_, index) => index);
  const index = { text: "key#", distribution: "E1" as DistributionId, url: "/a" };
  const someSpan = fc
    .tuple(fc.nat(LENGTH - 1), fc.integer({ min: 1, max: LENGTH }))
    .map(([from, length]) => ({ from, to: Math.min(from + length, LENGTH) }));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(someSpan, fc.constantFrom("there", "there", "evicted", "another")), { maxLength: 8 }),
      someSpan,
      async (given, wanted) => {
        const storage = openMemoryStorage({ cacheCapacityBytes: 10_000_000, cacheResponseBytesMax: 10_000_000 });
        const isThere = Array.from({ length: LENGTH }, () => false);
        const spans = given.map(([span]) => span);
        const states = new Map(given.map(([span, state]) => [`${span.from}-${span.to}`, state]));
        for (const span of spans) {
          const state = states.get(`${span.from}-${span.to}`);
          if (state === "evicted") continue;
          const parts: StoredParts = { representation: state === "there" ? "1" : "2", total: LENGTH, spans: [span] };
          const admission = storage.admit(partKey(index, span), { ...headOf(1), parts }, undefined);
          admission?.append(content.slice(span.from, span.to));
          await admission?.commit();
          if (state === "there") isThere.fill(true, span.from, span.to);
        }
        const stored: StoredParts = { representation: "1", total: LENGTH, spans };
        const held = await findHeld(index, stored, wanted, { storage } as EdgeParts);
        const numbers: number[] = [];
        const read = async (pieces: typeof held.before): Promise<void> => {
          for await (const chunk of readPieces(pieces)) numbers.push(...chunk);
        };
        await read(held.before);
        const { missing } = held;
        if (missing === undefined) assert.deepEqual(held.after, []);
        else {
          assert.ok(missing.from < missing.to);
          assert.equal(isThere[missing.from], false);
          assert.equal(isThere[missing.to - 1], false);
          numbers.push(...content.slice(missing.from, missing.to));
        }
        await read(held.after);
        assert.deepEqual(numbers, Array.from(content.subarray(wanted.from, wanted.to)));
      },
    ),
    { seed: 20_261_120, numRuns: 500 },
  );
});

test("an answer is put together of a bounded number of parts", async () => {
  const storage = openMemoryStorage({ cacheCapacityBytes: 10_000_000, cacheResponseBytesMax: 10_000_000 });
  const index = { text: "key#", distribution: "E1" as DistributionId, url: "/a" };
  const spans = Array.from({ length: 200 }, (_, from) => ({ from, to: from + 1 }));
  for (const span of spans) {
    const admission = storage.admit(
      partKey(index, span),
      { ...headOf(1), parts: { representation: "1", total: 200, spans: [span] } },
      1,
    );
    admission?.append(Uint8Array.of(1));
    await admission?.commit();
  }
  const parts: StoredParts = { representation: "1", total: 200, spans };
  const held = await findHeld(index, parts, { from: 0, to: 200 }, { storage } as EdgeParts);
  assert.equal(held.before.length + held.after.length, 64);
  assert.deepEqual(held.missing, { from: 64, to: 200 });
});
