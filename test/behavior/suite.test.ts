// The behavior suite as its users start it, at a service of its own.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { CloudFront } from "@aws-sdk/client-cloudfront";
import { startService } from "../support/running-service.ts";

const SUITE = fileURLToPath(new URL("../../tools/behavior.ts", import.meta.url));

interface Ended {
  readonly status: number;
  readonly report: string;
}

/** Under no test runner's eyes: it is one itself, and would refuse to be one inside another. */
function playAt(...flags: readonly string[]): Promise<Ended> {
  const env = { ...process.env };
  delete env["NODE_TEST_CONTEXT"];
  return new Promise((resolve) => {
    execFile(process.execPath, [SUITE, ...flags], { env, timeout: 120_000 }, (error, report) => {
      resolve({ status: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, report });
    });
  });
}

test("what holds behind the edge's own listener holds at a running service, and nothing is left there", async () => {
  await using service = await startService();
  const edge = `http://127.0.0.1:${service.edgePort}`;
  const { status, report } = await playAt(
    "--api",
    service.apiUrl,
    "--edge",
    edge,
    "--wait-max",
    "1",
    "--page",
    "routing",
  );
  assert.equal(status, 0, report);

  const [, same = "0", differ] = /^(\d+) same, (\d+) differ/m.exec(report) ?? [];
  assert(Number(same) >= 5 && differ === "0", report);
  const client = new CloudFront({
    endpoint: service.apiUrl,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  const { DistributionList } = await client.listDistributions({});
  assert.equal(DistributionList?.Quantity, 0);
});

test("HTTPS and HTTP/2 are played where viewers find them, and the report has a line per rule with its sources", async () => {
  await using service = await startService();
  const [edge, edgeHttps] = [`http://127.0.0.1:${service.edgePort}`, `https://127.0.0.1:${service.edgeHttpsPort}`];
  const flags = ["--api", service.apiUrl, "--edge", edge, "--edge-https", edgeHttps, "--page", "secure-viewers"];
  const { status, report } = await playAt(...flags);
  assert.equal(status, 0, report);
  assert.match(
    report,
    /^2\.3 {2}Versions of HTTP\n {2}same +3 of 3 {2}HTTP\/2 is served over TLS .*\[RFC 9113 §8\.1\]/m,
  );
  // Their certificates are uploaded.
  assert.match(report, /^ {2}same .*A policy's lowest version is held/m);
});

test("an edge that behaves otherwise is told rule by rule", async () => {
  await using service = await startService();
  // No edge at all: the management API does not speak for viewers.
  const flags = ["--api", service.apiUrl, "--edge", service.apiUrl, "--wait-max", "1", "--page", "ranges"];
  const { status, report } = await playAt(...flags);
  assert.equal(status, 1, report);
  assert.match(report, /DIFFERS/);
});
