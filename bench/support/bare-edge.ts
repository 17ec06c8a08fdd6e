// An edge behind its real listener and nothing else, in a process of its own on the server's core: with as many distributions, behaviors
// and stored responses as a bench asks for. Every answer is counted and its line of the access log written, to nowhere. Its origin
// is in the same process, and is asked once for each page. Started by `startBareEdge` of the same file.

import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { openEdge } from "../../src/edge/edge.ts";
import { openLineBuffer } from "../../src/edge/record/line-buffer.ts";
import { openLineLog } from "../../src/edge/record/line-log.ts";
import type { CacheStorage, StoredHead } from "../../src/edge/storage/cache-storage.ts";
import { openMemoryStorage } from "../../src/edge/storage/memory-storage.ts";
import { openViewerListener } from "../../src/edge/transport/viewer-listener.ts";
import type { DistributionId, FeedNumber } from "../../src/vocabulary/ids.ts";
import { DEFAULT_LIMITS } from "../../src/vocabulary/limits.ts";
import { seconds, systemClock } from "../../src/vocabulary/time.ts";
import { published } from "../../test/scenarios/harness.ts";
import { startBenchProgram, tellPort, whatWasTold, type BenchProgram } from "./bench-program.ts";
import { openBenchServer } from "./listen.ts";

export interface BareEdgeShape {
  readonly distributions?: number;
  readonly behaviors?: number;
  /** Responses that nobody asks for. */
  readonly storedResponses?: number;
}

/** Of the first distribution; `/PAGE` of it is a page of 1 KB, `/BYTES` one of that many bytes. */
export const BARE_EDGE_HOST = "d1.cloudfront.localhost";
/** Entity tag of every page. */
export const PAGE_TAG = '"6b004421"';

const FILLED_CAPACITY_BYTES = 2 ** 34;

export function startBareEdge(shape: BareEdgeShape = {}): Promise<BenchProgram> {
  return startBenchProgram(fileURLToPath(import.meta.url), { told: shape, on: "server", nodeFlags: ["--expose-gc"] });
}

async function fill(storage: CacheStorage, count: number): Promise<void> {
  const distribution = "E1" as DistributionId;
  for (let index = 0; index < count; index++) {
    const url = `/others/${index.toString(36)}/page.html`;
    const head: StoredHead = {
      status: 200,
      fields: [["Content-Type", "text/html"]],
      began: 1 as FeedNumber,
      respondedAtMs: systemClock.now(),
      ageThen: seconds(0),
      lifetime: { seconds: seconds(86_400), rule: "default", stated: undefined },
    };
    const admission = storage.admit({ text: `E1|${url.length}:${url}`, distribution, url }, head, 16);
    admission?.append(Buffer.alloc(16));
    if ((await admission?.commit()) === undefined) throw new Error(`no room for the response of number ${index}`);
  }
}

async function run({ distributions = 1, behaviors = 1, storedResponses = 0 }: BareEdgeShape): Promise<void> {
  const origin = await openBenchServer((request, response) => {
    const body = Buffer.alloc(Number(request.url?.slice(1)) || 1024, "x");
    response
      .writeHead(200, { "Content-Type": "text/plain", "Cache-Control": "max-age=86400", ETag: PAGE_TAG })
      .end(body);
  });
  const limits = { ...DEFAULT_LIMITS, cacheCapacityBytes: FILLED_CAPACITY_BYTES };
  const storage = openMemoryStorage(limits);
  const lines = openLineBuffer({ write: (_bytes, _lines, done) => done() }, limits.accessLogPendingBytesMax);
  const edge = openEdge({
    settings: {
      domainSuffix: "cloudfront.localhost",
      publicHttpsPort: 443,
      popName: "LCL50-P1",
      fidelity: "cloudfront",
      allowPrivateOrigins: true,
      limits,
    },
    clock: systemClock,
    random: (count) => randomBytes(count),
    countryOf: () => undefined,
    storage,
    recordLogs: [openLineLog("LCL50-P1", (line) => void lines.append(line))],
    log: ({ level, why }) => level === "error" && process.stderr.write(`${why}\n`),
  });
  const patterns = Array.from({ length: behaviors - 1 }, (_, index) => ({ PathPattern: `/section${index}/*.jpg` }));
  for (let number = 1; number <= distributions; number++) {
    const draft = {
      id: `E${number}`,
      label: `d${number}`,
      origin: { DomainName: "localhost" },
      behavior: { Compress: true },
      behaviors: patterns,
    };
    const distribution = published(draft, origin.port);
    edge.apply([{ kind: "distribution", number: number as FeedNumber, distribution }]);
  }
  await fill(storage, storedResponses);
  const listener = await openViewerListener({
    host: "127.0.0.1",
    port: 0,
    limits,
    clock: systemClock,
    respond: edge.respond,
    refuse: (refused) => edge.refuse(refused),
    log: edge.hear,
    onServed: edge.onServed,
  });
  tellPort(listener.address.port);
}

if (import.meta.main) await run(whatWasTold() as BareEdgeShape);
