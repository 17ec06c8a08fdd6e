// Callers on raw sockets: each connection sends its next request when the answer to the last one has arrived whole. Far
// cheaper per request than any HTTP client, so that what is measured is the server. Every answer is looked at: a figure
// made of errors is no figure.

import { connect, type Socket } from "node:net";

export interface Load {
  readonly port: number;
  readonly connections: number;
  /** The nth request of all connections together, as it goes on the wire; `undefined`: no more. */
  readonly request: (index: number) => Buffer | undefined;
  /** No request is begun after this; the ones in flight are waited for. */
  readonly seconds: number;
  readonly expectedStatus: number;
}

export interface LoadOutcome {
  readonly answers: number;
  /** From the first request to the last answer. */
  readonly seconds: number;
  readonly perSecond: number;
  readonly latenciesMs: readonly number[];
}

const READ_BYTES = 65_536;

/** Rejects at the first answer that is not the expected one, and when a connection ends early. */
export async function runLoad(load: Load): Promise<LoadOutcome> {
  const latenciesMs: number[] = [];
  let index = 0;
  const begun = performance.now();
  const until = begun + load.seconds * 1000;
  const next = (): Buffer | undefined => (performance.now() < until ? load.request(index++) : undefined);
  const end = stayAwake();
  try {
    await Promise.all(Array.from({ length: load.connections }, () => runConnection(load, next, latenciesMs)));
  } finally {
    end();
  }
  const seconds = (performance.now() - begun) / 1000;
  const answers = latenciesMs.length;
  return { answers, seconds, perSecond: answers / seconds, latenciesMs };
}

/**
 * Keeps the event loop from sleeping. To wake a sleeping core costs the server, whose write does it, more than the whole
 * of a small answer on some virtual machines; and only a slow server meets callers who sleep.
 */
function stayAwake(): () => void {
  let turn = setImmediate(function again() {
    turn = setImmediate(again);
  });
  return () => clearImmediate(turn);
}

function runConnection(load: Load, next: () => Buffer | undefined, latenciesMs: number[]): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  let sentAt = 0;
  let head = ""; // what came of a head that is not whole yet
  let bodyBytesLeft = -1; // -1: in the head

  const send = (): void => {
    const request = next();
    if (request === undefined) {
      socket.end();
      resolve();
      return;
    }
    sentAt = performance.now();
    socket.write(request);
  };

  const receive = (count: number): void => {
    let bodyFrom = 0;
    if (bodyBytesLeft < 0) {
      const before = head.length;
      head += buffer.toString("latin1", 0, count);
      const end = head.indexOf("\r\n\r\n") + 4;
      if (end < 4) return;
      bodyFrom = end - before;
      bodyBytesLeft = readHead(head.slice(0, end), load.expectedStatus);
      head = "";
    }
    bodyBytesLeft -= count - bodyFrom;
    if (bodyBytesLeft > 0) return;
    if (bodyBytesLeft < 0) throw new Error("more bytes than the answer should have");
    bodyBytesLeft = -1;
    latenciesMs.push(performance.now() - sentAt);
    send();
  };

  const socket: Socket = connect({
    port: load.port,
    host: "127.0.0.1",
    noDelay: true,
    onread: {
      buffer,
      callback: (count) => {
        try {
          receive(count);
          return true;
        } catch (error) {
          reject(error);
          socket.destroy();
          return false;
        }
      },
    },
  });
  socket.once("connect", send);
  socket.once("error", reject);
  socket.once("close", () => reject(new Error("the server closed a connection"))); // without effect after the end
  return promise;
}

/** Bytes of body that follow the head. */
function readHead(head: string, expectedStatus: number): number {
  if (!head.startsWith(`HTTP/1.1 ${expectedStatus} `)) throw new Error(`not the expected answer: ${head}`);
  if (expectedStatus === 304) return 0;
  const length = /\r\ncontent-length: (\d+)\r\n/i.exec(head)?.[1];
  if (length === undefined) throw new Error(`an answer without Content-Length: ${head}`);
  return Number(length);
}
