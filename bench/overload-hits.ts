// What an edge does that is asked for more hits than it can answer: 1 KB each, by twice as many viewers as keep it busy, each of whom asks
// again at once, and by thousands. An edge answers more of them than a program in JavaScript can ask for, so h2load asks; at a rate it would,
// too, but its timers then cost it more than what they add. What is served is told against the peaks just before and after it, because
// the machine drifts by more than what is looked for, and where nginx is installed beside what the same connections leave of nginx's: so
// many cost the kernel and the load more as well. Beside it whether the edge still answers for itself, and how soon it takes new work again.

import { writeCertificates } from "./peers/certificates.ts";
import { startNginxPeer, type NginxPeer } from "./peers/nginx.ts";
import { isInstalled, openPeerFolder } from "./peers/peer.ts";
import { runOffered, type OfferedOutcome } from "./peers/load.ts";
import { startBenchService, viewOnce, type BenchService } from "./support/bench-service.ts";
import type { Bench, Figure } from "./support/bench.ts";
import { cpuSeconds } from "./support/machine.ts";
import { formatSpread, median } from "./support/statistics.ts";
import { distributionBefore, openBenchOrigin, waitForHit } from "./support/stored-page.ts";

const CONNECTIONS_AT_PEAK = 64;
/** Of connections: twice as many as keep it busy for all of the time, and far more. */
const LOADS = [128, 512, 2000, 4000] as const;
const ROUNDS = 4;
const SECONDS = 2;
/** In which connections are opened: thousands take a while. */
const WARM_UP_SECONDS = 2;
const PATH = "/page";
const PROBED_MS = 50;
/** How long after a load new work is looked at. */
const AFTER_MS = 1000;

export const overloadHits: Bench = {
  name: "overload-hits",
  about: "Hits at twice what the edge can answer, and more.",
  async run() {
    if (!isInstalled("h2load")) throw new Error("h2load is not installed: Debian has it in nghttp2-client");
    await using origin = await openBenchOrigin();
    await using service = await startBenchService({
      flags: ["--workers=1", "--viewer-connections-per-address-max=20000"],
    });
    const host = await distributionBefore(service, origin.port);
    await waitForHit(service.edgePort, host);

    await using nginx = isInstalled("nginx") ? await startStoredNginx(origin.port, host) : undefined;
    const offer = (port: number, connections: number): Promise<OfferedOutcome> =>
      runOffered({ port, host, path: PATH, connections, warmUpSeconds: WARM_UP_SECONDS, seconds: SECONDS });
    await offer(service.edgePort, CONNECTIONS_AT_PEAK);
    const measured = LOADS.map((load) => ({
      load,
      rows: [] as Watched[],
      ratios: [] as number[],
      byCpu: [] as number[],
      ofNginx: [] as number[],
    }));
    const peaks: number[] = [];
    const peakOf = async (port: number): Promise<number> => (await offer(port, CONNECTIONS_AT_PEAK)).served;
    for (let round = 0; round < ROUNDS; round++) {
      for (const { load, rows, ratios, byCpu, ofNginx } of measured) {
        const before = await timed(service, offer(service.edgePort, CONNECTIONS_AT_PEAK));
        const row = await watched(service, host, offer(service.edgePort, load));
        const after = await timed(service, offer(service.edgePort, CONNECTIONS_AT_PEAK));
        const peak = (before.served + after.served) / 2;
        peaks.push(peak / SECONDS);
        rows.push(row);
        ratios.push(row.served / peak);
        byCpu.push((2 * (row.served / row.busy)) / (before.served / before.busy + after.served / after.busy));
        if (nginx === undefined) continue;
        const itsBefore = await peakOf(nginx.http.sendfile);
        const { served } = await offer(nginx.http.sendfile, load);
        ofNginx.push((2 * served) / (itsBefore + (await peakOf(nginx.http.sendfile))));
      }
    }
    return [
      {
        what: `hits: peak, ${CONNECTIONS_AT_PEAK} connections`,
        value: formatSpread(peaks, 0),
        unit: "served/s",
        how: "each asks again at once",
      },
      ...measured.flatMap(({ load, rows, ratios, byCpu, ofNginx }) => [
        figureOf(load, rows, ratios, byCpu),
        ...(ofNginx.length > 0 ? [figureOfNginx(load, ofNginx)] : []),
      ]),
    ];
  },
};

