// The index of a bucket with a million keys under one prefix against one with a thousand: pages of lists, with and
// without a delimiter, and puts and gets. What they cost must not grow with what is stored.

import { mkdtempSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BUCKET, range, sampleBucket, sampleObject } from "../src/store/contract/bucket-samples.ts";
import { NOW, PLENTY } from "../src/store/contract/samples.ts";
import { openSqliteStore } from "../src/store/sqlite/open-sqlite-store.ts";
import type { Store } from "../src/store/store.ts";
import type { Bench, Figure } from "./support/bench.ts";
import { formatSpread } from "./support/statistics.ts";

const FEW = 1000;
const MANY = 1_000_000;
const ROUNDS = 7;

interface Measured {
  readonly what: string;
  readonly times: number;
  readonly work: (store: Store, time: number) => Promise<unknown>;
}

const MEASURED: readonly Measured[] = [
  {
    what: "a list with a delimiter, all keys but one under one prefix",
    times: 200,
    work: (store) => store.buckets.listObjects(BUCKET, range({ delimiter: "/", limit: 1000 })),
  },
  {
    what: "a page of 1000 keys",
    times: 20,
    work: (store) => store.buckets.listObjects(BUCKET, range({ prefix: "all/", limit: 1000 })),
  },
  { what: "an object by its key", times: 500, work: (store, time) => store.buckets.getObject(BUCKET, `all/${time}`) },
  {
    what: "a put, on the disk",
    times: 20,
    work: (store, time) =>
      store.buckets.putObject(sampleObject(`all/put-${time}`, `${performance.now()} ${time}`), undefined, NOW),
  },
];

export const bucketIndex: Bench = {
  name: "bucket-index",
  about: `Lists, puts and gets with ${MANY} keys in a bucket, against the same with ${FEW}.`,
  async run() {
    const folder = mkdtempSync(join(tmpdir(), "warmfront-bench-"));
    try {
      await using few = await fill(join(folder, "few.sqlite"), FEW);
      await using many = await fill(join(folder, "many.sqlite"), MANY);
      const figures: Figure[] = [];
      for (const measured of MEASURED) figures.push(await compare(measured, few, many));
      return figures;
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

async function compare({ what, times, work }: Measured, few: Store, many: Store): Promise<Figure> {
  const microseconds = { few: [] as number[], many: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, store] of [
      ["few", few],
      ["many", many],
    ] as const) {
      const begun = performance.now();
      for (let time = 0; time < times; time++) await work(store, time);
      microseconds[name].push(((performance.now() - begun) * 1000) / times);
    }
  }
  const ratios = microseconds.many.map((value, round) => value / (microseconds.few[round] ?? Number.NaN));
  return {
    what,
    value: formatSpread(ratios, 2),
    unit: `× with ${MANY} keys`,
    wanted: "≤ 2",
    how: `${formatSpread(microseconds.many, 0)} µs, ${ROUNDS} rounds in turn`,
  };
}

/** Rows are written by SQL: a million durable puts would take an hour. */
async function fill(path: string, keys: number): Promise<Store> {
  const store = await openSqliteStore({ path });
  await store.buckets.createBucket(sampleBucket(), PLENTY);
  await store.buckets.putObject(sampleObject("zz", "file of the last"), undefined, NOW);
  using db = new DatabaseSync(path);
  db.exec(`
    PRAGMA synchronous = 0;
    WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${keys - 1})
    INSERT INTO object (bucket, key, version_id, is_latest, is_delete_marker, modified_at_ms, bytes, etag, checksums, head, pieces)
    SELECT bucket, 'all/' || i, version_id, 1, 0, modified_at_ms, bytes, etag, checksums, head, '[[]]'
    FROM n, object WHERE object.key = 'zz'`);
  return store;
}
