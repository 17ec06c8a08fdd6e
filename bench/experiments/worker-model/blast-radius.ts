// How far one worker's death reaches. Two workers behind a supervisor that replaces what ends; one is told to die in each
// way, while a viewer keeps asking the other. When the supervisor dies too, this program starts it anew, as init would.
import type { Socket } from "node:net";
import { openSockets, formatRequest } from "./load.ts";
import { nextMessage, startWorker } from "./workers.ts";
import type { Guise, StartedWorker } from "./workers.ts";

const WAYS = ["/throw", "/crash", "/heap", "/map", "/kill"] as const;
const dyingMsMax = 20_000;

/** Who answers on this connection; `undefined` when it ends without an answer. */
function askOn(socket: Socket): Promise<number | undefined> {
  return new Promise((resolve) => {
    socket.once("data", (chunk) => resolve(Number(/X-Worker: (\d+)/.exec(chunk.toString("latin1"))?.[1])));
    socket.on("error", () => undefined); // a reset is an ending like any other here; close follows
    socket.once("close", () => resolve(undefined));
    socket.write(formatRequest());
  });
}

/** Asks on a new connection who answers. */
async function ask(port: number): Promise<number | undefined> {
  const sockets = await openSockets(port, 1).catch(() => []); // refused: nobody listens at this moment
  const answers = await Promise.all(sockets.map(askOn));
  for (const socket of sockets) socket.destroy();
  return answers[0];
}

async function measureDeath(guise: Guise, way: string, port: number): Promise<Record<string, string | number>> {
  const start = (id: number): StartedWorker =>
    startWorker("process", { id, port, hosts: { guise, workers: 2, replaces: true } });
  let host = start(0);
  await nextMessage(host, "hosting");
  let hostEnded = false;
  let survivorClosed = false;
  let diedAt = Number.NaN;
  let finished = false;
  const watch = async (): Promise<void> => {
    await host.ended;
    if (finished) return;
    hostEnded = true;
    host = start(10);
  };
  void watch();
  // Connections fall on workers by chance: of twenty, some are with each. Who dies is who answered the first of them.
  const sockets = await openSockets(port, 20);
  const names = await Promise.all(sockets.map(askOn));
  for (const [index, socket] of sockets.entries()) {
    socket.once("close", () => {
      if (names[index] !== names[0]) survivorClosed = true;
      else if (Number.isNaN(diedAt)) diedAt = performance.now();
    });
  }
  sockets[0]?.write(formatRequest(way));
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
  const spared = { "other worker": survivorClosed ? "DIED" : "lives", supervisor: hostEnded ? "DIED" : "lives" };
  for (const socket of sockets) socket.destroy();
  finished = true;
  await host.stop();
  return {
    case: `${guise} ${way}`,
    ...spared,
    "dies after ms": (diedAt - begun).toFixed(0),
    "replacement serves after ms": replacedMs.toFixed(0),
    "new connections unanswered": `${refused} of ${asked}`,
  };
}

/** One row per guise and way to die. */
export async function measureBlastRadius(firstPort: number): Promise<Record<string, string | number>[]> {
  let port = firstPort; // one for each case: workers of the last one may still be on their way out
  const figures: Record<string, string | number>[] = [];
  for (const guise of ["process", "thread"] as const)
    for (const way of WAYS) figures.push(await measureDeath(guise, way, port++));
  return figures;
}
