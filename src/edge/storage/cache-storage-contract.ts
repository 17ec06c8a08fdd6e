// What every cache storage promises, as a suite: the tests of each storage run it. What is peculiar to one of them
// (where bytes are, what is evicted when) is tested beside that one.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { DistributionId, FeedNumber } from "../../vocabulary/ids.ts";
import { epochMs, seconds } from "../../vocabulary/time.ts";
import type { BodyPart, CacheKey, CacheStorage, StoredHead, StoredResponse } from "./cache-storage.ts";

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
export async function put(
  storage: CacheStorage,
  key: CacheKey,
  body: string,
  head = headOf(1),
): Promise<StoredResponse | undefined> {
  const admission = storage.admit(key, head, undefined);
  const middle = Math.floor(body.length / 2);
  admission?.append(Buffer.from(body.slice(0, middle)));
  admission?.append(Buffer.from(body.slice(middle)));
  return admission?.commit();
}

export async function bodyText(stored: StoredResponse | undefined, part?: BodyPart): Promise<string | undefined> {
  if (stored === undefined) return undefined;
  const chunks: Uint8Array[] = [];
  for await (const chunk of stored.body.read(part)) chunks.push(chunk);
  return Buffer.concat(chunks).toString("latin1");
}

/** How many match, and the paths. */
const COUNTED: readonly (readonly [number, ...paths: string[]])[] = [
  [6, "/*"],
  [6, "/a/1", "/*"],
  [2, "/a/1"],
  [4, "/a/*"],
  [4, "/a/*", "/a/1", "/a/2"],
  [2, "/a/2*"],
  [3, "/b/1", "/a/1"],
  [2, "/b*"],
  [0, "/c"],
  [0, "/A/*"],
];

