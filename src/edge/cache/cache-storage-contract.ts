// What every cache storage promises, as a suite: the tests of each storage run it. What is peculiar to one of them
// (where bytes are, what is evicted when) is tested beside that one.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { DistributionId, FeedNumber } from "../../vocabulary/ids.ts";
import { epochMs, seconds } from "../../vocabulary/time.ts";
import type { CacheKey } from "./cache-key.ts";
import type { CacheStorage, StoredHead, StoredResponse } from "./cache-storage.ts";

export interface StorageLimits {
  readonly cacheCapacityBytes: number;
  readonly cacheResponseBytesMax: number;
}

export function feedNumber(value: number): FeedNumber {
  return value as FeedNumber;
}

export function keyOf(url: string, variant = "", distribution = "E1"): CacheKey {
  return { text: `${distribution} ${url} ${variant}`, distribution: distribution as DistributionId, url };
}

export function headOf(began: number, name = "v"): StoredHead {
  return {
    status: 200,
    fields: [["X-Name", name]],
    began: feedNumber(began),
    respondedAtMs: epochMs(0),
    ageThen: seconds(0),
    lifetime: { seconds: seconds(60), rule: "default", stated: undefined },
  };
}

/** Admits a whole body in two chunks. */
export function put(storage: CacheStorage, key: CacheKey, body: string, head = headOf(1)): StoredResponse | undefined {
  const admission = storage.admit(key, head, undefined);
  const middle = Math.floor(body.length / 2);
  admission?.append(Buffer.from(body.slice(0, middle)));
  admission?.append(Buffer.from(body.slice(middle)));
  return admission?.commit();
}

export async function bodyText(stored: StoredResponse | undefined): Promise<string | undefined> {
  if (stored === undefined) return undefined;
  const chunks: Uint8Array[] = [];
  for await (const chunk of stored.body.read()) chunks.push(chunk);
  return Buffer.concat(chunks).toString("latin1");
}

