// Reads Prometheus's text format as strictly as its rules allow, to hold what the server writes against them: each family announced once
// before its samples, no sample twice, histograms whose buckets add up. [PROM exposition-formats]

import assert from "node:assert/strict";

export interface ReadSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Exposition {
  /** Types by the name of the family. */
  readonly types: ReadonlyMap<string, string>;
  readonly samples: readonly ReadSample[];
  /** The sum of all samples of that name that have these labels, and maybe others. */
  readonly sum: (name: string, labels?: Readonly<Record<string, string>>) => number;
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (\S+)$/;

export function readExposition(text: string): Exposition {
  assert.ok(text.endsWith("\n"), "the last line ends");
  const types = new Map<string, string>();
  const samples: ReadSample[] = [];
  const seen = new Set<string>();
  let family = "";
  let announced = "";
  for (const line of text.slice(0, -1).split("\n")) {
    const [, keyword = "", name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (keyword === "HELP") {
      assert.match(name, NAME);
      assert.doesNotMatch(rest.replaceAll(/\\\\|\\n/g, ""), /\\/, line);
      announced = name;
    } else if (keyword === "TYPE") {
      assert.equal(name, announced, "HELP goes before TYPE");
      assert.ok(!types.has(name), `${name} twice`);
      assert.match(rest, /^(?:counter|gauge|histogram)$/);
      types.set(name, rest);
      family = name;
    } else {
      const [, sampleName = "", labelText = "", valueText = ""] =
        SAMPLE.exec(line) ?? assert.fail(`no sample: ${line}`);
      const isPart =
        types.get(family) === "histogram" && /^_(?:bucket|sum|count)$/.test(sampleName.slice(family.length));
      assert.ok(
        sampleName === family || (sampleName.startsWith(family) && isPart),
        `${line} is in the family ${family}`,
      );
      const series = `${sampleName}{${labelText}}`;
      assert.ok(!seen.has(series), `${series} twice`);
      seen.add(series);
      const value = valueText === "+Inf" ? Infinity : Number(valueText);
      assert.ok(!Number.isNaN(value), line);
      if (types.get(family) !== "gauge") assert.ok(value >= 0, line);
      samples.push({ name: sampleName, labels: readLabels(labelText), value });
    }
  }
  for (const [name, type] of types) if (type === "histogram") checkHistogram(name, samples);
  const has = (labels: ReadSample["labels"], wanted: ReadSample["labels"]): boolean =>
    Object.entries(wanted).every(([label, value]) => labels[label] === value);
  return {
    types,
    samples,
    sum: (name, wanted = {}) =>
      samples
        .filter((sample) => sample.name === name && has(sample.labels, wanted))
        .reduce((sum, { value }) => sum + value, 0),
  };
}

function readLabels(text: string): Record<string, string> {
  const unescape = (value: string): string =>
    value.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
  return Object.fromEntries(
    [...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name = "", value = ""]) => [name, unescape(value)]),
  );
}

function checkHistogram(family: string, samples: readonly ReadSample[]): void {
  const series = new Map<string, { below: number; bound: number; count?: number }>();
  for (const { name, labels, value } of samples) {
    const { le, ...others } = labels;
    const key = JSON.stringify(others);
    const at = series.get(key) ?? { below: 0, bound: -Infinity };
    series.set(key, at);
    if (name === `${family}_bucket`) {
      const bound = le === "+Inf" ? Infinity : Number(le);
      assert.ok(bound > at.bound && value >= at.below, `${family}: ${le} of ${key}`);
      Object.assign(at, { bound, below: value });
    } else if (name === `${family}_count`) {
      assert.equal(at.bound, Infinity, `${family} of ${key} has a bucket for all`);
      assert.equal(value, at.below, `${family} of ${key}`);
    }
  }
}
