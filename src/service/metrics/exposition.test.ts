import assert from "node:assert/strict";
import test from "node:test";
import { readExposition } from "../../../test/support/exposition.ts";
import { formatFamilies, histogramSamples } from "./exposition.ts";

test("families are lines that a strict reader gets the same from", () => {
  const text = formatFamilies([
    {
      name: "a_total",
      type: "counter",
      help: 'With a \\ and a\nline and "quotes"',
      samples: [{ labels: { x: 'a\\b"c\nd', y: "" }, value: 3 }, { value: 1e21 }],
    },
    { name: "b", type: "gauge", help: "Nothing yet.", samples: [] },
    { name: "c", type: "gauge", help: "Far.", samples: [{ value: Infinity }] },
  ]);
  assert.equal(
    text,
    '# HELP a_total With a \\\\ and a\\nline and "quotes"\n# TYPE a_total counter\n' +
      'a_total{x="a\\\\b\\"c\\nd",y=""} 3\na_total 1e+21\n' +
      "# HELP b Nothing yet.\n# TYPE b gauge\n# HELP c Far.\n# TYPE c gauge\nc +Inf\n",
  );
  const { samples, types } = readExposition(text);
  assert.deepEqual(
    [...types],
    [
      ["a_total", "counter"],
      ["b", "gauge"],
      ["c", "gauge"],
    ],
  );
  assert.deepEqual(samples[0], { name: "a_total", labels: { x: 'a\\b"c\nd', y: "" }, value: 3 });
});

// Bounds that are told, counts per class, and the buckets.
const ROWS: readonly (readonly [told: readonly number[], counts: readonly number[], buckets: readonly number[]])[] = [
  [
    [1, 2, 3],
    [1, 2, 0, 4],
    [1, 3, 3, 7],
  ],
  [
    [1, 3],
    [1, 2, 0, 4],
    [1, 3, 7],
  ],
  [[], [1, 2, 0, 4], [7]],
  [[1, 2, 3], [], [0, 0, 0, 0]],
];

test("a histogram is cumulative, also where not every bound is told", () => {
  for (const [told, counts, buckets] of ROWS) {
    const samples = histogramSamples({ bounds: [1, 2, 3], counts, sum: 9 }, { of: "x" }, (bound) =>
      told.includes(bound),
    );
    assert.deepEqual(
      samples.filter(({ suffix }) => suffix === "_bucket").map(({ value }) => value),
      buckets,
    );
    readExposition(formatFamilies([{ name: "h", type: "histogram", help: "H.", samples }]));
  }
});
