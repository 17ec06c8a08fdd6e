// What was answered with success is there after the whole service was killed in the middle of its work.

import {
  CreateCloudFrontOriginAccessIdentityCommand,
  CreateDistributionCommand,
  GetCloudFrontOriginAccessIdentityCommand,
  GetDistributionCommand,
  waitUntilDistributionDeployed,
} from "@aws-sdk/client-cloudfront";
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { cloudFrontClient, smallConfig } from "../support/distribution.ts";
import { startService } from "../support/running-service.ts";

/** After how many acknowledged writes each round is killed. */
const KILLED_AFTER = [1, 7, 23];
const CALLERS = 8;

test("every acknowledged write survives kill -9, round after round on one data directory", async () => {
  const dataDirectory = mkdtempSync(join(tmpdir(), "warmfront-durability-"));
  const acknowledged = new Map<string, string>();
  try {
    for (const killedAfter of KILLED_AFTER) {
      await using service = await startService([], { dataDirectory });
      const client = cloudFrontClient(service);
      let written = 0;
      let isKilled = false;
      const call = async (): Promise<void> => {
        while (!isKilled) {
          try {
            const comment = `${killedAfter}-${written}`;
            if (written % 2 === 0) {
              const config = { ...smallConfig(80), Comment: comment };
              const made = await client.send(new CreateDistributionCommand({ DistributionConfig: config }));
              acknowledged.set(made.Distribution?.Id ?? "", config.CallerReference ?? "");
            } else {
              const config = { CallerReference: smallConfig(80).CallerReference, Comment: comment };
              const made = await client.send(
                new CreateCloudFrontOriginAccessIdentityCommand({ CloudFrontOriginAccessIdentityConfig: config }),
              );
              acknowledged.set(made.CloudFrontOriginAccessIdentity?.Id ?? "", config.CallerReference ?? "");
            }
            if (++written === killedAfter) service.process.kill("SIGKILL");
          } catch {
            isKilled = true; // the connection broke: nothing was promised
          }
        }
      };
      await Promise.all(Array.from({ length: CALLERS }, call));
      assert(written >= killedAfter);
    }

    await using service = await startService([], { dataDirectory });
    const client = cloudFrontClient(service);
    for (const [id, reference] of acknowledged) {
      const found = await Promise.any([
        client.send(new GetDistributionCommand({ Id: id })).then((got) => got.Distribution?.DistributionConfig),
        client
          .send(new GetCloudFrontOriginAccessIdentityCommand({ Id: id }))
          .then((got) => got.CloudFrontOriginAccessIdentity?.CloudFrontOriginAccessIdentityConfig),
      ]);
      assert.equal(found?.CallerReference, reference);
    }
    assert(acknowledged.size >= 31);
    // The edge catches up with all of it, also with what it had not heard of before the kill.
    const isDistribution = [...acknowledged.keys()].map((id) =>
      client.send(new GetDistributionCommand({ Id: id })).then(() => id),
    );
    const oneDistribution = await Promise.any(isDistribution);
    await waitUntilDistributionDeployed({ client, maxWaitTime: 20, minDelay: 1, maxDelay: 1 }, { Id: oneDistribution });
  } finally {
    rmSync(dataDirectory, { recursive: true, force: true });
  }
});
