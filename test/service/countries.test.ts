// Geo restriction as an operator has it on a laptop: by the settings of a running service.

import { GetDistributionConfigCommand, UpdateDistributionCommand } from "@aws-sdk/client-cloudfront";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { cloudFrontClient, openSite } from "../support/distribution.ts";
import { startService } from "../support/running-service.ts";
import { view } from "../support/test-origin.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

test("a distribution closed to the country that --local-country names is closed to this machine, and open to others", async () => {
  await using service = await startService(["--local-country", "DE"]);
  await using site = await openSite(service);
  const client = cloudFrontClient(service);
  const restrict = async (RestrictionType: "whitelist" | "blacklist", ...countries: string[]): Promise<number> => {
    const { ETag, DistributionConfig } = await client.send(new GetDistributionConfigCommand({ Id: site.id }));
    assert.ok(DistributionConfig !== undefined);
    const Restrictions = { GeoRestriction: { RestrictionType, Quantity: countries.length, Items: countries } };
    await client.send(
      new UpdateDistributionCommand({
        Id: site.id,
        IfMatch: ETag,
        DistributionConfig: { ...DistributionConfig, Restrictions },
      }),
    );
    const wanted = RestrictionType === "whitelist" ? !countries.includes("DE") : countries.includes("DE");
    // The change is in force within milliseconds of its answer; the test's own time-out bounds the wait.
    for (;;) {
      const { status } = await view(service.edgePort, site.domain, "/a");
      if ((status === 403) === wanted) return status;
    }
  };
  assert.equal((await view(service.edgePort, site.domain, "/a")).status, 200);
  assert.equal(await restrict("whitelist", "FR"), 403);
  assert.equal(await restrict("whitelist", "FR", "DE"), 200);
  assert.equal(await restrict("blacklist", "DE"), 403);

  const url = `http://${site.domain}:${service.edgePort}/a`;
  const explain = (...words: string[]): string =>
    spawnSync(process.execPath, [MAIN, "explain", "--api-port", String(service.apiPort), ...words, url], {
      encoding: "utf8",
      timeout: 30_000,
    }).stdout;
  assert.match(explain(), /GeoRestriction is a blacklist and DE, the viewer's country, is on it/);
  assert.match(explain("--from", "8.8.8.8"), /8\.8\.8\.8 is in US, which the blacklist allows/);
});

test("a country database that cannot be read ends the start with its path", async () => {
  await assert.rejects(startService(["--country-database", "/nowhere/at-all.mmdb"]), (error: Error) => {
    assert.match(error.message, /the country database \/nowhere\/at-all\.mmdb cannot be read: ENOENT/);
    return true;
  });
});
