// How far one worker's death reaches. Two workers behind a supervisor that replaces what ends; one is told to die in each
// way, while a viewer keeps asking the other. When the supervisor dies too, this program starts it anew, as init would.
import { openSockets, formatRequest } from "./load.ts";
import { nextMessage, startWorker } from "./workers.ts";
import type { Guise, StartedWorker } from "./workers.ts";

const WAYS = ["/throw", "/abort", "/heap", "/array", "/kill"] as const;
const dyingMsMax = 20_000;

/** Asks on a new connection who answers. `undefined` when nobody does. */
async function ask(port: number): Promise<number | undefined> {
  try {
    const [socket] = await openSockets(port, 1);
    const text = await new Promise<string | undefined>((resolve) => {
      socket?.once("data", (chunk) => resolve(chunk.toString("latin1"))).once("error", () => resolve(undefined));
      socket?.once("close", () => resolve(undefined)).write(formatRequest());
    });
    socket?.destroy();
    return text === undefined ? undefined : Number(/X-Worker: (\d+)/.exec(text)?.[1]);
  } catch {
    return undefined; // refused: no worker listens at this moment, which is an answer here
  }
}

async function measureDeath(guise: Guise, way: string, port: number): Promise<Record<string, string | number>> {
  const start = (id: number): StartedWorker => startWorker("process", { id, port, hosts: { guise, workers: 2, replaces: true } });
  let host = start(0);
  await nextMessage(host, "hosting");
  let hostEnded = false;
  let survivorClosed = false;
  let diedAt = Number.NaN;
  const restarted = host.ended.then(() => {
    hostEnded = true;
    host = start(10);
  });
  // Connections fall on workers by chance: of twenty, some are with each.
  const sockets = await openSockets(port, 20);
  for (const socket of sockets) {
    socket.on("error", () => undefined); // a reset is one of the endings measured
    socket.once("data", (chunk) => {
      if (chunk.includes("X-Worker: 0001")) return void socket.once("close", () => (survivorClosed = true));
      if (Number.isNaN(diedAt)) socket.write(formatRequest(way));
      socket.once("close", () => (diedAt = Number.isNaN(diedAt) ? performance.now() : diedAt));
    });
    socket.write(formatRequest());
  }
  const begun = performance.now();
  let refused = 0;
  let asked = 0;
  let answeredBy: number | undefined;
  while (performance.now() - begun < dyingMsMax) {
    answeredBy = await ask(port);
    if (Number.isNaN(diedAt)) continue; // the dying one may hold new connections unanswered until it ends
    asked += 1;
    if (answeredBy === undefined) refused += 1;
    if (answeredBy !== undefined && answeredBy > 1) break;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const replacedMs = performance.now() - diedAt;
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => setTimeout(resolve, 50));
  if (hostEnded) await restarted;
  await host.stop();
  return {
    case: `${guise} ${way}`,
    "other worker": survivorClosed ? "DIED" : "lives",
    supervisor: hostEnded ? "DIED" : "lives",
    "replacement serves after ms": replacedMs.toFixed(0),
    "new connections unanswered": `${refused} of ${asked}`,
  };
}

/** One row per guise and way to die. */
export async function measureBlastRadius(port: number): Promise<Record<string, string | number>[]> {
  const figures: Record<string, string | number>[] = [];
  for (const guise of ["process", "thread"] as const) for (const way of WAYS) figures.push(await measureDeath(guise, way, port));
  return figures;
}
