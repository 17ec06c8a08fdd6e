// What other answers from memory cost, held against a plain hit of the same page on the same edge: that the viewer has it, a range of it,
// its compressed variant.

import { PAGE_TAG, startBareEdge } from "./support/bare-edge.ts";
import type { Bench, Figure } from "./support/bench.ts";
import { browserRequest } from "./support/browser-request.ts";
import { runLoad } from "./support/load-generator.ts";
import { compare } from "./support/rounds.ts";
import { formatSpread, median } from "./support/statistics.ts";

const CONNECTIONS = 64;
const PAGE = "/page";
const GZIP = "Accept-Encoding: gzip, deflate, br, zstd";

const KINDS = [
  { what: "304, by If-None-Match", fields: [`If-None-Match: ${PAGE_TAG}`], status: 304 },
  { what: "a range of 512 bytes", fields: ["Range: bytes=100-611"], status: 206 },
  { what: "the gzip variant", fields: [GZIP], status: 200 },
] as const;

export const hitKinds: Bench = {
  name: "hit-kinds",
  about: "304, a range and a gzip variant, against a plain hit.",
  async run() {
    await using edge = await startBareEdge();
    const { processId, port } = edge;
    const load = (expectedStatus: number, fields: readonly string[]) => {
      const bytes = browserRequest(PAGE, ...fields);
      return { port, connections: CONNECTIONS, request: () => bytes, expectedStatus };
    };
    // Both variants are stored before anything is measured.
    for (const fields of [[], [GZIP]]) await runLoad({ ...load(200, fields), connections: 1, seconds: 0.2 });
    const figures: Figure[] = [];
    for (const { what, fields, status } of KINDS) {
      const { rounds } = await compare(
        { one: { processId, load: load(status, fields) }, other: { processId, load: load(200, []) } },
        { rounds: 7, seconds: 1, warmUpSeconds: 1 },
      );
      const ratios = rounds.map(({ one, other }) => one.cpuMicroseconds / other.cpuMicroseconds);
      const [its, plain] = (["one", "other"] as const).map((who) =>
        median(rounds.map((round) => round[who].cpuMicroseconds)).toFixed(1),
      );
      figures.push({
        what: `${what}: CPU time over that of a plain hit of 1 KB`,
        value: formatSpread(ratios, 2),
        unit: "×",
        wanted: "≤ 1.3",
        how: `${its} µs against ${plain} µs; ${CONNECTIONS} connections, record and counters on, 7 rounds in turn`,
      });
    }
    return figures;
  },
};