export function cacheStorageContract(
  name: string,
  open: (limits: StorageLimits) => CacheStorage | Promise<CacheStorage>,
): void {
  const roomy = { cacheCapacityBytes: 10_000_000, cacheResponseBytesMax: 4_000_000 };
  const promise = (
    claim: string,
    run: (storage: CacheStorage) => Promise<void>,
    limits: StorageLimits = roomy,
  ): void => {
    void test(`${name}: ${claim}`, async () => {
      const storage = await open(limits);
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
  const long = "0123456789".repeat(300_000);

  promise("what an invalidation would remove is counted by its paths, each response once", async (storage) => {
    for (const url of ["/a/1", "/a/2", "/a/2?x", "/b/1", "/b*"]) await put(storage, keyOf(url), "body");
    await put(storage, keyOf("/a/1", "variant"), "body");
    await put(storage, keyOf("/a/1", "", "E2"), "body");
    const { distribution } = a;
    for (const [count, ...paths] of COUNTED) {
      const found = await storage.countMatching({ distribution, paths });
      assert.deepEqual(found, { matching: count, unlooked: 0 }, paths.join(" "));
    }
    storage.invalidate({ distribution, path: "/a/*" }, feedNumber(2));
    assert.deepEqual(await storage.countMatching({ distribution, paths: ["/*"] }), { matching: 2, unlooked: 0 });
    assert.deepEqual(await storage.countMatching({ distribution, paths: ["/a*"] }), { matching: 0, unlooked: 0 });
  });

  promise("what was committed is found, head and body", async (storage) => {
    assert.equal(await look(storage, a), undefined);
    await put(storage, a, "the body");
    const found = await look(storage, a);
    assert.equal(await bodyText(found), "the body");
    assert.equal(found?.body.length, 8);
    assert.deepEqual(found?.head.fields, [["X-Name", "v"]]);
    assert.deepEqual((await storage.find(a))?.head, found?.head);
  });

  promise("who inspects is told what would be found, of any length", async (storage) => {
    assert.equal(await storage.inspect(a), undefined);
    for (const body of ["", "the body", long]) {
      await put(storage, a, body, headOf(1, `of ${body.length}`));
      const inspected = await storage.inspect(a);
      assert.equal(inspected?.bodyLength, body.length);
      assert.deepEqual(inspected?.head, (await look(storage, a))?.head);
    }
    storage.invalidate({ distribution: a.distribution, path: "/*" }, feedNumber(2));
    assert.equal(await storage.inspect(a), undefined);
    await put(storage, a, "dropped", headOf(2));
    storage.drop(a);
    assert.equal(await storage.inspect(a), undefined);
  });

  promise("an empty body is a body", async (storage) => {
    await put(storage, a, "");
    assert.equal(await bodyText(await look(storage, a)), "");
  });

  promise("what was not committed is not found", async (storage) => {
    const aborted = storage.admit(a, headOf(1), undefined);
    aborted?.append(Buffer.from("half"));
    assert.equal(await look(storage, a), undefined);
    aborted?.abort();
    assert.equal(await aborted?.commit(), undefined);
    assert.equal(await look(storage, a), undefined);
    assert.equal(storage.counters().storedBytes, 0);
  });

  promise("the older response is found until the newer one is committed", async (storage) => {
    await put(storage, a, "old");
    const admission = storage.admit(a, headOf(1), undefined);
    admission?.append(Buffer.from("new"));
    assert.equal(await bodyText(await look(storage, a)), "old");
    await admission?.commit();
    assert.equal(await bodyText(await look(storage, a)), "new");
    assert.equal(storage.counters().storedResponses, 1);
  });

  for (const body of ["the body", long]) {
    promise(`a body of ${body.length} that is being read stays whole when replaced or invalidated`, async (storage) => {
      await put(storage, a, body);
      const reading = (await look(storage, a))?.body.read()[Symbol.asyncIterator]();
      const pieces = [(await reading?.next())?.value ?? Buffer.alloc(0)];
      storage.invalidate({ distribution: a.distribution, path: "/*" }, feedNumber(2));
      await put(storage, a, "another", headOf(2));
      for (let step = await reading?.next(); step?.done === false; step = await reading?.next())
        pieces.push(step.value);
      assert.equal(Buffer.concat(pieces).toString("latin1"), body);
    });

    promise(`any part of a body of ${body.length} can be read, more than once`, async (storage) => {
      await put(storage, a, body);
      const found = await look(storage, a);
      const { length } = body;
      const middle = Math.floor(length / 2);
      for (const [from, to] of [
        [0, 1],
        [0, length],
        [middle - 2, middle + 2],
        [length - 1, length],
        [3, 3],
      ] as const) {
        assert.equal(await bodyText(found, { from, to }), body.slice(from, to), `${from} to ${to}`);
      }
    });
  }

  promise("who looks while a commit is under way finds the older response, or the new one whole", async (storage) => {
    await put(storage, a, "old", headOf(1, "old"));
    const admission = storage.admit(a, headOf(1, "new"), undefined);
    admission?.append(Buffer.from("new"));
    const committed = admission?.commit();
    for (let isDone = false, looks = 0; !isDone && looks < 1000; looks++) {
      const found = await look(storage, a);
      const body = await bodyText(found);
      assert.ok(body === "old" || body === "new");
      assert.deepEqual(found?.head.fields, [["X-Name", body]]);
      isDone = body === "new";
    }
    await committed;
    assert.equal(await bodyText(await look(storage, a)), "new");
  });

  promise("an invalidation during a commit holds", async (storage) => {
    const admission = storage.admit(a, headOf(4), undefined);
    admission?.append(Buffer.from("old"));
    const committed = admission?.commit();
    storage.invalidate({ distribution: a.distribution, path: "/a" }, feedNumber(5));
    await committed;
    assert.equal(await look(storage, a), undefined);
  });

  promise(
    "a response larger than allowed is not stored, told beforehand or not",
    async (storage) => {
      assert.equal(storage.admit(a, headOf(1), 101), undefined);
      const admission = storage.admit(a, headOf(1), undefined);
      assert.equal(admission?.append(Buffer.alloc(60)), true);
      assert.equal(admission.append(Buffer.alloc(60)), false);
      assert.equal(await admission.commit(), undefined);
      assert.equal(await look(storage, a), undefined);
      assert.equal(storage.counters().storedBytes, 0);
    },
    { cacheCapacityBytes: 10_000_000, cacheResponseBytesMax: 100 },
  );

  promise(
    "capacity holds, with what is being taken in counted",
    async (storage) => {
      for (let index = 0; index < 100; index++) {
        await put(storage, keyOf(`/${index}`), "x".repeat(5000));
        assert.ok(storage.counters().storedBytes <= 100_000);
      }
      const admissions = Array.from({ length: 50 }, (_, index) =>
        storage.admit(keyOf(`/in/${index}`), headOf(1), undefined),
      );
      for (const admission of admissions) {
        admission?.append(Buffer.alloc(5000));
        assert.ok(storage.counters().storedBytes <= 100_000);
      }
      for (const admission of admissions) await admission?.commit();
      assert.ok(storage.counters().storedBytes <= 100_000);
      assert.ok(storage.counters().evicted > 0);
    },
    { cacheCapacityBytes: 100_000, cacheResponseBytesMax: 1_000_000 },
  );

  promise(
    "without capacity nothing is stored, and nothing fails",
    async (storage) => {
      assert.equal(await put(storage, a, "x"), undefined);
      assert.equal(await look(storage, a), undefined);
    },
    { cacheCapacityBytes: 0, cacheResponseBytesMax: 100 },
  );

  promise("a new head goes with the old body", async (storage) => {
    const stored = await put(storage, a, "the body");
    assert.ok(stored !== undefined);
    await storage.refresh(a, stored, headOf(5, "newer"));
    const found = await look(storage, a);
    assert.deepEqual(found?.head.fields, [["X-Name", "newer"]]);
    assert.equal(found.head.began, 5);
    assert.equal(await bodyText(found), "the body");
    assert.equal(storage.counters().storedResponses, 1);
  });

  promise("what is dropped is gone at once, and what is being read of it comes to its end", async (storage) => {
    await put(storage, a, "x".repeat(10_000));
    await put(storage, keyOf("/b"), "other");
    const found = await look(storage, a);
    const chunks = found?.body.read()[Symbol.asyncIterator]();
    const first = (await chunks?.next())?.value as Uint8Array | undefined;
    storage.drop(a);
    storage.drop(keyOf("/nothing"));
    let length = first?.length ?? 0;
    for (let step = await chunks?.next(); step?.done === false; step = await chunks?.next()) {
      length += step.value.length;
    }
    assert.equal(length, 10_000);
    assert.ok(await look(storage, keyOf("/b")));
    assert.equal(storage.counters().storedResponses, 1);
    for (let looks = 0; (await look(storage, a)) !== undefined; looks++) assert.ok(looks < 1000);
    assert.equal(await bodyText(await put(storage, a, "new")), "new");
  });

  promise(
    "an invalidation removes what matches and began before it, every variant, in its distribution",
    async (storage) => {
      await put(storage, keyOf("/a", "1"), "x", headOf(4));
      await put(storage, keyOf("/a", "2"), "x", headOf(4));
      await put(storage, keyOf("/a?q"), "x", headOf(4));
      await put(storage, keyOf("/ab"), "x", headOf(4));
      await put(storage, keyOf("/a", "", "E2"), "x", headOf(4));
      storage.invalidate({ distribution: a.distribution, path: "/a" }, feedNumber(5));
      assert.equal(await look(storage, keyOf("/a", "1")), undefined);
      assert.equal(await look(storage, keyOf("/a", "2")), undefined);
      assert.ok(await look(storage, keyOf("/a?q")));
      assert.ok(await look(storage, keyOf("/ab")));
      assert.ok(await look(storage, keyOf("/a", "", "E2")));
      storage.invalidate({ distribution: a.distribution, path: "/a*" }, feedNumber(6));
      assert.equal(await look(storage, keyOf("/a?q")), undefined);
      assert.equal(await look(storage, keyOf("/ab")), undefined);
      assert.ok(await look(storage, keyOf("/a", "", "E2")));
    },
  );

  promise("what began at an invalidation or after it stays", async (storage) => {
    await put(storage, a, "x", headOf(5));
    storage.invalidate({ distribution: a.distribution, path: "/*" }, feedNumber(5));
    assert.ok(await look(storage, a));
  });

  for (const path of ["/a", "/*"]) {
    promise(`what began before an invalidation of ${path} is not stored after it, begun or not`, async (storage) => {
      const admission = storage.admit(a, headOf(4), undefined);
      admission?.append(Buffer.from("old"));
      const stored = await put(storage, keyOf("/a", "validated"), "old", headOf(4));
      assert.ok(stored !== undefined);
      storage.invalidate({ distribution: a.distribution, path }, feedNumber(5));
      assert.equal(admission?.append(Buffer.from("er")), false);
      assert.equal(await admission.commit(), undefined);
      assert.equal(await put(storage, a, "old", headOf(4)), undefined);
      assert.equal(await storage.refresh(keyOf("/a", "validated"), stored, headOf(4)), undefined);
      assert.equal(await look(storage, a), undefined);
      assert.ok((await put(storage, a, "new", headOf(5))) !== undefined);
    });
  }

  promise("invalidations beyond those that are remembered still refuse what began before them", async (storage) => {
    for (let index = 0; index < 4000; index++) {
      storage.invalidate({ distribution: a.distribution, path: `/${index}` }, feedNumber(5 + index));
    }
    assert.equal(await put(storage, keyOf("/0"), "old", headOf(4)), undefined);
    assert.equal(await put(storage, keyOf("/3999"), "old", headOf(4003)), undefined);
    assert.ok((await put(storage, keyOf("/x"), "new", headOf(4005))) !== undefined);
  });
}
