// boto3 as Debian ships it, through every API version that its botocore has: the life of each resource, every waiter,
// every paginator, typed exceptions, and configs that read back as they were written. What it does is in
// boto3_all_versions.py; here is a test per version, which also holds that no operation was left out.

import { strict as assert } from "node:assert";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { OPERATIONS } from "../../src/control/operations.ts";
import { API_VERSIONS, apiModel } from "../../src/model/api.ts";
import { startServiceWithAccounts } from "./accounts.ts";

const PYTHON = "/usr/bin/python3";
const PROGRAM = fileURLToPath(new URL("boto3_all_versions.py", import.meta.url));
const REGIONS = ["us-east-1", "eu-central-1", "cn-north-1", "sa-east-1"];
const WAITERS = ["distribution_deployed", "invalidation_completed", "streaming_distribution_deployed"];
/** Exceptions that every version must have met. */
const ERRORS = [
  "CNAMEAlreadyExists",
  "CloudFrontOriginAccessIdentityAlreadyExists",
  "CloudFrontOriginAccessIdentityInUse",
  "DistributionAlreadyExists",
  "DistributionNotDisabled",
  "IllegalUpdate",
  "InconsistentQuantities",
  "InvalidArgument",
  "InvalidIfMatchVersion",
  "NoSuchCloudFrontOriginAccessIdentity",
  "NoSuchDistribution",
  "NoSuchInvalidation",
  "NoSuchOrigin",
  "NoSuchStreamingDistribution",
  "PreconditionFailed",
  "StreamingDistributionAlreadyExists",
  "StreamingDistributionNotDisabled",
];
const TAGGING_ERRORS = ["InvalidTagging", "NoSuchResource"];

const hasBoto3 = spawnSync(PYTHON, ["-W", "ignore", "-c", "import boto3.session"], { timeout: 60_000 }).status === 0;

interface Report {
  readonly version: string;
  readonly operations: readonly string[];
  readonly waiters: readonly string[];
  readonly errors: readonly string[];
  readonly failure: string | null;
}

/** Runs the program; the lines that it printed, parsed. */
async function runBoto3(
  given: object,
): Promise<{ readonly versions: readonly string[]; readonly reports: readonly Report[] }> {
  const child = spawn(PYTHON, ["-I", "-W", "ignore", PROGRAM], {
    stdio: ["pipe", "pipe", "pipe"],
    timeout: 300_000,
    env: {
      PATH: process.env["PATH"],
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
      AWS_EC2_METADATA_DISABLED: "true",
      NO_PROXY: "*",
    },
  });
  let output = "";
  let errors = "";
  child.stdout.setEncoding("utf8");
  child.stderr.setEncoding("utf8");
  child.stdout.on("data", (text: string) => (output += text));
  child.stderr.on("data", (text: string) => (errors += text));
  child.stdin.end(JSON.stringify(given));
  const [status] = (await once(child, "close")) as [number | null];
  assert.equal(status, 0, errors);
  const [first, ...reports] = output
    .trim()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
  return { versions: (first as { versions: readonly string[] }).versions, reports: reports as Report[] };
}

test(
  "boto3 gets through the life of every resource",
  { skip: hasBoto3 ? false : "python3-boto3 is not installed" },
  async (t) => {
    await using running = await startServiceWithAccounts(API_VERSIONS, ["--propagation-delay-seconds", "1"]);
    const accounts = API_VERSIONS.map((version, index) => {
      const { account, accessKeyId: id, secretAccessKey: secret } = running.accountOf(version);
      return [version, { number: account, id, secret, region: REGIONS[index % REGIONS.length] }] as const;
    });
    const { versions, reports } = await runBoto3({
      endpoint: running.service.apiUrl,
      accounts: Object.fromEntries(accounts),
    });

    await t.test("boto3 has the versions that the server has", () => {
      assert.deepEqual(versions, API_VERSIONS);
    });
    for (const version of API_VERSIONS) {
      await t.test(`with API version ${version}`, () => {
        const report = reports.find((one) => one.version === version);
        assert(report !== undefined, "there is no report");
        if (report.failure !== null) assert.fail(report.failure);
        const { operations } = apiModel(version);
        const carriedOut = Object.keys(OPERATIONS).filter((name) => operations.has(name));
        assert.deepEqual(report.operations, carriedOut.sort());
        assert.deepEqual(report.waiters, WAITERS);
        const tagging = operations.has("TagResource") ? TAGGING_ERRORS : [];
        assert.deepEqual(report.errors, [...ERRORS, ...tagging].sort());
      });
    }
    await t.test("the server met no fault of its own", () => {
      assert.doesNotMatch(running.service.errors(), /error/i);
    });
  },
);
