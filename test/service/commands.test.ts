// The commands as an operator types them, against the whole service, found by its data directory.

import {
  CreateCloudFrontOriginAccessIdentityCommand,
  CreateDistributionCommand,
  CreateOriginAccessControlCommand,
} from "@aws-sdk/client-cloudfront";
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import test from "node:test";
import { newAccessKey } from "../support/new-access-key.ts";
import { cloudFrontClient, openSite, smallConfig } from "../support/distribution.ts";
import { startService } from "../support/running-service.ts";
import { warmfront } from "../support/warmfront-command.ts";

test("status, distributions, invalidate, identities and doctor tell of a service that runs", async (t) => {
  await using service = await startService();
  const here = ["--data-dir", service.dataDirectory];
  assert.match((await warmfront("distributions", ...here)).err, /There are no distributions yet/);
  assert.match((await warmfront("identities", ...here)).err, /There are no origin access identities/);
  await using site = await openSite(service);
  const host = `${site.domain}:${service.edgePort}`;
  const ask = async (): Promise<string> => {
    const headers = { Host: site.domain };
    const [response] = (await once(get({ port: service.edgePort, path: "/a", headers }), "response")) as [
      IncomingMessage,
    ];
    response.resume();
    return String(response.headers["x-cache"]);
  };

  const listed = await warmfront("distributions", ...here);
  assert.equal(listed.status, 0, listed.err);
  assert.match(listed.out, new RegExp(`^ID .*ALIASES\\n${site.id} +${site.domain} +yes +Deployed +localhost +-\\n$`));
  const asJson = JSON.parse((await warmfront("distributions", "--json", ...here)).out) as { id: string }[];
  assert.deepEqual(
    asJson.map(({ id }) => id),
    [site.id],
  );

  // By id, by domain name, and by the beginning of a URL.
  for (const name of [site.id, site.domain.toUpperCase(), `http://${host}/a`]) {
    await ask();
    assert.equal(await ask(), "Hit from cloudfront");
    const run = await warmfront("invalidate", name, "/a", "/b*", ...here);
    assert.equal(await ask(), "Miss from cloudfront");
    assert.equal(run.status, 0, run.err);
    assert.match(
      run.out,
      new RegExp(`^(I[0-9A-Z]+)  2 paths of ${site.id}, made\\n\\1  complete after \\d+\\.\\d s\\n$`),
    );
  }
  const noWait = await warmfront("invalidate", site.id, "/*", "--no-wait", ...here);
  assert.match(noWait.out, /^I[0-9A-Z]+\n$/);

  for (const [words, status, message] of [
    [["nobody.example.com", "/a"], 1, /"nobody.example.com" is no id, domain name or alias/],
    [["EUNKNOWN00000", "/a"], 1, /does not exist/],
    [[site.id], 2, /takes a distribution and one or more paths/],
    [[site.id, "a"], 2, /a path begins with a slash, found "a"/],
  ] as const) {
    const run = await warmfront("invalidate", ...words, ...here);
    assert.equal(run.status, status, run.err);
    assert.match(run.err, message);
  }

  const client = cloudFrontClient(service);
  await client.send(
    new CreateCloudFrontOriginAccessIdentityCommand({
      CloudFrontOriginAccessIdentityConfig: { CallerReference: "one", Comment: "tour\tof it" },
    }),
  );
  await client.send(
    new CreateOriginAccessControlCommand({
      OriginAccessControlConfig: {
        Name: "docs",
        SigningProtocol: "sigv4",
        SigningBehavior: "always",
        OriginAccessControlOriginType: "s3",
      },
    }),
  );
  const identities = await warmfront("identities", ...here);
  assert.match(
    identities.out,
    /^(E\w+) +identity +tour of it +arn:aws:iam::cloudfront:user\/CloudFront Origin Access Identity \1 +-$/m,
  );
  assert.match(identities.out, /^E\w+ +control +docs +cloudfront\.amazonaws\.com +-$/m);

  const status = await warmfront("status", ...here);
  assert.equal(status.status, 0, status.err);
  assert.match(status.out, new RegExp(`^Management API +${service.apiUrl}`, "m"));
  assert.match(status.out, /^Workers +(\d+) of \1$/m);
  const [, viewers = ""] = /^Viewers +(.*)$/m.exec(status.out) ?? [];
  assert.equal(new Set(viewers.split(", ")).size, viewers.split(", ").length, viewers);
  assert.match(status.out, /^Distributions +1$/m);

  const well = await warmfront("doctor", ...here);
  assert.equal(well.status, 0, well.out + well.err);
  assert.match(well.out, new RegExp(`^ok +origins +${site.id}: http://localhost:\\d+ answers$`, "m"));

  // A port that nobody listens at, and a bucket that nobody made.
  const closed = createServer();
  await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
  const { port } = closed.address() as AddressInfo;
  await new Promise((resolve) => closed.close(resolve));
  const config = smallConfig(port);
  await client.send(new CreateDistributionCommand({ DistributionConfig: config }));
  const ill = await warmfront("doctor", ...here);
  assert.equal(ill.status, 1);
  assert.match(
    ill.out,
    new RegExp(`^fault +origins +E\\w+: http://localhost:${port} refused the connection\\n +→ start`, "m"),
  );

  // Of another account nothing is seen.
  const key = newAccessKey(service, "123456789012");
  t.after(() => {
    delete process.env["AWS_ACCESS_KEY_ID"];
    delete process.env["AWS_SECRET_ACCESS_KEY"];
  });
  process.env["AWS_ACCESS_KEY_ID"] = key.accessKeyId;
  process.env["AWS_SECRET_ACCESS_KEY"] = key.secret;
  assert.match((await warmfront("distributions", ...here)).err, /There are no distributions yet/);
  assert.match((await warmfront("invalidate", site.domain, "/a", ...here)).err, /is no id, domain name or alias/);
});

test("without a service each says that none is there, and doctor looks at what a start needs", async () => {
  await using service = await startService();
  const { dataDirectory } = service;
  await service.end();
  const here = ["--data-dir", dataDirectory, "--edge-http-port", "0", "--edge-https-port", "0"];
  const status = await warmfront("status", ...here);
  assert.equal(status.status, 1);
  assert.match(status.err, /no server runs on the data directory/);
  // Whoever names a data directory means no other server, as on the settings' port one may be.
  for (const words of [["distributions"], ["buckets"], ["explain", "http://www.example.com/"], ["tail"]]) {
    const refused = await warmfront(...words, ...here);
    assert.equal(refused.status, 1);
    assert.match(refused.err, /no server runs on the data directory .*, or where its API is with --api-port/);
  }
  const listed = await warmfront("distributions", ...here, "--api-port", String(service.apiPort));
  assert.equal(listed.status, 1);
  assert.match(listed.err, new RegExp(`no server answers at http://127.0.0.1:${service.apiPort}`));

  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as AddressInfo;
  const doctor = await warmfront("doctor", ...here, "--api-port", String(port));
  other.close();
  assert.equal(doctor.status, 1, doctor.err);
  assert.match(doctor.out, /^warning +server +no server runs/m);
  assert.match(
    doctor.out,
    new RegExp(`^fault +ports +port ${port} on 127\\.0\\.0\\.1 is in use by another program`, "m"),
  );
  assert.match(doctor.out, /^ok +certificates +the root .* ends in \d+ days/m);
  assert.match(doctor.out, /^ok +disk .*can be written$/m);
});
