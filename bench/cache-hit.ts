// What the edge does from its memory: hits of 1 KB over kept connections, on one core, against the most that node:http can
// do with the same bytes on that core. Other proxies are not compared here yet.

import { answerOf, startBareServer } from "./support/bare-server.ts";
import { startBenchService } from "./support/bench-service.ts";
import type { Bench } from "./support/bench.ts";
import { compare } from "./support/rounds.ts";
import { formatSpread, median } from "./support/statistics.ts";
import { distributionBefore, openBenchOrigin, waitForHit } from "./support/stored-page.ts";

const CONNECTIONS = 64;

export const cacheHit: Bench = {
  name: "cache-hit",
  about: "Cache hits of 1 KB at the edge, on one core.",
  async run() {
    await using origin = await openBenchOrigin();
    await using service = await startBenchService();
    const host = await distributionBefore(service, origin.port);
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