/** With the page in its cache. */
async function startStoredNginx(originPort: number, host: string): Promise<NginxPeer> {
  await using stack = new AsyncDisposableStack();
  const certificates = writeCertificates(stack.use(openPeerFolder("certificates")).path);
  const nginx = await startNginxPeer({ originPort, certificates, workers: 1 });
  for (let asked = 0; asked < 2; asked++) await (await viewOnce(nginx.http.sendfile, host, PATH)).text();
  return nginx;
}

function figureOfNginx(connections: number, ratios: readonly number[]): Figure {
  return {
    what: `hits: ${connections} connections, nginx`,
    value: formatSpread(ratios, 2),
    unit: "× nginx's peak",
    how: "the same of nginx, in the same rounds",
  };
}

function figureOf(
  connections: number,
  rows: readonly Watched[],
  ratios: readonly number[],
  byCpu: readonly number[],
): Figure {
  const most = (of: (row: Watched) => number): string => Math.max(...rows.map(of)).toFixed(0);
  return {
    what: `hits: ${connections} connections`,
    value: formatSpread(ratios, 2),
    unit: "× the peak",
    ...(connections === 2 * CONNECTIONS_AT_PEAK && { wanted: "≥ 0.90" }),
    how: [
      `${rows.length} rounds in turn`,
      `by CPU time ${formatSpread(byCpu, 2)}`,
      `the edge busy for ${median(rows.map(({ busy }) => busy)).toFixed(2)} of the time`,
      `at most ${most(({ refused }) => refused)} refused`,
      `health answered within ${most(({ slowestMs }) => slowestMs)} ms`,
      `the last fetch refused at most ${most(({ overMs }) => overMs)} ms after it`,
    ].join("; "),
  };
}

interface Timed extends OfferedOutcome {
  /** Of one core, the edge's process. */
  readonly busy: number;
}

interface Watched extends Timed {
  /** The edge's answer to how it is. */
  readonly slowestMs: number;
  /** When the last fetch was refused after the load. 0: none was. */
  readonly overMs: number;
}

/** From the end of the warm-up on. */
async function timed(service: BenchService, running: Promise<OfferedOutcome>): Promise<Timed> {
  await passed(WARM_UP_SECONDS * 1000);
  const [from, used] = [performance.now(), cpuSeconds(service.edgeId)];
  const outcome = await running;
  return { ...outcome, busy: (cpuSeconds(service.edgeId) - used) / ((performance.now() - from) / 1000) };
}

async function watched(service: BenchService, host: string, running: Promise<OfferedOutcome>): Promise<Watched> {
  const end = new AbortController();
  const timing = timed(service, running).finally(() => end.abort());
  await Promise.race([timing, passed(WARM_UP_SECONDS * 1000)]);
  let slowestMs = 0;
  while (!end.signal.aborted) {
    const askedAt = performance.now();
    const { status } = await viewOnce(service.edgePort, "health.cloudfront.localhost", "/_warmfront/health");
    if (status !== 200) throw new Error(`health is ${status}`);
    slowestMs = Math.max(slowestMs, performance.now() - askedAt);
    await passed(PROBED_MS);
  }
  const outcome = await timing;
  const over = performance.now();
  let overMs = 0;
  for (let asked = 0; performance.now() - over < AFTER_MS; asked++) {
    const { status } = await viewOnce(service.edgePort, host, `/after/${over}/${asked}`);
    if (status === 503) overMs = performance.now() - over;
  }
  return { ...outcome, slowestMs, overMs };
}

function passed(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
