// ListDistributions of a full page, with the account holding that page only and with it holding ten thousand: what a page
// costs must not grow with what is stored.

import { fillDirectory, startBenchService } from "./support/bench-service.ts";
import type { Bench } from "./support/bench.ts";
import { compare } from "./support/rounds.ts";
import { repeatSigned } from "./support/signed-requests.ts";
import { formatSpread, median } from "./support/statistics.ts";

const FEW = 100;
const MANY = 10_000;

export const listDistributions: Bench = {
  name: "list-distributions",
  about: `ListDistributions of ${FEW} with ${MANY} in the store, against the same with ${FEW}.`,
  async run() {
    using fewDirectory = await fillDirectory(FEW);
    using manyDirectory = await fillDirectory(MANY);
    await using few = await startBenchService({ dataDirectory: fewDirectory.path });
    await using many = await startBenchService({ dataDirectory: manyDirectory.path });
    const [one, other] = [few, many].map((service) => ({
      processId: service.controlId,
      load: {
        port: service.apiPort,
        connections: 4,
        request: repeatSigned(service.apiPort, "GET", `/2020-05-31/distribution?MaxItems=${FEW}`),
        expectedStatus: 200,
      },
    }));
    if (one === undefined || other === undefined) throw new Error("two services were started");
    const { rounds } = await compare({ one, other }, { rounds: 7, seconds: 0.8, warmUpSeconds: 1.5 });
    const milliseconds = (of: "one" | "other"): string =>
      median(rounds.map((round) => round[of].cpuMicroseconds / 1000)).toFixed(2);
    const cpu = median(rounds.map((round) => round.other.cpuMicroseconds / round.one.cpuMicroseconds)).toFixed(2);
    return [
      {
        what: `ListDistributions of ${FEW}: time with ${MANY} stored over time with ${FEW}`,
        value: formatSpread(
          rounds.map((round) => round.one.perSecond / round.other.perSecond),
          2,
        ),
        unit: "×",
        wanted: "≤ 1.3",
        how: `4 connections, 7 rounds in turn; by CPU time ${cpu}: ${milliseconds("other")} ms against ${milliseconds("one")} ms`,
      },
    ];
  },
};
