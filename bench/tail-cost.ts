// What those who look on cost a hit: access log, metrics and a tail together, a tail whose filter leaves out everything, one with traces, and one that has
// gone again; each service against one that nobody looks at, in turn.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openOwnPath, type OwnStream } from "../test/support/own-path.ts";
import { startBenchService, type BenchService } from "./support/bench-service.ts";
import type { Bench, Figure } from "./support/bench.ts";
import { compare, type Contestant } from "./support/rounds.ts";
import { formatSpread } from "./support/statistics.ts";
import { distributionBefore, loggedDistributionBefore, openBenchOrigin, waitForHit } from "./support/stored-page.ts";

const CONNECTIONS = 64;
const AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36";
const BOUNDS = { rounds: 9, seconds: 1, warmUpSeconds: 2 };
const NO_METRICS = ["--metrics", "off"];
const QUIET = ["--workers", "1", ...NO_METRICS];

interface Case {
  readonly what: string;
  readonly wanted?: string;
  /** Beside one worker. */
  readonly flags?: (directory: string) => readonly string[];
  /** What the tail asks for. */
  readonly tail: object;
  /** It has gone again when it is measured. */
  readonly isGone?: true;
  /** Its access log goes to a bucket, too. */
  readonly isLogged?: true;
}

const CASES: readonly Case[] = [
  {
    what: "a hit of 1 KB after a tail with traces has come and gone, to one that nobody ever watched",
    wanted: "< 1.01",
    tail: { traces: true },
    isGone: true,
  },
  {
    what: "the same with access log, metrics and a tail of all lines",
    wanted: "< 1.1",
    flags: () => [],
    tail: {},
    isLogged: true,
  },
  {
    what: "the same with an access log of text in a file, metrics and a tail of all lines",
    flags: (directory) => ["--access-log", join(directory, "access.log")],
    tail: {},
  },
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
    const directory = mkdtempSync(join(tmpdir(), "warmfront-tail-cost-"));
    try {
      await using origin = await openBenchOrigin();
      await using plain = await startBenchService({ flags: QUIET });
      const other = await contestant(plain, origin.port);
      const figures: Figure[] = [];
      for (const each of CASES) figures.push(await measure(each, other, origin.port, directory));
      return figures;
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

async function measure(each: Case, other: Contestant, originPort: number, directory: string): Promise<Figure> {
  await using service = await startBenchService({
    flags: ["--workers", "1", ...(each.flags?.(directory) ?? NO_METRICS)],
  });
  const host = each.isLogged === true ? await loggedDistributionBefore(service, originPort) : undefined;
  const one = await contestant(service, originPort, host);
  await using stream = await watch(service, each);
  const { rounds } = await compare({ one, other }, BOUNDS);
  const ratios = rounds.map((round) => round.one.cpuMicroseconds / round.other.cpuMicroseconds);
  const throughput = rounds.map((round) => round.one.perSecond / round.other.perSecond);
  const seen = stream.text().split("\n").length - 1;
  return {
    what: each.what,
    value: formatSpread(ratios, 3),
    unit: "× CPU time",
    ...(each.wanted !== undefined && { wanted: each.wanted }),
    how: `throughput × ${formatSpread(throughput, 3)}; ${CONNECTIONS} connections, one core, ${BOUNDS.rounds} rounds in turn; ${seen} lines came`,
  };
}

/** Watching when it resolves, or gone again after some hits. */
async function watch(service: BenchService, { tail, isGone }: Case): Promise<OwnStream> {
  const stream = await openOwnPath(service).stream("tail", tail);
  await stream.until((text) => text.includes('"edges"'));
  if (isGone === true) await stream[Symbol.asyncDispose]();
  return stream;
}

async function contestant(service: BenchService, originPort: number, logged?: string): Promise<Contestant> {
  const host = logged ?? (await distributionBefore(service, originPort));
  await waitForHit(service.edgePort, host);
  const bytes = Buffer.from(`GET /page HTTP/1.1\r\nhost: ${host}\r\nuser-agent: ${AGENT}\r\naccept: */*\r\n\r\n`);
  const load = { port: service.edgePort, connections: CONNECTIONS, request: () => bytes, expectedStatus: 200 };
  return { processId: service.edgeId, load };
}
