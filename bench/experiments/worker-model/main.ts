// The experiment behind decision 0001: processes or threads for the edge's workers, where the control side may run, and what
// a disk shared by all workers costs. `node bench/experiments/worker-model/main.ts` prints one table in about three minutes;
// names of experiments as arguments run only those. Differences under 15 % are noise on a small machine.
import { measureBlastRadius } from "./blast-radius.ts";
import { measureLatency, measureThroughput, percentile } from "./load.ts";
import { measureMessages } from "./messages.ts";
import { measureStoredResponses } from "./stored-responses.ts";
import { cpuSeconds, nextMessage, pinned, pinSelf, residentMegabytes, startWorker } from "./workers.ts";

type Figures = Record<string, string | number>;
const port = 17_480;
const sorted = (values: number[]): number[] => values.sort((left, right) => left - right);

/** Server on one core, load on the other; rounds of all arrangements in turn, so that drift hits them alike. */
async function measureHits(): Promise<Figures[]> {
  const arrangements = [
    ["process", 1],
    ["process", 2],
    ["thread", 2],
  ] as const;
  const ratios: number[][] = [[], [], []];
  const microseconds: number[][] = [[], [], []];
  for (let round = 0; round < 5; round++) {
    let first = 0;
    for (const [index, [guise, workers]] of arrangements.entries()) {
      const host = startWorker("process", { id: 0, port, hosts: { guise, workers, replaces: false } }, "0");
      const { pids = [] } = await nextMessage(host, "hosting");
      await measureThroughput(port, 0.7); // let the compiler settle
      const before = cpuSeconds(pids);
      const perSecond = await measureThroughput(port, 2);
      microseconds[index]?.push(((cpuSeconds(pids) - before) / (perSecond * 2)) * 1e6);
      if (index === 0) first = perSecond;
      ratios[index]?.push(perSecond / first);
      await host.stop();
    }
  }
  return arrangements.map(([guise, workers], index) => ({
    case: `${workers} × ${guise}`,
    "ratio of requests/s": percentile(sorted(ratios[index] ?? []), 0.5).toFixed(2),
    "CPU µs per request": percentile(sorted(microseconds[index] ?? []), 0.5).toFixed(1),
  }));
}

/** All of the server, control side included, on one core: the hardest case for keeping them apart. Medians of rounds taken in turn. */
async function measureDisturbance(): Promise<Figures[]> {
  const arrangements = ["none", "same loop", "thread", "process"] as const;
  const shares = { "p50 ms": 0.5, "p99 ms": 0.99, "p99.9 ms": 0.999, "max ms": 1 };
  const rounds = arrangements.map(() => [] as { latencies: number[]; insertsPerSecond: number }[]);
  for (let round = 0; round < 7; round++) {
    for (const [index, inserts] of arrangements.entries()) {
      const worker = startWorker("process", { id: 0, port, ...(inserts === "none" ? {} : { inserts }) }, "0");
      let inserted = 0;
      worker.onMessage((message) => message.kind === "inserted" && (inserted = message.number));
      await nextMessage(worker, "ready");
      await measureLatency(port, 4, 0.7);
      const before = inserted;
      const latencies = await measureLatency(port, 4, 2);
      rounds[index]?.push({ latencies, insertsPerSecond: (inserted - before) / 2.1 });
      await worker.stop();
    }
  }
  return arrangements.map((inserts, index) => {
    const own = rounds[index] ?? [];
    const median = (values: number[]): number => percentile(sorted(values), 0.5);
    return {
      case: `inserts: ${inserts}`,
      ...Object.fromEntries(
        Object.entries(shares).map(([unit, share]) => [
          unit,
          median(own.map(({ latencies }) => percentile(latencies, share))).toFixed(2),
        ]),
      ),
      "inserts/s": median(own.map(({ insertsPerSecond }) => insertsPerSecond)).toFixed(0),
    };
  });
}

async function measureStart(): Promise<Figures[]> {
  const figures: Figures[] = [];
  for (const guise of ["process", "thread"] as const) {
    const megabytes: number[] = [];
    let milliseconds = 0;
    for (const workers of [1, 5]) {
      const host = startWorker("process", { id: 0, port, hosts: { guise, workers, replaces: false } });
      const hosting = await nextMessage(host, "hosting");
      milliseconds = hosting.number;
      await measureThroughput(port, 0.5);
      megabytes.push(residentMegabytes(hosting.pids ?? []));
      await host.stop();
    }
    figures.push({
      case: guise,
      "start ms": milliseconds.toFixed(0),
      "MB per extra worker": (((megabytes[1] ?? 0) - (megabytes[0] ?? 0)) / 4).toFixed(1),
    });
  }
  return figures;
}

/** What is measured, and the cores on which this program does its part. The workers of the first two have core 0. */
const EXPERIMENTS: Record<string, { readonly cores: string; readonly measure: () => Promise<Figures[]> }> = {
  hits: { cores: "1", measure: measureHits },
  disturbance: { cores: "1", measure: measureDisturbance },
  "blast radius": { cores: "0,1", measure: () => measureBlastRadius(port + 1) },
  "messages, one core": { cores: "0", measure: measureMessages },
  "messages, two cores": { cores: "0,1", measure: measureMessages },
  start: { cores: "0,1", measure: measureStart },
  "stored responses": { cores: "0,1", measure: measureStoredResponses },
};

const wanted = process.argv.slice(2);
const table: string[][] = [];
for (const [name, { cores, measure }] of Object.entries(EXPERIMENTS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  pinSelf(cores);
  for (const { case: label, ...figures } of await measure()) {
    table.push([
      name,
      String(label),
      Object.entries(figures)
        .map(([unit, value]) => `${unit} ${value}`)
        .join(" · "),
    ]);
  }
}
const widths = [0, 1].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
console.log(
  `Node ${process.version}, ${pinned ? "server pinned to core 0, load to core 1" : "unpinned: no taskset here"}`,
);
for (const row of table) console.log(row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "));
