// What an idle viewer connection costs the edge in resident memory: thousands of them, each of which has had one answer
// and is kept, over HTTP and over TLS. The viewers are sockets of this process, so that none of it is theirs.

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { startBenchService, type BenchService } from "./support/bench-service.ts";
import type { Bench, Figure } from "./support/bench.ts";
import { collectGarbage, COLLECTABLE, residentMegabytes } from "./support/machine.ts";
import { distributionBefore, openBenchOrigin, waitForHit } from "./support/stored-page.ts";

const CONNECTIONS = 5000;
/** Handshakes and requests under way at the same time. */
const AT_ONCE = 50;

export const idleConnections: Bench = {
  name: "idle-connections",
  about: "Resident memory of the edge for each idle viewer connection, over HTTP and over TLS.",
  async run() {
    await using origin = await openBenchOrigin();
    await using service = await startBenchService({ environment: COLLECTABLE });
    const host = await distributionBefore(service, origin.port);
    await waitForHit(service.edgePort, host);
    const plain = (): Socket => connect({ host: "127.0.0.1", port: service.edgePort });
    const secured = (): Socket =>
      connectTls({
        host: "127.0.0.1",
        port: service.edgeHttpsPort,
        servername: host,
        rejectUnauthorized: false,
      });
    return [
      ...(await measure("HTTP", 20, { service, host, open: plain, ready: "connect" })),
      ...(await measure("TLS", 80, { service, host, open: secured, ready: "secureConnect" })),
    ];
  },
};

interface Way {
  readonly service: BenchService;
  readonly host: string;
  readonly open: () => Socket;
  readonly ready: "connect" | "secureConnect";
}

async function measure(name: string, wantedKilobytes: number, way: Way): Promise<Figure[]> {
  const { service } = way;
  // What the first requests and handshakes leave behind for good is not the connections'.
  await closeAll(await openIdle(CONNECTIONS / 10, way));
  const before = await settled(service);
  const sockets = await openIdle(CONNECTIONS, way);
  const asItIs = residentMegabytes(service.edgeId);
  const held = await settled(service);
  await closeAll(sockets);
  const after = await settled(service);
  const each = (megabytes: number): string => (((megabytes - before) * 1024) / CONNECTIONS).toFixed(1);
  return [
    {
      what: `an idle connection over ${name}`,
      value: each(held),
      unit: "KB resident",
      wanted: `< ${wantedKilobytes}`,
      how: `${CONNECTIONS} that have had one answer each, after a garbage collection; ${each(asItIs)} KB before it; ${before.toFixed(0)} → ${held.toFixed(0)} MB, and ${after.toFixed(0)} MB when they were closed`,
    },
  ];
}

/** Resident memory once the garbage of the work before is gone. */
async function settled(service: BenchService): Promise<number> {
  await collectGarbage(service.edgeId);
  return residentMegabytes(service.edgeId);
}

async function openIdle(count: number, way: Way): Promise<Socket[]> {
  const sockets: Socket[] = [];
  const lane = async (): Promise<void> => {
    while (sockets.length < count) {
      const socket = way.open();
      sockets.push(socket);
      await once(socket, way.ready);
      await askOnce(socket, way.host);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return sockets;
}

/** One request, and its answer read whole. */
async function askOnce(socket: Socket, host: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
    const end = text.indexOf("\r\n\r\n") + 4;
    const length = Number(/\r\ncontent-length: (\d+)\r\n/i.exec(text)?.[1] ?? Number.NaN);
    if (end > 3 && text.length === end + length) resolve();
  });
  socket.once("error", reject);
  socket.once("close", () => reject(new Error("the edge closed a connection"))); // without effect after the answer
  socket.write(`GET /page HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n`);
  await promise;
}

async function closeAll(sockets: readonly Socket[]): Promise<void> {
  await Promise.all(
    sockets.map(async (socket) => {
      const closed = once(socket, "close");
      socket.destroy();
      await closed;
    }),
  );
}
