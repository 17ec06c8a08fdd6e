// The published conformance suite for HTTP caches, in both fidelities: npm's edition always, the newest one where its folder
// is given in WARMFRONT_CACHE_TESTS. Every test that is not passed stands in deviations.ts with its reason.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { FIDELITIES, type Fidelity } from "../../src/vocabulary/fidelity.ts";
import type { SuiteReport } from "./cache-tests.ts";
import { DEVIATIONS, type Deviation } from "./deviations.ts";

const PROGRAM = fileURLToPath(new URL("run-cache-tests.ts", import.meta.url));
const NEWEST = process.env["WARMFRONT_CACHE_TESTS"];

type Edition = NonNullable<Deviation["edition"]>;
/** What the newest edition's passed tests must not fall below, of 160 required and 105 optimal ones. */
const AT_LEAST: Readonly<Record<Fidelity, readonly [required: number, optimal: number]>> = {
  rfc9111: [155, 92],
  cloudfront: [110, 50],
};

async function runSuite(fidelity: Fidelity, edition: Edition): Promise<SuiteReport> {
  const folder = edition === "repository" ? ["--suite", NEWEST ?? ""] : [];
  const options = { maxBuffer: 10_000_000, timeout: 240_000 };
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, fidelity, ...folder], options);
  return JSON.parse(stdout) as SuiteReport;
}

/** Ids that did not pass. What a cache merely may do (kind `check`) is no matter of passing. */
function notPassed(report: SuiteReport): string[] {
  return report.filter(({ kind, verdict }) => kind !== "check" && verdict !== "passed").map(({ id }) => id);
}

function expectedOf(fidelity: Fidelity, edition: Edition): string[] {
  return DEVIATIONS.filter(
    (row) =>
      (row.fidelity === "both" || row.fidelity === fidelity) && (row.edition === undefined || row.edition === edition),
  ).flatMap(({ ids }) => ids);
}

async function compare(fidelity: Fidelity, edition: Edition): Promise<SuiteReport> {
  const report = await runSuite(fidelity, edition);
  const expected = expectedOf(fidelity, edition);
  let failed = notPassed(report);
  // The suite measures real seconds: what fails on a busy machine must fail twice.
  const surprising = failed.filter((id) => !expected.includes(id));
  if (surprising.length > 0) {
    const again = new Set(notPassed(await runSuite(fidelity, edition)));
    failed = failed.filter((id) => expected.includes(id) || again.has(id));
  }
  assert.deepEqual(failed.toSorted(), expected.toSorted());
  return report;
}

for (const fidelity of FIDELITIES) {
  test(`npm's edition of the suite: what is not passed in ${fidelity} has its reason`, async () => {
    await compare(fidelity, "npm");
  });

  // It is in no package registry, so there is nothing to skip where its folder is not given.
  if (NEWEST === undefined) continue;
  test(`the newest edition of the suite: what is not passed in ${fidelity} has its reason, and enough is passed`, async () => {
    const report = await compare(fidelity, "repository");
    const passed = (kind: string): number =>
      report.filter((row) => row.kind === kind && row.verdict === "passed").length;
    const [required, optimal] = AT_LEAST[fidelity];
    const counted = [passed("required"), passed("optimal")] as const;
    assert.ok(counted[0] >= required && counted[1] >= optimal, counted.join(" + "));
  });
}

test("every deviation has a reason and a source, and no id stands twice for one run", () => {
  for (const { reason, cite } of DEVIATIONS) assert.ok(reason.length > 20 && /^\[.+\]$/.test(cite));
  for (const fidelity of FIDELITIES) {
    for (const edition of ["npm", "repository"] as const) {
      const ids = expectedOf(fidelity, edition);
      assert.deepEqual(
        ids.filter((id, index) => ids.indexOf(id) !== index),
        [],
      );
    }
  }
});
