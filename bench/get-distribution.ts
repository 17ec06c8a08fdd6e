// GetDistribution, signed anew each time, against the most that node:http can do with the same bytes on the same core.

import { answerOf, startBareServer } from "./support/bare-server.ts";
import { ask, createDistribution, startBenchService } from "./support/bench-service.ts";
import type { Bench } from "./support/bench.ts";
import { compare } from "./support/rounds.ts";
import { repeatSigned } from "./support/signed-requests.ts";
import { formatSpread, median } from "./support/statistics.ts";

const CONNECTIONS = 32;

export const getDistribution: Bench = {
  name: "get-distribution",
  about: "GetDistribution, signed, against bare node:http answering the same bytes on one core.",
  async run() {
    await using service = await startBenchService();
    await createDistribution(service);
    const list = await (await ask(service, "/2020-05-31/distribution")).text();
    const target = `/2020-05-31/distribution/${/<Id>(E\w+)<\/Id>/.exec(list)?.[1]}`;
    await using bare = await startBareServer(await answerOf(await ask(service, target)));

    const request = repeatSigned(service.apiPort, "GET", target);
    const load = { connections: CONNECTIONS, request, expectedStatus: 200 };
    const { rounds } = await compare(
      {
        one: { processId: service.controlId, load: { ...load, port: service.apiPort } },
        other: { processId: bare.processId, load: { ...load, port: bare.port } },
      },
      { rounds: 7, seconds: 1.2, warmUpSeconds: 4 },
    );
    const how = `${CONNECTIONS} connections, 7 rounds in turn`;
    const perSecond = rounds.map(({ one }) => one.perSecond);
    const bareMedian = median(rounds.map(({ other }) => other.perSecond)).toFixed(0);
    const cpu = median(rounds.map(({ one, other }) => other.cpuMicroseconds / one.cpuMicroseconds));
    const [ours, theirs] = [rounds.map(({ one }) => one), rounds.map(({ other }) => other)].map((side) =>
      median(side.map(({ cpuMicroseconds }) => cpuMicroseconds)).toFixed(0),
    );
    return [
      {
        what: "GetDistribution, signed: share of bare `node:http`",
        value: formatSpread(
          rounds.map(({ one, other }) => one.perSecond / other.perSecond),
          2,
        ),
        unit: "× requests/s",
        wanted: "≥ 0.33",
        how: `${how}; by CPU time ${cpu.toFixed(2)}: ${ours} µs against ${theirs} µs a request`,
      },
      {
        what: "GetDistribution, signed",
        value: formatSpread(perSecond, 0),
        unit: "requests/s",
        how: `one core; bare \`node:http\` ${bareMedian}`,
      },
    ];
  },
};
