// Viewers over raw sockets who ask without pause and count what becomes of each request: the load under which workers are killed and
// replaced. They keep to the protocol as a careful client does: who is told that the connection closes opens another.

import { connect, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

const REFUSED_PAUSE_MS = 5;

export interface ViewerCounts {
  answered: number;
  /** Connections that could not be made. */
  refused: number;
  /** Closed while an answer was awaited, none of which had come: a client asks again. */
  unanswered: number;
  /** Closed in mid-answer. */
  cut: number;
  /** Closed while nothing was asked. */
  closedIdle: number;
  /** Answers with another status than 200. */
  otherStatus: number;
  /** Own ports of the connections that broke. */
  readonly brokenPorts: number[];
}

export interface CountingViewers extends AsyncDisposable {
  readonly counts: ViewerCounts;
  /** Lets each finish the request that it is at. */
  stop(): Promise<ViewerCounts>;
}

/** `viewers` at once; with `isNewEachTime` each request goes over a connection of its own, otherwise a pause lies between two. */
export function openCountingViewers(given: {
  readonly port: number;
  readonly host: string;
  readonly path: string;
  readonly viewers: number;
  readonly isNewEachTime?: boolean;
  readonly pauseMs?: number;
}): CountingViewers {
  const { port, viewers, isNewEachTime = false, pauseMs = 0 } = given;
  const counts: ViewerCounts = {
    answered: 0,
    refused: 0,
    unanswered: 0,
    cut: 0,
    closedIdle: 0,
    otherStatus: 0,
    brokenPorts: [],
  };
  const request = `GET ${given.path} HTTP/1.1\r\nHost: ${given.host}\r\n${isNewEachTime ? "Connection: close\r\n" : ""}\r\n`;
  const stopping = new AbortController();

  async function view(): Promise<void> {
    let socket: Socket | undefined;
    while (!stopping.signal.aborted) {
      if (socket === undefined || socket.destroyed) socket = await openSocket(port);
      if (socket === undefined) {
        counts.refused++;
        await wait(REFUSED_PAUSE_MS);
        continue;
      }
      const ownPort = socket.localPort ?? 0;
      const outcome = await ask(socket, request);
      if (outcome.kind === "answered") {
        counts.answered++;
        if (outcome.status !== 200) counts.otherStatus++;
        if (outcome.closes || isNewEachTime) {
          socket.destroy();
          continue;
        }
      } else {
        counts[outcome.kind]++;
        counts.brokenPorts.push(ownPort);
        socket.destroy();
        continue;
      }
      if (pauseMs > 0) await wait(pauseMs);
      else await new Promise((resolve) => setImmediate(resolve));
      if (socket.readableEnded || socket.destroyed) {
        counts.closedIdle++;
        counts.brokenPorts.push(ownPort);
        socket.destroy();
      }
    }
    socket?.destroy();
  }

  const running = Array.from({ length: viewers }, view);
  async function stop(): Promise<ViewerCounts> {
    stopping.abort();
    await Promise.all(running);
    return counts;
  }
  return { counts, stop, [Symbol.asyncDispose]: async () => void (await stop()) };
}

async function openSocket(port: number): Promise<Socket | undefined> {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  const { promise, resolve } = Promise.withResolvers<Socket | undefined>();
  socket.once("connect", () => resolve(socket));
  socket.on("error", () => resolve(undefined));
  socket.once("close", () => resolve(undefined));
  return promise;
}

type Asked =
  | { readonly kind: "answered"; readonly status: number; readonly closes: boolean }
  | { readonly kind: "unanswered" | "cut" };

/** One request, and its answer to the last byte. */
async function ask(socket: Socket, request: string): Promise<Asked> {
  const { promise, resolve } = Promise.withResolvers<Asked>();
  let text = "";
  const onData = (chunk: Buffer): void => {
    text += chunk.toString("latin1");
    const answer = readAnswer(text);
    if (answer !== undefined) resolve({ kind: "answered", ...answer });
  };
  const onEnd = (): void => resolve({ kind: text === "" ? "unanswered" : "cut" });
  socket.on("data", onData);
  socket.once("end", onEnd);
  socket.once("close", onEnd);
  socket.write(request);
  const outcome = await promise;
  socket.off("data", onData);
  socket.off("end", onEnd);
  socket.off("close", onEnd);
  socket.resume(); // an end is seen between requests too
  return outcome;
}

/** `undefined`: more is to come. */
function readAnswer(text: string): { readonly status: number; readonly closes: boolean } | undefined {
  const headEnd = text.indexOf("\r\n\r\n");
  if (headEnd < 0) return undefined;
  const head = text.slice(0, headEnd);
  const body = text.slice(headEnd + 4);
  const length = /^content-length: *(\d+)/im.exec(head)?.[1];
  const isWhole = length === undefined ? body.endsWith("0\r\n\r\n") : body.length >= Number(length);
  if (!isWhole) return undefined;
  return { status: Number(text.slice(9, 12)), closes: /^connection: *close/im.test(head) };
}
