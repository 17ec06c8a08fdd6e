// A site with a distribution in front of it, made through the API as anyone would, for tests that need one to be there.

import {
  CloudFrontClient,
  CreateDistributionCommand,
  waitUntilDistributionDeployed,
  type DistributionConfig,
} from "@aws-sdk/client-cloudfront";
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { RunningService } from "./running-service.ts";

/** A client of the service under test, as the default user. */
export function cloudFrontClient(service: Pick<RunningService, "apiUrl">): CloudFrontClient {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  return new CloudFrontClient({ endpoint: service.apiUrl, region: "us-east-1", credentials, maxAttempts: 1 });
}

/** The smallest config in front of an origin on this machine. */
export function smallConfig(originPort: number, callerReference: string = randomUUID()): DistributionConfig {
  return {
    CallerReference: callerReference,
    Comment: "",
    Enabled: true,
    Origins: {
      Quantity: 1,
      Items: [
        {
          Id: "site",
          DomainName: "localhost",
          CustomOriginConfig: { HTTPPort: originPort, HTTPSPort: 443, OriginProtocolPolicy: "http-only" },
        },
      ],
    },
    DefaultCacheBehavior: {
      TargetOriginId: "site",
      ViewerProtocolPolicy: "allow-all",
      MinTTL: 0,
      ForwardedValues: { QueryString: false, Cookies: { Forward: "none" } },
    },
  };
}

/** The same config, but that the distribution passes every method on. */
export function withAllMethods(config: DistributionConfig): DistributionConfig {
  const methods = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"] as const;
  const AllowedMethods = { Quantity: methods.length, Items: [...methods] };
  const { DefaultCacheBehavior: behavior = { TargetOriginId: "site", ViewerProtocolPolicy: "allow-all" } } = config;
  return { ...config, DefaultCacheBehavior: { ...behavior, AllowedMethods } };
}

/** Creates a distribution; deployed when it resolves. */
export async function deploy(
  client: CloudFrontClient,
  config: DistributionConfig,
): Promise<{ readonly id: string; readonly domain: string }> {
  const { Distribution } = await client.send(new CreateDistributionCommand({ DistributionConfig: config }));
  const { Id: id = "", DomainName: domain = "" } = Distribution ?? {};
  await waitUntilDistributionDeployed({ client, maxWaitTime: 30, minDelay: 1, maxDelay: 1 }, { Id: id });
  return { id, domain };
}

export interface Site extends AsyncDisposable {
  readonly domain: string;
  readonly id: string;
  /** Resolves with the path of the next request to the origin. */
  nextAsked(): Promise<string>;
  /** Lets the origin answer, where it was opened with `isHeld`. */
  release(): void;
}

/** Answers `page <path>` to everything, cacheable for five minutes; deployed when it resolves. */
export async function openSite(
  service: Pick<RunningService, "apiUrl">,
  given: { readonly isHeld?: boolean } = {},
): Promise<Site> {
  const held = Promise.withResolvers<void>();
  if (given.isHeld !== true) held.resolve();
  let asked = Promise.withResolvers<string>();
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    asked.resolve(path);
    void held.promise.then(() => response.writeHead(200, { "Cache-Control": "max-age=300" }).end(`page ${path}`));
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", listening.resolve);
  await listening.promise;

  const client = cloudFrontClient(service);
  const { id, domain } = await deploy(client, smallConfig((server.address() as AddressInfo).port));
  return {
    id,
    domain,
    async nextAsked() {
      const path = await asked.promise;
      asked = Promise.withResolvers<string>();
      return path;
    },
    release: () => held.resolve(),
    async [Symbol.asyncDispose]() {
      held.resolve();
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
    },
  };
}
