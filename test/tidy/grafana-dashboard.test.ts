// The example dashboard asks for nothing that /metrics does not answer.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { METRICS } from "../../src/service/metrics/families.ts";

const TYPES = new Map(METRICS.map(({ name, type }) => [name, type]));

/** A histogram is answered in parts. */
function isAnswered(name: string): boolean {
  const type = TYPES.get(name);
  if (type !== undefined) return type !== "histogram";
  return TYPES.get(name.replace(/_(?:bucket|sum|count)$/, "")) === "histogram";
}

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}

test("each metric of the dashboard is one that /metrics answers", () => {
  const { panels } = JSON.parse(readFileSync("docs/grafana-dashboard.json", "utf8")) as Dashboard;
  assert.ok(panels.length > 0);
  for (const { title, targets } of panels) {
    const names = targets.flatMap(({ expr }) => expr.match(/\bwarmfront_\w+/g) ?? []);
    assert.ok(names.length > 0, title);
    assert.deepEqual(
      names.filter((name) => !isAnswered(name)),
      [],
      title,
    );
  }
});

test("a name that is not answered would be found", () => {
  for (const name of ["warmfront_nothing", "warmfront_request_duration_seconds", "warmfront_workers_bucket"])
    assert.ok(!isAnswered(name), name);
});
