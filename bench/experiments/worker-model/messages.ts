// What a word between a worker and its coordinator costs, by each channel: a ping one at a time, and a burst of
// configuration changes of 4 KB, each acknowledged by its number.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { percentile } from "./load.ts";
import { nextMessage, startWorker } from "./workers.ts";
import type { Message } from "./workers.ts";

const pings = 5000;
const changes = 10_000;
const config = JSON.stringify({
  Origins: Array.from({ length: 30 }, (_, index) => ({
    Id: `o${index}`,
    DomainName: `origin-${index}.example.com`,
    OriginPath: "/a/long/path/to/come/near/4KB",
    HTTPPort: 80,
  })),
});

interface Channel {
  post(message: Message): void;
  onMessage(listener: (message: Message) => void): void;
}

async function measureChannel(name: string, channel: Channel): Promise<Record<string, string | number>> {
  let heard: (message: Message) => void = () => undefined;
  channel.onMessage((message) => heard(message));
  const microseconds: number[] = [];
  for (let number = 0; number < pings; number++) {
    const sentAt = performance.now();
    await new Promise<void>((resolve) => {
      heard = () => resolve();
      channel.post({ kind: "ping", number });
    });
    if (number >= 500) microseconds.push((performance.now() - sentAt) * 1000); // the first ones warm up
  }
  microseconds.sort((left, right) => left - right);
  const begun = performance.now();
  await new Promise<void>((resolve) => {
    heard = ({ number }) => number === changes - 1 && resolve();
    for (let number = 0; number < changes; number++) channel.post({ kind: "change", number, text: config });
  });
  const total = performance.now() - begun;
  return {
    case: name,
    "p50 µs": percentile(microseconds, 0.5).toFixed(0),
    "p99 µs": percentile(microseconds, 0.99).toFixed(0),
    [`${changes} changes of ${(config.length / 1024).toFixed(1)} KB, ms`]: total.toFixed(0),
  };
}

/** One row per channel. */
export async function measureMessages(): Promise<Record<string, string | number>[]> {
  const figures: Record<string, string | number>[] = [];
  for (const [name, guise, inserts] of [
    ["fork, JSON", "process"],
    ["fork, advanced", "advanced"],
    ["MessagePort", "thread"],
    ["fork, JSON, other side inserts", "process", "same loop"],
  ] as const) {
    const worker = startWorker(guise, { id: 0, ...(inserts === undefined ? {} : { inserts }) });
    await nextMessage(worker, "ready");
    figures.push(await measureChannel(name, worker));
    await worker.stop();
  }
  const folder = mkdtempSync(join(tmpdir(), "worker-model-"));
  const socketPath = join(folder, "socket");
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  const connected = new Promise<Socket>((resolve) => server.once("connection", resolve));
  const worker = startWorker("process", { id: 0, socketPath });
  const socket = await connected;
  const lines = createInterface(socket);
  const post = (message: Message): void => void socket.write(`${JSON.stringify(message)}\n`);
  const onMessage = (listener: (message: Message) => void): void =>
    void lines.on("line", (line) => listener(JSON.parse(line) as Message));
  figures.push(await measureChannel("Unix socket, JSON lines", { post, onMessage }));
  await worker.stop();
  server.close();
  rmSync(folder, { recursive: true, force: true });
  return figures;
}
