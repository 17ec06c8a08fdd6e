// What other answers from memory cost, held against a plain hit of the same page on the same edge: that the viewer has it, a range of it,
// its compressed variant.

import { PAGE_TAG, startBareEdge } from "./support/bare-edge.ts";
import type { Bench, Figure } from "./support/bench.ts";
import { browserRequest } from "./support/browser-request.ts";
import { runLoad } from "./support/load-generator.ts";
import { compare } from "./support/rounds.ts";
import { formatSpread, median } from "./support/statistics.ts";

const CONNECTIONS = 64;
/** Many and short: what else a machine does comes and goes within seconds. */
const ROUNDS = 41;
const PAGE = "/page";
const GZIP = "Accept-Encoding: gzip, deflate, br, zstd";

interface Kind {
  readonly what: string;
  readonly status: number;
  /** Fields beside those of a plain hit, of one request and the next, in turn. */
  readonly fields: readonly (readonly string[])[];
  readonly wanted?: string;
}

const KINDS: readonly Kind[] = [
  { what: "304, by If-None-Match", status: 304, fields: [[`If-None-Match: ${PAGE_TAG}`]], wanted: "≤ 1.3" },
  { what: "a range of 512 bytes", status: 206, fields: [["Range: bytes=100-611"]], wanted: "≤ 1.3" },
  { what: "the gzip variant", status: 200, fields: [[GZIP]], wanted: "≤ 1.3" },
  // No request has the header block of the one before it on its connection.
  {
    what: "a range of 512 bytes, each time another",
    status: 206,
    fields: Array.from({ length: 501 }, (_, first) => [`Range: bytes=${first}-${first + 511}`]),
  },
];

export const hitKinds: Bench = {
  name: "hit-kinds",
  about: "304, a range and a gzip variant, against a plain hit.",
  async run() {
    await using edge = await startBareEdge();
    const { processId, port } = edge;
    const load = ({ status: expectedStatus, fields }: Pick<Kind, "status" | "fields">) => {
      const requests = fields.map((each) => browserRequest(PAGE, ...each));
      return {
        port,
        connections: CONNECTIONS,
        request: (index: number) => requests[index % requests.length],
        expectedStatus,
      };
    };
    const plain = load({ status: 200, fields: [[]] });
    // Both variants are stored before anything is measured.
    for (const each of [plain, load({ status: 200, fields: [[GZIP]] })])
      await runLoad({ ...each, connections: 1, seconds: 0.2 });
    const figures: Figure[] = [];
    for (const kind of KINDS) {
      const { what, wanted } = kind;
      const { rounds } = await compare(
        { one: { processId, load: load(kind) }, other: { processId, load: plain } },
        { rounds: ROUNDS, seconds: 0.4, warmUpSeconds: 1 },
      );
      const ratios = rounds.map(({ one, other }) => one.cpuMicroseconds / other.cpuMicroseconds);
      const [its, whole] = (["one", "other"] as const).map((who) =>
        median(rounds.map((round) => round[who].cpuMicroseconds)).toFixed(1),
      );
      figures.push({
        what: `${what}: CPU time over that of a plain hit of 1 KB`,
        value: formatSpread(ratios, 2),
        unit: "×",
        ...(wanted !== undefined && { wanted }),
        how: `${its} µs against ${whole} µs; ${CONNECTIONS} connections, record and counters on, ${ROUNDS} rounds in turn`,
      });
    }
    return figures;
  },
};
