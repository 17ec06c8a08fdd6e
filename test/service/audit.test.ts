// The audit log of the whole service: written before the caller has its answer, and rotated by a reload.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { CreateCloudFrontOriginAccessIdentityCommand } from "@aws-sdk/client-cloudfront";
import { readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { cloudFrontClient } from "../support/distribution.ts";
import { processesOf, startService } from "../support/running-service.ts";
import { until, untilSaid } from "../support/until.ts";

interface Line {
  readonly created: string;
  readonly from: string;
}

const linesOf = (path: string): Line[] =>
  readFileSync(path, "utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);

test(
  "every call that was answered has its line, although the process is killed behind it, and a file that was renamed is left",
  { timeout: 60_000 },
  async () => {
    await using folder = await startService(); // for a folder that is removed
    const path = join(folder.dataDirectory, "audit.log");
    await using service = await startService(["--audit-log", path, "--log-level", "debug"]);
    const client = cloudFrontClient(service);
    const create = async (): Promise<string> => {
      const config = { CallerReference: randomUUID(), Comment: "" };
      const command = new CreateCloudFrontOriginAccessIdentityCommand({ CloudFrontOriginAccessIdentityConfig: config });
      return (await client.send(command)).CloudFrontOriginAccessIdentity?.Id ?? "";
    };
    const first = await create();
    const [api = 0] = processesOf(service, "api");
    process.kill(api, "SIGKILL");
    assert.deepEqual(
      linesOf(path).map(({ created, from }) => [created, from]),
      [[first, "127.0.0.1"]],
    );
    const health = (): Promise<boolean> =>
      fetch(`${service.apiUrl}/_warmfront/health`).then(
        ({ ok }) => ok,
        () => false,
      );
    while (!(await health())) continue;
    const second = await create();
    renameSync(path, `${path}.1`);
    service.process.kill("SIGHUP");
    await untilSaid(service, "reloaded:");
    await until(() => linesOf(`${path}.1`).length === 2);
    const third = await create();
    assert.deepEqual(
      linesOf(`${path}.1`).map(({ created }) => created),
      [first, second],
    );
    assert.deepEqual(
      linesOf(path).map(({ created }) => created),
      [third],
    );
  },
);

test("an audit log that cannot be opened is told at the start", { timeout: 60_000 }, async () => {
  await assert.rejects(
    startService(["--audit-log", "/nowhere/at/all"]),
    /audit log \/nowhere\/at\/all cannot be opened/,
  );
});
