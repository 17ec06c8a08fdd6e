// What those who look on cost a hit: access log, metrics and a tail together and alone, a tail whose filter leaves out everything, one with traces. One service,
// whose hits are measured with and without them in turn, so that what differs from process to process does not count; only what a tail
// leaves behind that has gone is measured against a service that never had one.

import { DONE_SEGMENT } from "../src/service/log-spool.ts";
import { untilNothingWaits } from "../test/support/delivered-logs.ts";
import { openOwnPath } from "../test/support/own-path.ts";
import { startBenchService, type BenchService } from "./support/bench-service.ts";
import type { Bench, Figure } from "./support/bench.ts";
import { cpuSeconds } from "./support/machine.ts";
import { compare, type Contestant } from "./support/rounds.ts";
import { formatSpread, median } from "./support/statistics.ts";
import { distributionBefore, loggedDistributionBefore, openBenchOrigin, waitForHit } from "./support/stored-page.ts";

const CONNECTIONS = 64;
const AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36";
/** A tail that has just been attached tells as many lines at once as it may in a second. */
const BOUNDS = { rounds: 9, seconds: 1, warmUpSeconds: 2, settleSeconds: 0.3 };
/** Where a few per cent decide: rounds of one and the same differ by a tenth and more. */
const MANY_ROUNDS = 31;
const SCRAPED_EVERY_MS = 1000;

interface Case {
  readonly what: string;
  readonly wanted?: string;
  /** What a tail asks for. Left out: there is none. */
  readonly tail?: object;
  /** The distribution's access log goes to a bucket. */
  readonly isLogged?: true;
  /** Metrics are asked for each second. */
  readonly isScraped?: true;
}

const CASES: readonly Case[] = [
  {
    what: "a hit of 1 KB with its access log going to a bucket, metrics that are asked for each second and a tail of all lines, to one with nothing",
    wanted: "< 1.1",
    tail: {},
    isLogged: true,
    isScraped: true,
  },
  { what: "the same with the access log alone", isLogged: true },
  { what: "the same with a tail of all lines alone", tail: {} },
  {
    what: "the same with a tail that leaves out all lines",
    tail: { where: 'status >= 500 && path =~ /\\.html$/ || host == "www.example.com"' },
  },
  { what: "the same with a tail with traces", tail: { traces: true } },
];

export const tailCost: Bench = {
  name: "tail-cost",
  about: "What those who look on cost a hit: logs, metrics, tails, traces.",
  async run() {
    await using origin = await openBenchOrigin();
    await using service = await startBenchService({ flags: ["--workers", "1"] });
    const plain = await distributionBefore(service, origin.port);
    const logged = await loggedDistributionBefore(service, origin.port);
    const figures: Figure[] = [];
    for (const each of CASES)
      figures.push(await measure(each, service, plain, each.isLogged === true ? logged : plain));
    await using unwatched = await startBenchService({ flags: ["--workers", "1"] });
    figures.push(await measureGone(service, plain, unwatched, await distributionBefore(unwatched, origin.port)));
    return figures;
  },
};

async function measure(each: Case, service: BenchService, plain: string, host: string): Promise<Figure> {
  const { tail, isLogged, isScraped } = each;
  let lines = 0;
  let behindMs = 0;
  const during = async (): Promise<AsyncDisposable> => {
    const there = new AsyncDisposableStack();
    // So that what is delivered later does not count against those who have no log.
    if (isLogged === true) there.defer(async () => void (behindMs += await catchUp(service)));
    if (tail !== undefined) {
      const stream = there.use(await openOwnPath(service).stream("tail", tail));
      await stream.until((text) => text.includes('"edges"'));
      there.defer(() => void (lines += stream.text().split("\n").length - 1));
    }
    if (isScraped === true) there.defer(scrape(service));
    return there;
  };
  const one = { ...(await contestant(service, host)), during };
  const other = await contestant(service, plain);
  const before = cpuSeconds(service.controlId);
  const { rounds } = await compare(
    { one, other },
    { ...BOUNDS, ...(each.wanted !== undefined && { rounds: MANY_ROUNDS }) },
  );
  const delivering = ((cpuSeconds(service.controlId) - before) * 1000) / rounds.length;
  return {
    ...figureOf(each.what, rounds),
    ...(each.wanted !== undefined && { wanted: each.wanted }),
    how: `${howOf(rounds)}; ${lines} lines came; on the same core beside it and for ${(behindMs / (rounds.length + 1)).toFixed(0)} ms behind it, the control process: ${delivering.toFixed(0)} ms a round`,
  };
}

/** `one` has had a tail with traces, and `other` never had. */
async function measureGone(one: BenchService, host: string, other: BenchService, itsHost: string): Promise<Figure> {
  const { rounds } = await compare(
    { one: await contestant(one, host), other: await contestant(other, itsHost) },
    { ...BOUNDS, rounds: MANY_ROUNDS },
  );
  const what = "a hit of 1 KB after a tail with traces has come and gone, to one that nobody ever watched";
  return { ...figureOf(what, rounds), wanted: "< 1.01", how: howOf(rounds) };
}

type Rounds = Awaited<ReturnType<typeof compare>>["rounds"];

function figureOf(what: string, rounds: Rounds): Pick<Figure, "what" | "value" | "unit"> {
  const ratios = rounds.map((round) => round.one.cpuMicroseconds / round.other.cpuMicroseconds);
  return { what, value: formatSpread(ratios, 3), unit: "× CPU time" };
}

function howOf(rounds: Rounds): string {
  const [one, other] = (["one", "other"] as const).map((who) =>
    median(rounds.map((round) => round[who].cpuMicroseconds)),
  );
  const throughput = rounds.map((round) => round.one.perSecond / round.other.perSecond);
  return `${one?.toFixed(2)} and ${other?.toFixed(2)} µs; throughput × ${formatSpread(throughput, 3)}; ${CONNECTIONS} connections, one core, ${rounds.length} rounds in turn`;
}

/** How long it takes, in ms, until all is delivered that no worker writes to any more. */
async function catchUp({ dataDirectory }: BenchService): Promise<number> {
  const begun = performance.now();
  await untilNothingWaits(dataDirectory, [DONE_SEGMENT, ".gz"]);
  return performance.now() - begun;
}

/** Until what it answers is called. */
function scrape({ apiUrl }: BenchService): () => void {
  const ask = (): void => void fetch(`${apiUrl}/metrics`).then((answer) => answer.text());
  const timer = setInterval(ask, SCRAPED_EVERY_MS);
  ask();
  return () => clearInterval(timer);
}

async function contestant(service: BenchService, host: string): Promise<Contestant> {
  await waitForHit(service.edgePort, host);
  const bytes = Buffer.from(`GET /page HTTP/1.1\r\nhost: ${host}\r\nuser-agent: ${AGENT}\r\naccept: */*\r\n\r\n`);
  const load = { port: service.edgePort, connections: CONNECTIONS, request: () => bytes, expectedStatus: 200 };
  return { processId: service.edgeId, load };
}
