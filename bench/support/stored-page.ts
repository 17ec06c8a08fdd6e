// A page of 1 KB behind a distribution, stored at the edge: what most benches of the edge ask for.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ask, createDistribution, viewOnce, type BenchService } from "./bench-service.ts";

const TRIES = 200;

export interface BenchOrigin extends AsyncDisposable {
  readonly port: number;
}

export async function openBenchOrigin(): Promise<BenchOrigin> {
  const body = "x".repeat(1024);
  const server = createServer((_request, response) =>
    response.writeHead(200, { "Content-Type": "text/plain", "Cache-Control": "max-age=600" }).end(body),
  );
  const listening = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", listening.resolve);
  await listening.promise;
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
    },
  };
}

/** A distribution in front of the origin, and its host name. */
export async function distributionBefore(service: BenchService, originPort: number): Promise<string> {
  await createDistribution(service, originPort);
  const list = await (await ask(service, "/2020-05-31/distribution")).text();
  return /<DomainName>(d\w+\.[\w.]+)<\/DomainName>/.exec(list)?.[1] ?? "";
}

/** The first hit of the page. The edge learns of a distribution a moment after the API has answered, and has nothing stored at first. */
export async function waitForHit(edgePort: number, host: string): Promise<Response> {
  for (let tried = 0; tried < TRIES; tried++) {
    const answer = await viewOnce(edgePort, host, "/page");
    if (answer.headers.get("x-cache")?.startsWith("Hit") === true) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("the edge never answered with a hit");
}
