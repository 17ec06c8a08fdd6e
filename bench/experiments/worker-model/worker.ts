// The worker under test: a responder for 1 KB hits over node:net, or whatever else its duty names. It runs as a process
// or as a thread without knowing which; only the first lines look. A request for /throw, /crash, /heap, /map or /kill
// makes it die in that way.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { isMainThread, parentPort, workerData } from "node:worker_threads";
import { formatAnswer } from "./load.ts";
import { nextMessage, startWorker } from "./workers.ts";
import type { Duty, Message, StartedWorker } from "./workers.ts";

const duty = (isMainThread ? JSON.parse(process.argv[2] ?? "{}") : workerData) as Duty;
const post = (message: Message): void =>
  void (parentPort === null ? process.send?.(message) : parentPort.postMessage(message, []));
const onMessage = (listener: (message: Message) => void): void =>
  void (parentPort === null ? process.on("message", listener) : parentPort.on("message", listener));

const DEATHS: Record<string, () => void> = {
  "/crash": () => process.kill(process.pid, "SIGSEGV"), // a fault in native code; threads are refused process.abort()
  "/throw": () => void setImmediate(() => (undefined as unknown as { absent: () => void }).absent()),
  "/heap": fillList,
  "/map": fillMap,
  "/kill": () => process.kill(process.pid, "SIGKILL"), // what the kernel does when memory is short
};

/** Many small values: the heap limit is reached in small steps. */
function fillList(): void {
  const list: unknown[] = [];
  for (;;) list.push({ text: `${list.length}` });
}

/** One table whose store doubles, as a cache's does: the heap limit is passed in one large step. */
function fillMap(): void {
  const map = new Map<number, number>();
  for (let index = 0; ; index++) map.set(index, index + 0.5);
}

function respond(port: number): void {
  const one = formatAnswer(duty.id);
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on("data", (chunk) => {
      const text = chunk.toString("latin1");
      if (!text.startsWith("GET / ")) DEATHS[text.slice(4, text.indexOf(" ", 4))]?.();
      let requests = 0;
      for (let end = text.indexOf("\r\n\r\n"); end >= 0; end = text.indexOf("\r\n\r\n", end + 4)) requests += 1;
      socket.write(requests === 1 ? one : Buffer.concat(Array<Buffer>(requests).fill(one)));
    });
    socket.on("error", () => socket.destroy()); // the load generator leaves without farewell
  });
  server.listen({ port, host: "127.0.0.1", reusePort: true, backlog: 1024 }, () =>
    post({ kind: "ready", number: duty.id }),
  );
}

/** Durable inserts one after the other, the event loop let through after each: the control side at its busiest. */
function insertForever(): void {
  const folder = mkdtempSync(join(tmpdir(), "worker-model-"));
  const database = new DatabaseSync(join(folder, "state.db"));
  database.exec(
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE change (number INTEGER PRIMARY KEY, config TEXT)",
  );
  rmSync(folder, { recursive: true }); // open files stay usable; nothing is left behind however this worker ends
  const insert = database.prepare("INSERT INTO change (config) VALUES (?)");
  const config = "c".repeat(4096);
  let inserted = 0;
  const step = (): void => {
    insert.run(config);
    inserted += 1;
    setImmediate(step);
  };
  step();
  setInterval(() => post({ kind: "inserted", number: inserted }), 500);
}

/** Starts workers that share one port and, if told so, a replacement for each that ends: the supervisor of the design. */
async function host({ guise, workers, replaces }: NonNullable<Duty["hosts"]>): Promise<void> {
  const running = new Map<number, StartedWorker>();
  let nextId = duty.id;
  const start = async (): Promise<void> => {
    const id = nextId++;
    const worker = startWorker(guise, { id, port: duty.port ?? 0 });
    running.set(id, worker);
    void worker.ended.then(() => (replaces ? start() : undefined));
    await nextMessage(worker, "ready");
  };
  const begun = performance.now();
  for (let count = 0; count < workers; count++) await start();
  const pids = [process.pid, ...[...running.values()].flatMap(({ pid }) => pid ?? [])];
  post({ kind: "hosting", number: (performance.now() - begun) / workers, pids });
}

/** Files as a stored response might lie on disk: head and body in one. */
function writeResponses(folder: string): void {
  for (const [size, count] of [
    [1, 200],
    [32, 200],
    [1024, 20],
  ] as const) {
    mkdirSync(join(folder, String(size)));
    for (let index = 0; index < count; index++) {
      writeFileSync(join(folder, String(size), String(index)), Buffer.alloc(512 + size * 1024, index));
    }
  }
  post({ kind: "written", number: 0 });
}

// Pings come back whole; a change is acknowledged by its number.
onMessage((message) => post(message.kind === "ping" ? message : { kind: "acknowledged", number: message.number }));
if (duty.socketPath !== undefined) {
  const socket = connect(duty.socketPath);
  createInterface(socket).on("line", (line) => {
    const message = JSON.parse(line) as Message;
    socket.write(message.kind === "ping" ? `${line}\n` : `{"kind":"acknowledged","number":${message.number}}\n`);
  });
}
if (duty.writesTo !== undefined) writeResponses(duty.writesTo);
if (duty.hosts !== undefined) await host(duty.hosts);
else if (duty.port !== undefined) respond(duty.port);
if (duty.inserts === "same loop") insertForever();
else if (duty.inserts !== undefined) {
  startWorker(duty.inserts, { id: 99, inserts: "same loop" }).onMessage(
    (message) => message.kind === "inserted" && post(message),
  );
}
if (isMainThread) process.once("disconnect", () => process.exit()); // never outlive whoever started us
if (duty.port === undefined) post({ kind: "ready", number: duty.id });
