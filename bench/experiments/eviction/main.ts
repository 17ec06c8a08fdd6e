// Which eviction: replays traces by several policies and prints hit ratios as a table. What came of it: decision 0025.
// `node bench/experiments/eviction/main.ts`; a minute or two.

import { fifo, lru, s3fifo, segments, sieve, tinyLfu, type OpenPolicy } from "./policies.ts";
import { makeTrace, sizeOf, type TraceRecipe } from "./traces.ts";

const KEYS = 100_000;
const REQUESTS = 1_000_000;
const SEED = 20_261_121;
/** Of the bytes of all popular keys. */
const CAPACITIES = [0.01, 0.1, 0.3];

const RECIPES: readonly TraceRecipe[] = [
  { name: "Zipf 0.8", exponent: 0.8, churn: 0, once: 0, scan: 0 },
  { name: "Zipf 1.0, churn", exponent: 1, churn: 1, once: 0, scan: 0 },
  { name: "Zipf 0.9, 30 % once", exponent: 0.9, churn: 0.5, once: 0.3, scan: 0 },
  { name: "Zipf 0.9, scans", exponent: 0.9, churn: 0.2, once: 0, scan: 0.3 },
  { name: "all of it", exponent: 0.9, churn: 0.5, once: 0.2, scan: 0.2 },
];

const POLICIES: readonly OpenPolicy[] = [
  lru,
  fifo,
  sieve,
  s3fifo(1),
  s3fifo(2),
  tinyLfu,
  segments(false, 1),
  segments(true, 1),
  segments(true, 2),
];

const sizes = new Map<number, number>();
const bytesOf = (key: number): number => {
  let size = sizes.get(key);
  if (size === undefined) sizes.set(key, (size = sizeOf(key)));
  return size;
};

let footprint = 0;
for (let key = 0; key < KEYS; key++) footprint += bytesOf(key);

for (const capacity of CAPACITIES) {
  process.stdout.write(
    `\nCapacity ${capacity * 100} % of ${(footprint / 1e9).toFixed(1)} GB; hit ratio of requests (of bytes), bytes moved per byte stored\n\n`,
  );
  process.stdout.write(`| | ${RECIPES.map(({ name }) => name).join(" | ")} |\n|---|${"---|".repeat(RECIPES.length)}\n`);
  const traces = RECIPES.map((recipe) => makeTrace(recipe, KEYS, REQUESTS, SEED));
  for (const open of POLICIES) {
    const cells: string[] = [];
    let name = "";
    for (const { requests } of traces) {
      const policy = open(footprint * capacity);
      name = policy.name;
      let hits = 0;
      let asked = 0;
      let hitBytes = 0;
      let askedBytes = 0;
      for (const [at, key] of requests.entries()) {
        const size = bytesOf(key);
        const isHit = policy.access(key, size);
        if (at < REQUESTS / 4) continue; // until it is full
        asked++;
        askedBytes += size;
        if (!isHit) continue;
        hits++;
        hitBytes += size;
      }
      const moved = policy.moved === undefined ? "" : `, ${policy.moved().toFixed(2)}`;
      cells.push(`${(hits / asked).toFixed(3)} (${(hitBytes / askedBytes).toFixed(3)})${moved}`);
    }
    process.stdout.write(`| ${name} | ${cells.join(" | ")} |\n`);
  }
}
