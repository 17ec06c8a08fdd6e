// What the edge does from its memory: hits of 1 KB over kept connections, on one core, against the most that node:http can
// do with the same bytes on that core. Other proxies are not compared here yet.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { answerOf, startBareServer } from "./support/bare-server.ts";
import { ask, createDistribution, startBenchService, viewOnce } from "./support/bench-service.ts";
import type { Bench } from "./support/bench.ts";
import { compare } from "./support/rounds.ts";
import { formatSpread, median } from "./support/statistics.ts";

const CONNECTIONS = 64;
const TRIES = 200;

export const cacheHit: Bench = {
  name: "cache-hit",
  about: "Cache hits of 1 KB at the edge, on one core.",
  async run() {
    await using origin = await openOrigin();
    await using service = await startBenchService();
    await createDistribution(service, origin.port);
    const list = await (await ask(service, "/2020-05-31/distribution")).text();
    const host = /<DomainName>(d\w+\.[\w.]+)<\/DomainName>/.exec(list)?.[1] ?? "";
    const answer = await waitForHit(service.edgePort, host);
    await using bare = await startBareServer(await answerOf(answer));

    const bytes = Buffer.from(`GET /page HTTP/1.1\r\nhost: ${host}\r\nuser-agent: bench\r\naccept: */*\r\n\r\n`);
    const load = { connections: CONNECTIONS, request: () => bytes, expectedStatus: 200 };
    const { rounds } = await compare(
      {
        one: { processId: service.edgeId, load: { ...load, port: service.edgePort } },
        other: { processId: bare.processId, load: { ...load, port: bare.port } },
      },
      { rounds: 5, seconds: 1.2, warmUpSeconds: 2 },
    );
    const perSecond = rounds.map(({ one }) => one.perSecond);
    const share = median(rounds.map(({ one, other }) => one.perSecond / other.perSecond)).toFixed(2);
    const cpu = median(rounds.map(({ one }) => one.cpuMicroseconds)).toFixed(0);
    return [
      {
        what: "cache hit of 1 KB",
        value: formatSpread(perSecond, 0),
        unit: "requests/s",
        how: `${CONNECTIONS} connections, one core, ${cpu} µs of CPU each; ${share} of bare \`node:http\` in turn with it`,
      },
    ];
  },
};

/** The edge learns of a distribution a moment after the API has answered, and has nothing stored at first. */
async function waitForHit(edgePort: number, host: string): Promise<Response> {
  for (let tried = 0; tried < TRIES; tried++) {
    const answer = await viewOnce(edgePort, host, "/page");
    if (answer.headers.get("x-cache")?.startsWith("Hit") === true) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("the edge never answered with a hit");
}

async function openOrigin(): Promise<{ readonly port: number } & AsyncDisposable> {
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
