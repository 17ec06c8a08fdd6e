// A server of the test's own with a distribution in front of it, deployed through the API of a running service: what
// programs that are viewers are pointed at.

import {
  CreateDistributionCommand,
  waitUntilDistributionDeployed,
  type DefaultCacheBehavior,
  type DistributionConfig,
} from "@aws-sdk/client-cloudfront";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { cloudFrontClient, smallConfig } from "../support/distribution.ts";
import type { RunningService } from "../support/running-service.ts";

export interface Fronted extends AsyncDisposable {
  readonly id: string;
  readonly domain: string;
  /** Where viewers find it, without a path: `http://<domain>:<port>`, the host leading to this machine. */
  readonly http: string;
  readonly https: string;
  /** The origin's own server, for what is not a request (`upgrade`). */
  readonly server: Server;
  /** Requests that came to the origin so far, in order. */
  readonly asked: readonly IncomingMessage[];
}

export interface Changes {
  readonly config?: Partial<DistributionConfig>;
  readonly behavior?: Partial<DefaultCacheBehavior>;
}

/** For behaviors that take uploads. */
export const ALL_METHODS: NonNullable<DefaultCacheBehavior["AllowedMethods"]> = {
  Quantity: 7,
  Items: ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"],
  CachedMethods: { Quantity: 2, Items: ["GET", "HEAD"] },
};

export async function openFronted(
  service: RunningService,
  answer: RequestListener,
  { config = {}, behavior = {} }: Changes = {},
): Promise<Fronted> {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const small = smallConfig((server.address() as AddressInfo).port);
  const client = cloudFrontClient(service);
  const { Distribution } = await client.send(
    new CreateDistributionCommand({
      DistributionConfig: {
        ...small,
        ...config,
        DefaultCacheBehavior: { ...small.DefaultCacheBehavior, ...behavior } as DefaultCacheBehavior,
      },
    }),
  );
  const { Id: id = "", DomainName: domain = "" } = Distribution ?? {};
  await waitUntilDistributionDeployed({ client, maxWaitTime: 30, minDelay: 0.05, maxDelay: 0.2 }, { Id: id });
  return {
    id,
    domain,
    http: `http://${domain}:${service.edgePort}`,
    https: `https://${domain}:${service.edgeHttpsPort}`,
    server,
    asked,
    async [Symbol.asyncDispose]() {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
    },
  };
}
