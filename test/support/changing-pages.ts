// Pages that change while they are served, and viewers who know what they may be shown: never another page, and nothing older than what
// an acknowledged change has left. For services whose workers are killed meanwhile.

import { CreateInvalidationCommand, waitUntilInvalidationCompleted } from "@aws-sdk/client-cloudfront";
import { Agent, createServer, request as httpRequest, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { cloudFrontClient, deploy, smallConfig, withAllMethods } from "./distribution.ts";
import type { RunningService } from "./running-service.ts";

export interface ChangingPages extends AsyncDisposable {
  readonly domain: string;
  /** Reads a page and holds the answer against what it may be. */
  read(page: number): Promise<void>;
  /** Changes a page by a PUT through the edge. */
  put(page: number): Promise<void>;
  /** Changes a page behind the edge's back, and invalidates it. */
  invalidate(page: number): Promise<void>;
  readonly seen: Seen;
}

export interface Seen {
  answered: number;
  /** Connections that broke before the answer was whole: their worker was killed. */
  broken: number;
  acknowledged: number;
  /** Requests that were not over in time, answers older than an acknowledged change, answers that are another page's. */
  readonly faults: string[];
}

/** No worker is away for so long that an answer could take as long. */
const HANGS_AFTER_MS = 12_000;

interface Page {
  /** As the origin has it. */
  version: number;
  /** No answer to a request that begins now may be of a lower one. */
  floor: number;
  /** What has set it. */
  by: "a PUT" | "an invalidation" | "nothing";
}

export async function openChangingPages(
  service: Pick<RunningService, "apiUrl" | "edgePort">,
  count: number,
  lengthOf: (page: number) => number,
  keepsConnections = true,
): Promise<ChangingPages> {
  const pages = Array.from({ length: count }, (): Page => ({ version: 1, floor: 0, by: "nothing" }));
  const seen: Seen = { answered: 0, broken: 0, acknowledged: 0, faults: [] };
  const server = createServer((request, response) => {
    const index = Number(/^\/(\d+)$/.exec(request.url ?? "")?.[1]);
    const page = pages[index];
    request.resume();
    if (page === undefined) return void response.writeHead(404).end();
    if (request.method === "PUT") return void response.end(`${index} ${++page.version}`);
    const head = `${index} ${page.version} `;
    response.writeHead(200, { "Cache-Control": "max-age=3600" }).end(head.padEnd(lengthOf(index), String(index % 10)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const client = cloudFrontClient(service);
  const { id: Id, domain } = await deploy(client, withAllMethods(smallConfig((server.address() as AddressInfo).port)));
  const agent = new Agent({ keepAlive: keepsConnections });

  /** `undefined`: the connection broke. */
  async function ask(method: "GET" | "PUT", index: number): Promise<{ status: number; body: string } | undefined> {
    const { promise, resolve } = Promise.withResolvers<{ status: number; body: string } | undefined>();
    const broke = (): void => resolve(undefined);
    const asking = httpRequest(
      { agent, host: "127.0.0.1", port: service.edgePort, path: `/${index}`, method, headers: { Host: domain } },
      (response: IncomingMessage) => {
        let body = "";
        response.setEncoding("latin1");
        response.on("data", (text: string) => (body += text));
        response.once("end", () => resolve(response.complete ? { status: response.statusCode ?? 0, body } : undefined));
        response.once("error", broke);
        response.once("close", broke);
      },
    );
    asking.once("error", broke);
    asking.end();
    const late = setTimeout(() => {
      seen.faults.push(`${method} /${index} was not over after ${HANGS_AFTER_MS} ms`);
      asking.destroy();
    }, HANGS_AFTER_MS);
    const answer = await promise;
    clearTimeout(late);
    if (answer === undefined) {
      seen.broken++;
      await wait(5);
    }
    return answer;
  }

  function acknowledge(page: Page, version: number, by: Page["by"]): void {
    if (version > page.floor) Object.assign(page, { floor: version, by });
    seen.acknowledged++;
  }

  const pageOf = (index: number): Page => {
    const page = pages[index];
    if (page === undefined) throw new Error(`there is no page ${index}`);
    return page;
  };

  return {
    domain,
    seen,
    async read(index) {
      const { floor, by } = pageOf(index);
      const answer = await ask("GET", index);
      if (answer === undefined) return;
      const { status, body } = answer;
      const [, of, version] = /^(\d+) (\d+) /.exec(body) ?? [];
      const isWhole = body.length === Math.max(lengthOf(index), `${of} ${version} `.length);
      if (status !== 200 || Number(of) !== index || !isWhole) {
        seen.faults.push(`GET /${index} was answered ${status} with ${body.length} bytes: ${body.slice(0, 40)}`);
      } else if (Number(version) < floor) {
        seen.faults.push(
          `GET /${index} was answered with version ${version} after ${by} of ${floor} had been acknowledged`,
        );
      }
      seen.answered++;
    },
    async put(index) {
      const answer = await ask("PUT", index);
      const [, version] = /^\d+ (\d+)$/.exec(answer?.body ?? "") ?? [];
      if (answer?.status === 200 && version !== undefined) acknowledge(pageOf(index), Number(version), "a PUT");
    },
    async invalidate(index) {
      const page = pageOf(index);
      const version = ++page.version;
      const { Invalidation } = await client.send(
        new CreateInvalidationCommand({
          DistributionId: Id,
          InvalidationBatch: {
            CallerReference: `${index} ${version}`,
            Paths: { Quantity: 1, Items: [`/${index}`] },
          },
        }),
      );
      await waitUntilInvalidationCompleted(
        { client, maxWaitTime: 60, minDelay: 1, maxDelay: 1 },
        { DistributionId: Id, Id: Invalidation?.Id },
      );
      acknowledge(page, version, "an invalidation");
    },
    async [Symbol.asyncDispose]() {
      agent.destroy();
      client.destroy();
      server.close();
      server.closeAllConnections();
    },
  };
}
