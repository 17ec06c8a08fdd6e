// `npm run example`: a web site behind the edge, with the AWS SDK as anyone would use it. Serves this project's documents
// from a small web server, creates an identity and a distribution, asks for a page until it is a hit, invalidates it,
// asks again, and removes everything that it made. Wants a server that was started with `npm start`.

import {
  CloudFrontClient,
  CreateCloudFrontOriginAccessIdentityCommand,
  CreateDistributionCommand,
  CreateInvalidationCommand,
  DeleteCloudFrontOriginAccessIdentityCommand,
  DeleteDistributionCommand,
  GetDistributionCommand,
  UpdateDistributionCommand,
  waitUntilDistributionDeployed,
  waitUntilInvalidationCompleted,
} from "@aws-sdk/client-cloudfront";
import { readFile } from "node:fs/promises";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { basename } from "node:path";

const endpoint = process.env["AWS_ENDPOINT_URL"] ?? "http://127.0.0.1:7400";
const edgePort = Number(process.env["WARMFRONT_EDGE_HTTP_PORT"] ?? 7480);
const region = process.env["AWS_DEFAULT_REGION"] ?? "us-east-1";
const credentials = {
  accessKeyId: process.env["AWS_ACCESS_KEY_ID"] ?? "test",
  secretAccessKey: process.env["AWS_SECRET_ACCESS_KEY"] ?? "test",
};
const PAGE = "/architecture.md";
const WAIT = { maxWaitTime: 60, minDelay: 1, maxDelay: 2 };

/** The documents of this project as a web site that counts how often it is asked. */
async function openSite(): Promise<{ port: number; asked: () => number; close: () => void }> {
  let asked = 0;
  const server = createServer((incoming, response) => {
    asked++;
    const file = new URL(`../docs/${basename(incoming.url ?? "")}`, import.meta.url);
    readFile(file).then(
      (bytes) =>
        response.writeHead(200, { "Content-Type": "text/markdown", "Cache-Control": "max-age=300" }).end(bytes),
      () => response.writeHead(404).end("no such page\n"),
    );
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", listening.resolve);
  await listening.promise;
  return { port: (server.address() as AddressInfo).port, asked: () => asked, close: () => void server.close() };
}

/** Asks the edge as a viewer would. Node does not resolve names below localhost by itself, so the Host is set by hand. */
async function view(domain: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const asking = request({ host: "127.0.0.1", port: edgePort, path: PAGE, headers: { Host: domain } }, (response) => {
    response.resume();
    response.once("end", () => resolve(`${response.statusCode} ${String(response.headers["x-cache"])}`));
    response.once("error", reject);
  });
  asking.once("error", reject);
  asking.end();
  return promise;
}

const say = (what: string): void => void process.stdout.write(`${what}\n`);

const client = new CloudFrontClient({ endpoint, region, credentials });
const site = await openSite();
const reference = `example-${Date.now()}`;
try {
  const identity = await client.send(
    new CreateCloudFrontOriginAccessIdentityCommand({
      CloudFrontOriginAccessIdentityConfig: { CallerReference: reference, Comment: "example" },
    }),
  );
  const identityId = identity.CloudFrontOriginAccessIdentity?.Id;
  say(`identity      ${identityId}`);

  const created = await client.send(
    new CreateDistributionCommand({
      DistributionConfig: {
        CallerReference: reference,
        Comment: "example",
        Enabled: true,
        Origins: {
          Quantity: 1,
          Items: [
            {
              Id: "site",
              DomainName: "localhost",
              CustomOriginConfig: { HTTPPort: site.port, HTTPSPort: 443, OriginProtocolPolicy: "http-only" },
            },
          ],
        },
        DefaultCacheBehavior: {
          TargetOriginId: "site",
          ViewerProtocolPolicy: "allow-all",
          MinTTL: 0,
          ForwardedValues: { QueryString: false, Cookies: { Forward: "none" } },
        },
      },
    }),
  );
  const { Id: id = "", DomainName: domain = "" } = created.Distribution ?? {};
  say(`distribution  ${id}  http://${domain}:${edgePort}${PAGE}`);
  await waitUntilDistributionDeployed({ client, ...WAIT }, { Id: id });
  say("deployed");

  say(`first         ${await view(domain)}`);
  say(`second        ${await view(domain)}`);

  const invalidation = await client.send(
    new CreateInvalidationCommand({
      DistributionId: id,
      InvalidationBatch: { CallerReference: reference, Paths: { Quantity: 1, Items: [PAGE] } },
    }),
  );
  const invalidationId = invalidation.Invalidation?.Id ?? "";
  await waitUntilInvalidationCompleted({ client, ...WAIT }, { DistributionId: id, Id: invalidationId });
  say(`invalidated   ${PAGE}`);
  say(`third         ${await view(domain)}`);
  say(`the web site was asked ${site.asked()} times for 3 views`);

  const { ETag: IfMatch, Distribution } = await client.send(new GetDistributionCommand({ Id: id }));
  const disabled = await client.send(
    new UpdateDistributionCommand({
      Id: id,
      IfMatch,
      DistributionConfig: { ...Distribution?.DistributionConfig, Enabled: false } as never,
    }),
  );
  await waitUntilDistributionDeployed({ client, ...WAIT }, { Id: id });
  await client.send(new DeleteDistributionCommand({ Id: id, IfMatch: disabled.ETag }));
  await client.send(new DeleteCloudFrontOriginAccessIdentityCommand({ Id: identityId, IfMatch: identity.ETag }));
  say("removed what was made");
} catch (error) {
  const isAway = error instanceof Error && "code" in error && error.code === "ECONNREFUSED";
  process.stderr.write(
    isAway ? `no server answers at ${endpoint}: run npm start in another terminal first\n` : `${String(error)}\n`,
  );
  process.exitCode = 1;
} finally {
  site.close();
}
