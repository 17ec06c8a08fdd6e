// What a record of each answer costs: counters and the line of the access log alone, in this process, and then on the path of hits, of
// one service with its access log on against one with it off.

import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EffectiveDistribution } from "../src/edge/config/effective-config.ts";
import { openLineBuffer } from "../src/edge/record/line-buffer.ts";
import { openLineLog } from "../src/edge/record/line-log.ts";
import { openRecordBlocks } from "../src/edge/record/record-blocks.ts";
import type { LineSink } from "../src/edge/record/outgoing-buffers.ts";
import { openRecorder, type RecordLog } from "../src/edge/record/recorder.ts";
import { openTraffic } from "../src/edge/record/traffic.ts";
import { IDS_PER_DRAW, openRequestIds } from "../src/edge/request-ids.ts";
import { newRequestMemo } from "../src/edge/request-memo.ts";
import { servedAs } from "../src/edge/served.ts";
import type { Answer, Field, ViewerRequest } from "../src/edge/transport/message.ts";
import { addSeconds, seconds, systemClock } from "../src/vocabulary/time.ts";
import { startBenchService } from "./support/bench-service.ts";
import type { Bench, Figure } from "./support/bench.ts";
import { compare } from "./support/rounds.ts";
import { formatSpread, median } from "./support/statistics.ts";
import { distributionBefore, openBenchOrigin, waitForHit } from "./support/stored-page.ts";

const ROUNDS = 5;
const RECORDS = 500_000;
const CONNECTIONS = 64;
const AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36";

export const accessRecord: Bench = {
  name: "access-record",
  about: "The line of the access log and the counters of an answer.",
  async run() {
    const alone = ROUNDS_OF.map(() => ({
      counters: recordMany([]),
      line: recordMany([lineLog()]),
      block: recordMany([blockLog()]),
    }));
    return [
      figure(
        "counters of an answer",
        alone.map(({ counters }) => counters),
      ),
      figure(
        "counters and line of an answer",
        alone.map(({ line }) => line),
        "< 1000",
      ),
      figure(
        "counters and record of an answer in a block",
        alone.map(({ block }) => block),
        "< 500",
      ),
      ...(await onThePath()),
    ];
  },
};

const ROUNDS_OF = Array.from({ length: ROUNDS }, (_, round) => round);

function figure(what: string, nanoseconds: readonly number[], wanted?: string): Figure {
  const how = `${RECORDS} answers in this process, 64 paths, ${ROUNDS} rounds; CPU time`;
  return { what, value: formatSpread(nanoseconds, 0), unit: "ns", how, ...(wanted !== undefined && { wanted }) };
}

const NOWHERE: LineSink = { write: (_bytes, _lines, done) => done() };

function lineLog(): RecordLog {
  const buffer = openLineBuffer(NOWHERE, 1_048_576);
  return openLineLog("LCL50-P1", (line) => void buffer.append(line));
}

function blockLog(): RecordLog {
  const blocks = openRecordBlocks("LCL50-P1", NOWHERE, 1_048_576);
  return { wants: () => true, append: blocks.append, appendLike: blocks.appendLike };
}

/** Nanoseconds of CPU time for each. */
function recordMany(logs: readonly RecordLog[]): number {
  // Only what a recorder reads of a distribution.
  const distribution = { id: "E1", label: "d111111abcdef8", logsCookies: false } as unknown as EffectiveDistribution;
  const { onServed: record } = openRecorder({
    domainSuffix: "cloudfront.localhost",
    edgeNumber: 1,
    traffic: openTraffic(),
    logs,
    find: () => distribution,
  });
  const fields: readonly Field[] = [
    ["Host", "d111111abcdef8.cloudfront.localhost"],
    ["User-Agent", AGENT],
    ["Accept", "*/*"],
  ];
  const memo = newRequestMemo();
  const served = servedAs({ distribution }, "Hit", "text/html; charset=utf-8");
  const body = { kind: "bytes", bytes: Buffer.alloc(1024) } as const;
  const requestIds = openRequestIds((count) => randomBytes(count));
  const ids = Array.from({ length: IDS_PER_DRAW }, () => ({
    requestId: requestIds.next(),
    idDraw: requestIds.draw,
    idPlace: requestIds.place,
  }));
  const field = (lowerName: string): string | undefined =>
    fields.find(([name]) => name.toLowerCase() === lowerName)?.[1];
  const start = systemClock.now();
  const before = process.cpuUsage();
  for (let index = 0; index < RECORDS; index++) {
    const path = `/images/page-${index & 63}.html`;
    const request: ViewerRequest = {
      method: "GET",
      target: path,
      path,
      query: undefined,
      httpVersion: "1.1",
      scheme: "http",
      host: "d111111abcdef8.cloudfront.localhost",
      fields,
      field,
      body: undefined,
      viewerAddress: "127.0.0.1",
      viewerPort: 50_000,
      headBytes: 250,
      memo,
    };
    const answer: Answer = { status: 200, fields, body, served, ...ids[index % IDS_PER_DRAW] };
    const now = addSeconds(start, seconds(index >> 16));
    record(request, answer, 400, 1024, now, now, "whole", now);
  }
  const { user, system } = process.cpuUsage(before);
  return ((user + system) / RECORDS) * 1000;
}

async function onThePath(): Promise<readonly Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), "warmfront-access-record-"));
  try {
    await using origin = await openBenchOrigin();
    await using logging = await startBenchService({
      flags: ["--workers", "1", "--access-log", join(directory, "access.log")],
    });
    await using silent = await startBenchService({ flags: ["--workers", "1"] });
    const [one, other] = await Promise.all(
      [logging, silent].map(async (service) => {
        const host = await distributionBefore(service, origin.port);
        await waitForHit(service.edgePort, host);
        const bytes = Buffer.from(`GET /page HTTP/1.1\r\nhost: ${host}\r\nuser-agent: ${AGENT}\r\naccept: */*\r\n\r\n`);
        const load = {
          port: service.edgePort,
          connections: CONNECTIONS,
          request: () => bytes,
          expectedStatus: 200,
        };
        return { processId: service.edgeId, load };
      }),
    );
    if (one === undefined || other === undefined) return [];
    const { rounds } = await compare({ one, other }, { rounds: 7, seconds: 1, warmUpSeconds: 2 });
    const [withLog, without] = [rounds.map((round) => round.one), rounds.map((round) => round.other)].map((of) =>
      median(of.map(({ cpuMicroseconds }) => cpuMicroseconds)),
    );
    const ratios = rounds.map((round) => round.one.cpuMicroseconds / round.other.cpuMicroseconds);
    return [
      {
        what: "a hit of 1 KB with its access log on, to one with it off",
        value: formatSpread(ratios, 3),
        unit: "× CPU time",
        wanted: "< 1.1",
        how: `${withLog?.toFixed(2)} and ${without?.toFixed(2)} µs, ${CONNECTIONS} connections, one core, 7 rounds in turn; lines to a file`,
      },
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
