// An origin on bare sockets that answers everything with the same page of 1 KB after a while: in a process of its own beside the load,
// so that neither waits for the other's turn. Started by `startSlowOrigin` of the same file.

import { createServer, type AddressInfo, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { startBenchProgram, tellPort, whatWasTold, type BenchProgram } from "./bench-program.ts";

export function startSlowOrigin(milliseconds: number): Promise<BenchProgram> {
  return startBenchProgram(fileURLToPath(import.meta.url), { told: milliseconds, on: "load" });
}

const PAGE = Buffer.from(
  `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1024\r\nCache-Control: max-age=600\r\n\r\n${"x".repeat(1024)}`,
);

/** One request at a time comes on each connection, in one piece. */
async function serve(milliseconds: number): Promise<void> {
  const due: { readonly at: number; readonly socket: Socket }[] = [];
  let first = 0;
  // One timer for all: they wait equally long.
  const look = (): void => {
    const now = performance.now();
    for (let next = due[first]; next !== undefined && next.at <= now; next = due[++first]) next.socket.write(PAGE);
    if (first > 10_000) {
      due.splice(0, first);
      first = 0;
    }
    if (first < due.length) setTimeout(look, 1);
    else due.length = first = 0;
  };
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => undefined);
    socket.on("data", () => {
      if (due.push({ at: performance.now() + milliseconds, socket }) === 1) setTimeout(look, milliseconds);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", 4096, resolve));
  tellPort((server.address() as AddressInfo).port);
}

if (import.meta.main) await serve(whatWasTold() as number);
