// Whether a hit of a hot page costs more where there is more of everything else: stored responses, distributions, behaviors. Two edges in
// turn on one core, alike but for that.

import { startBareEdge, type BareEdgeShape } from "./support/bare-edge.ts";
import type { Bench, Figure } from "./support/bench.ts";
import { browserRequest } from "./support/browser-request.ts";
import { compare } from "./support/rounds.ts";
import { formatSpread, median } from "./support/statistics.ts";

const CONNECTIONS = 64;

const SCALES: readonly { readonly what: string; readonly few: BareEdgeShape; readonly many: BareEdgeShape }[] = [
  { what: "1 and 75 behaviors", few: {}, many: { behaviors: 75 } },
  { what: "1 and 1,000 distributions", few: {}, many: { distributions: 1000 } },
  {
    what: "10 and 1,000,000 stored responses, in memory",
    few: { storedResponses: 10 },
    many: { storedResponses: 1_000_000 },
  },
];

export const hitScale: Bench = {
  name: "hit-scale",
  about: "Hits of a hot page with much or little of everything else.",
  async run() {
    const bytes = browserRequest("/page");
    const load = { connections: CONNECTIONS, request: () => bytes, expectedStatus: 200 };
    const figures: Figure[] = [];
    for (const { what, few, many } of SCALES) {
      await using small = await startBareEdge(few);
      await using large = await startBareEdge(many);
      const { rounds } = await compare(
        {
          one: { processId: large.processId, load: { ...load, port: large.port } },
          other: { processId: small.processId, load: { ...load, port: small.port } },
        },
        { rounds: 7, seconds: 1, warmUpSeconds: 2 },
      );
      const ratios = rounds.map(({ one, other }) => one.cpuMicroseconds / other.cpuMicroseconds);
      const [its, plain] = (["one", "other"] as const).map((who) =>
        median(rounds.map((round) => round[who].cpuMicroseconds)).toFixed(1),
      );
      figures.push({
        what: `a hit of 1 KB, ${what}: CPU time`,
        value: formatSpread(ratios, 2),
        unit: "×",
        wanted: "≤ 1.2",
        how: `${its} µs against ${plain} µs; ${CONNECTIONS} connections, record and counters on, 7 rounds in turn`,
      });
    }
    return figures;
  },
};
