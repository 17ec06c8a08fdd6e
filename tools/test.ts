// `npm test`: the checks, then every test, then again what is asked of an edge, of four workers that have to look like one.
// `--nightly` runs the long properties and fuzzing with larger counts. With
// WARMFRONT_REQUIRE_ALL=1 (.ci/run) a test that is skipped fails the run, unless it wants a program that neither npm nor
// Debian has, or a disk of its own.

import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { CHECKS } from "./check.ts";
import { ROOT, run, runAll } from "./run.ts";

/**
 * Skips with this in their reason are all right everywhere: Terraform's programs are in no package registry, and a small disk
 * to fill up can be mounted by the superuser only, and not in every container.
 */
const MAY_BE_SKIPPED = /terraform|be mounted here/i;

/** What is run, and with how many edge workers where a test does not say itself. */
interface Round {
  readonly workers: number;
  readonly files: readonly string[];
}

/**
 * Clients whose work is nearly all between them and the API, or the bucket store, which are one process however many workers there are; and
 * one that has a number of workers of its own. They take most of the time of all clients.
 */
const MANAGING_CLIENTS = new Set(
  "aws-cli boto3 certificates ci-examples examples s3-aws-cli s3-boto3 s3-s3cmd s3-sdk-v3 s3-signatures sdk-v2 terraform terraform-s3"
    .split(" ")
    .map((name) => `test/clients/${name}.test.ts`),
);

const ROUNDS: readonly Round[] = [
  { workers: 1, files: ["src/**/*.test.ts", "test/**/*.test.ts"] },
  {
    workers: 4,
    files: [
      "test/scenarios/**/*.test.ts",
      "test/conformance/**/*.test.ts",
      "test/behavior/**/*.test.ts",
      ...globSync("test/clients/**/*.test.ts", { cwd: ROOT }).filter((path) => !MANAGING_CLIENTS.has(path)),
      "test/service/**/*.test.ts",
      "test/console/invalidations.test.ts",
      "test/buckets/edge-*.test.ts",
    ],
  },
];

/** Of test files, on two cores: many wait for most of their time, Terraform's above all. */
const AT_ONCE = 3;

/** The longer round takes 10 to 17 minutes on two cores. One that takes much longer is stuck: the report then names the files that had not ended. */
const ROUND_MINUTES_MAX = 30;

const isNightly = process.argv.includes("--nightly");

async function runRound({ workers, files }: Round): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "warmfront-test-"));
  const tap = join(folder, "report.tap");
  try {
    const status = await run(
      "node",
      [
        "--test",
        `--test-concurrency=${AT_ONCE}`,
        "--test-timeout=600000",
        `--import=${pathToFileURL(join(ROOT, "tools/test-end.ts")).href}`,
        "--test-reporter=dot",
        "--test-reporter-destination=stdout",
        "--test-reporter=tap",
        `--test-reporter-destination=${tap}`,
        ...files,
      ],
      { WARMFRONT_TEST_WORKERS: String(workers), ...(isNightly && { WARMFRONT_NIGHTLY: "1" }) },
      isNightly ? undefined : ROUND_MINUTES_MAX,
    );
    const report = readFileSync(tap, "utf8");
    const skipped = [...report.matchAll(/^\s*ok \d+ - (.*?) # SKIP ?(.*)$/gm)].map(([, name = "", why = ""]) => ({
      name,
      why,
    }));
    for (const { name, why } of skipped) process.stdout.write(`skipped: ${name} (${why})\n`);
    const counted = (word: string): number => Number(new RegExp(`^# ${word} (\\d+)$`, "m").exec(report)?.[1] ?? 0);
    process.stdout.write(
      `with ${workers} edge ${workers === 1 ? "worker" : "workers"}: ${counted("pass")} passed, ${counted("fail") + counted("cancelled")} failed, ${skipped.length} skipped\n`,
    );
    const stuck = [...report.matchAll(/^# (?:Interrupted while running|still open after).*$/gm)].map(([line]) => line);
    if (status !== 0) process.stdout.write(`\n${[failuresOf(report), ...stuck].join("\n")}\n`);
    const missing = skipped.filter(({ why }) => !MAY_BE_SKIPPED.test(why));
    if (process.env["WARMFRONT_REQUIRE_ALL"] === "1" && missing.length > 0) {
      process.stderr.write("failed: here every test has to run, and some were skipped\n");
      return 1;
    }
    return status;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The failing leaves of the report, each with its details. */
function failuresOf(report: string): string {
  const lines = report.split("\n");
  const failures: string[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? "";
    if (!/^\s*not ok /.test(line)) continue;
    const indent = line.length - line.trimStart().length;
    const end = lines.findIndex(
      (later, index) => index > at && later.trim() === "..." && later.indexOf("...") === indent + 2,
    );
    const details = lines.slice(at, end < 0 ? at + 40 : end);
    if (!details.some((detail) => detail.includes("subtestsFailed"))) failures.push(details.slice(0, 60).join("\n"));
  }
  return failures.join("\n\n");
}

async function runRounds(): Promise<number> {
  let worst = 0;
  for (const round of ROUNDS) worst = Math.max(worst, await runRound(round));
  return worst;
}

const checked = await runAll(CHECKS);
process.exitCode = checked === 0 ? await runRounds() : checked;