export function cacheStorageContract(name: string, open: (limits: StorageLimits) => CacheStorage): void {
  const roomy = { cacheCapacityBytes: 10_000_000, cacheResponseBytesMax: 1_000_000 };
  const promise = (
    claim: string,
    run: (storage: CacheStorage) => Promise<void>,
    limits: StorageLimits = roomy,
  ): void => {
    void test(`${name}: ${claim}`, async () => {
      const storage = open(limits);
      try {
        await run(storage);
      } finally {
        await storage.close();
      }
    });
  };
  /** As the pipeline looks: in memory, then below. */
  const look = async (storage: CacheStorage, key: CacheKey): Promise<StoredResponse | undefined> => {
    const peeked = storage.peek(key);
    return peeked === "below" ? storage.find(key) : peeked === "absent" ? undefined : peeked;
  };
  const a = keyOf("/a");

  promise("what was committed is found, head and body", async (storage) => {
    assert.equal(await look(storage, a), undefined);
    put(storage, a, "the body");
    const found = await look(storage, a);
    assert.equal(await bodyText(found), "the body");
    assert.equal(found?.body.length, 8);
    assert.deepEqual(found?.head.fields, [["X-Name", "v"]]);
    assert.deepEqual((await storage.find(a))?.head, found?.head);
  });

  promise("an empty body is a body", async (storage) => {
    put(storage, a, "");
    assert.equal(await bodyText(await look(storage, a)), "");
  });

  promise("what was not committed is not found", async (storage) => {
    const aborted = storage.admit(a, headOf(1), undefined);
    aborted?.append(Buffer.from("half"));
    assert.equal(await look(storage, a), undefined);
    aborted?.abort();
    assert.equal(aborted?.commit(), undefined);
    assert.equal(await look(storage, a), undefined);
    assert.equal(storage.counters().storedBytes, 0);
  });

  promise("the older response is found until the newer one is committed", async (storage) => {
    put(storage, a, "old");
    const admission = storage.admit(a, headOf(1), undefined);
    admission?.append(Buffer.from("new"));
    assert.equal(await bodyText(await look(storage, a)), "old");
    admission?.commit();
    assert.equal(await bodyText(await look(storage, a)), "new");
    assert.equal(storage.counters().storedResponses, 1);
  });

  promise("a body that is being read stays whole when it is replaced, invalidated or evicted", async (storage) => {
    put(storage, a, "the body");
    const found = await look(storage, a);
    storage.invalidate({ distribution: a.distribution, path: "/*" }, feedNumber(2));
    put(storage, a, "another", headOf(2));
    assert.equal(await bodyText(found), "the body");
  });

  promise(
    "a response larger than allowed is not stored, told beforehand or not",
    async (storage) => {
      assert.equal(storage.admit(a, headOf(1), 101), undefined);
      const admission = storage.admit(a, headOf(1), undefined);
      assert.equal(admission?.append(Buffer.alloc(60)), true);
      assert.equal(admission.append(Buffer.alloc(60)), false);
      assert.equal(admission.commit(), undefined);
      assert.equal(await look(storage, a), undefined);
      assert.equal(storage.counters().storedBytes, 0);
    },
    { cacheCapacityBytes: 10_000_000, cacheResponseBytesMax: 100 },
  );

  promise(
    "capacity holds, with what is being taken in counted",
    async (storage) => {
      for (let index = 0; index < 100; index++) {
        put(storage, keyOf(`/${index}`), "x".repeat(5000));
        assert.ok(storage.counters().storedBytes <= 100_000);
      }
      const admissions = Array.from({ length: 50 }, (_, index) =>
        storage.admit(keyOf(`/in/${index}`), headOf(1), undefined),
      );
      for (const admission of admissions) {
        admission?.append(Buffer.alloc(5000));
        assert.ok(storage.counters().storedBytes <= 100_000);
      }
      for (const admission of admissions) admission?.commit();
      assert.ok(storage.counters().storedBytes <= 100_000);
      assert.ok(storage.counters().evicted > 0);
    },
    { cacheCapacityBytes: 100_000, cacheResponseBytesMax: 1_000_000 },
  );

  promise(
    "without capacity nothing is stored, and nothing fails",
    async (storage) => {
      assert.equal(put(storage, a, "x"), undefined);
      assert.equal(await look(storage, a), undefined);
    },
    { cacheCapacityBytes: 0, cacheResponseBytesMax: 100 },
  );

  promise("a new head goes with the old body", async (storage) => {
    const stored = put(storage, a, "the body");
    assert.ok(stored !== undefined);
    storage.refresh(a, stored, headOf(5, "newer"));
    const found = await look(storage, a);
    assert.deepEqual(found?.head.fields, [["X-Name", "newer"]]);
    assert.equal(found.head.began, 5);
    assert.equal(await bodyText(found), "the body");
    assert.equal(storage.counters().storedResponses, 1);
  });

  promise(
    "an invalidation removes what matches and began before it, every variant, in its distribution",
    async (storage) => {
      put(storage, keyOf("/a", "1"), "x", headOf(4));
      put(storage, keyOf("/a", "2"), "x", headOf(4));
      put(storage, keyOf("/a?q"), "x", headOf(4));
      put(storage, keyOf("/ab"), "x", headOf(4));
      put(storage, keyOf("/a", "", "E2"), "x", headOf(4));
      storage.invalidate({ distribution: a.distribution, path: "/a" }, feedNumber(5));
      assert.equal(await look(storage, keyOf("/a", "1")), undefined);
      assert.equal(await look(storage, keyOf("/a", "2")), undefined);
      assert.ok(await look(storage, keyOf("/a?q")));
      assert.ok(await look(storage, keyOf("/ab")));
      assert.ok(await look(storage, keyOf("/a", "", "E2")));
      assert.equal(storage.counters().invalidated, 2);
      storage.invalidate({ distribution: a.distribution, path: "/a*" }, feedNumber(6));
      assert.equal(await look(storage, keyOf("/a?q")), undefined);
      assert.equal(await look(storage, keyOf("/ab")), undefined);
      assert.ok(await look(storage, keyOf("/a", "", "E2")));
    },
  );

  promise("what began at an invalidation or after it stays", async (storage) => {
    put(storage, a, "x", headOf(5));
    storage.invalidate({ distribution: a.distribution, path: "/*" }, feedNumber(5));
    assert.ok(await look(storage, a));
  });

  for (const path of ["/a", "/*"]) {
    promise(`what began before an invalidation of ${path} is not stored after it, begun or not`, async (storage) => {
      const admission = storage.admit(a, headOf(4), undefined);
      admission?.append(Buffer.from("old"));
      const stored = put(storage, keyOf("/a", "validated"), "old", headOf(4));
      assert.ok(stored !== undefined);
      storage.invalidate({ distribution: a.distribution, path }, feedNumber(5));
      assert.equal(admission?.append(Buffer.from("er")), false);
      assert.equal(admission.commit(), undefined);
      assert.equal(put(storage, a, "old", headOf(4)), undefined);
      assert.equal(storage.refresh(keyOf("/a", "validated"), stored, headOf(4)), undefined);
      assert.equal(await look(storage, a), undefined);
      assert.ok(put(storage, a, "new", headOf(5)) !== undefined);
    });
  }

  promise("invalidations beyond those that are remembered still refuse what began before them", async (storage) => {
    for (let index = 0; index < 4000; index++) {
      storage.invalidate({ distribution: a.distribution, path: `/${index}` }, feedNumber(5 + index));
    }
    assert.equal(put(storage, keyOf("/0"), "old", headOf(4)), undefined);
    assert.equal(put(storage, keyOf("/3999"), "old", headOf(4003)), undefined);
    assert.ok(put(storage, keyOf("/x"), "new", headOf(4005)) !== undefined);
  });
}
