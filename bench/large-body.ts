// A body of 5 GB through the edge, cacheable or not, with a length and without: how much the edge's resident memory grows
// over what it was before the first of them. A machine that is too slow for all of it is stopped, and the figure says so.

import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { startBenchService, type BenchService } from "./support/bench-service.ts";
import type { Bench, Figure } from "./support/bench.ts";
import { residentMegabytes } from "./support/machine.ts";
import { distributionBefore, waitForHit } from "./support/stored-page.ts";
import { openBenchServer, type BenchServer } from "./support/listen.ts";

const BODY_BYTES = 5 * 2 ** 30;
const BLOCK = Buffer.alloc(262_144, "x");
/** A transfer is stopped then. */
const SECONDS_MAX = 25;
const LOOKED_AT_EVERY_MS = 20;

interface Way {
  readonly name: string;
  readonly path: string;
  readonly isSecured: boolean;
}

const WAYS: readonly Way[] = [
  { name: "not cacheable, with a length, HTTP", path: "/private/sized", isSecured: false },
  { name: "cacheable, with a length, HTTP", path: "/public/sized", isSecured: false },
  { name: "cacheable, chunked, HTTP", path: "/public/chunked", isSecured: false },
  { name: "cacheable, chunked, TLS", path: "/public/chunked?tls", isSecured: true },
];

export const largeBody: Bench = {
  name: "large-body",
  about: "Growth of the edge's resident memory while a body of 5 GB streams through.",
  async run() {
    await using origin = await openLargeOrigin();
    await using service = await startBenchService();
    const host = await distributionBefore(service, origin.port);
    await waitForHit(service.edgePort, host);
    const before = residentMegabytes(service.edgeId);
    const figures: Figure[] = [];
    for (const way of WAYS) figures.push(await stream(way, service, host, before));
    return figures;
  },
};

async function stream(way: Way, service: BenchService, host: string, before: number): Promise<Figure> {
  let peak = before;
  const looking = setInterval(() => (peak = Math.max(peak, residentMegabytes(service.edgeId))), LOOKED_AT_EVERY_MS);
  const begun = performance.now();
  const bytes = await download(way, service, host);
  const seconds = (performance.now() - begun) / 1000;
  clearInterval(looking);
  const perSecond = (bytes / 1e6 / seconds).toFixed(0);
  return {
    what: `a body of 5 GB, ${way.name}`,
    value: (peak - before).toFixed(0),
    unit: "MB of growth",
    wanted: "< 64",
    how: `${(bytes / 2 ** 30).toFixed(1)} GB in ${seconds.toFixed(0)} s, ${perSecond} MB/s; from ${before.toFixed(0)} MB before the first of these bodies`,
  };
}

/** Bytes that came, head included. */
async function download({ path, isSecured }: Way, service: BenchService, host: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const { edgePort, edgeHttpsPort } = service;
  let bytes = 0;
  const socket: Socket = isSecured
    ? connectTls({ host: "127.0.0.1", port: edgeHttpsPort, servername: host, rejectUnauthorized: false })
    : connect({
        host: "127.0.0.1",
        port: edgePort,
        onread: { buffer: Buffer.alloc(BLOCK.length), callback: (count) => ((bytes += count), true) },
      });
  if (isSecured) socket.on("data", (chunk: Buffer) => (bytes += chunk.length));
  const stopping = setTimeout(() => socket.destroy(), SECONDS_MAX * 1000);
  socket.once("error", reject);
  socket.once("close", () => {
    clearTimeout(stopping);
    resolve(bytes);
  });
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  return promise;
}

/** Any path but the page's has the large body; the path says how it comes. */
async function openLargeOrigin(): Promise<BenchServer> {
  return openBenchServer((request, response) => {
    const url = request.url ?? "";
    if (url === "/page") return void response.writeHead(200, { "Cache-Control": "max-age=600" }).end("page");
    response.writeHead(200, {
      "Cache-Control": url.includes("private") ? "no-store" : "max-age=600",
      ...(url.includes("sized") && { "Content-Length": String(BODY_BYTES) }),
    });
    let sent = 0;
    const goOn = (): void => {
      while (sent < BODY_BYTES && !response.destroyed) {
        sent += BLOCK.length;
        if (!response.write(BLOCK)) return void response.once("drain", goOn);
      }
      response.end();
    };
    goOn();
  });
}
