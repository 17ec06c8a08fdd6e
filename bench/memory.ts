// Resident memory of the processes: as they start, with nothing stored and with ten thousand distributions in the
// store and in force at the edge.

import { fillDirectory, startBenchService, type BenchService } from "./support/bench-service.ts";
import type { Bench, Figure } from "./support/bench.ts";
import { residentMegabytes } from "./support/machine.ts";

/** After the start V8 gives back what it needed for it; then the figure stands. */
const SETTLE_MS = 3000;

export const memory: Bench = {
  name: "memory",
  about: "Resident memory of control and edge, with 0 and with 10,000 distributions.",
  async run() {
    const figures: Figure[] = [];
    for (const distributions of [0, 10_000]) {
      if (distributions === 0) {
        await using service = await startBenchService();
        figures.push(await measure(service, "no distribution"));
      } else {
        using directory = await fillDirectory(distributions);
        await using service = await startBenchService({ dataDirectory: directory.path });
        figures.push(await measure(service, "10,000 distributions"));
      }
    }
    return figures;
  },
};

async function measure(service: BenchService, what: string): Promise<Figure> {
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const [control, edge, supervisor] = [service.controlId, service.edgeId, service.supervisorId].map((processId) =>
    residentMegabytes(processId).toFixed(0),
  );
  return {
    what: `resident memory, ${what}`,
    value: `${control} + ${edge} + ${supervisor}`,
    unit: "MB, control + edge + supervisor",
    how: "idle after a start; pages that the three share are counted in each",
  };
}
