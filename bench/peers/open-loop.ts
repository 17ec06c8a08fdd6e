// Requests at instants fixed beforehand, whether or not those before have been answered, and each latency counted from its
// instant. So a server that stalls pays for every request of that time; callers who wait for an answer before they ask
// again would leave out just those.

import { connect, type Socket } from "node:net";
import { emptyHistogram, recordLatency, type LatencyHistogram } from "./latency-histogram.ts";

export interface OpenLoopLoad {
  readonly port: number;
  /** As it goes on the wire; answered with 200 and a Content-Length. */
  readonly request: string;
  readonly perSecond: number;
  readonly seconds: number;
  /** A request that is due while all of them wait for answers waits too, and that counts. */
  readonly connections: number;
  /** Of the gaps between requests, which are those of independent viewers: exponentially distributed. */
  readonly seed: number;
}

export interface OpenLoopOutcome {
  /** How many were due. Those without an answer at the end are in the latencies with the time they had waited by then. */
  readonly due: number;
  readonly unanswered: number;
  /** From the instant at which a request was due to the last byte of its answer. */
  readonly latencies: LatencyHistogram;
  /** How late the generator itself was, where a connection was free: what it adds to every server alike. */
  readonly ownLags: LatencyHistogram;
}

const READ_BYTES = 65_536;
/** How long answers are waited for after the last request was due. */
const GRACE_SECONDS = 3;

interface Lane {
  readonly socket: Socket;
  /** When its request was due, in ms. */
  dueAt: number;
  bodyBytesLeft: number;
  head: string;
}

/** Rejects at an answer other than 200 and when the server closes a connection. */
export async function runOpenLoop(load: OpenLoopLoad): Promise<OpenLoopOutcome> {
  const latencies = emptyHistogram();
  const ownLags = emptyHistogram();
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined); // without effect after the end
  const bytes = Buffer.from(load.request, "latin1");
  const free: Lane[] = [];
  const lanes: Lane[] = [];
  /** Instants of requests that no connection was free for, the oldest first. */
  let waiting: number[] = [];
  let firstWaiting = 0;

  const send = (lane: Lane, dueAt: number): void => {
    lane.dueAt = dueAt;
    lane.bodyBytesLeft = -1;
    lane.head = "";
    lane.socket.write(bytes);
  };
  const answered = (lane: Lane): void => {
    recordLatency(latencies, (performance.now() - lane.dueAt) * 1000);
    const next = waiting[firstWaiting];
    if (next === undefined) {
      free.push(lane);
      return;
    }
    if (++firstWaiting === waiting.length) [waiting, firstWaiting] = [[], 0];
    send(lane, next);
  };
  await Promise.all(
    Array.from({ length: load.connections }, async () => {
      const lane = await openLane(load.port, answered, failed.reject);
      lanes.push(lane);
      free.push(lane);
    }),
  );

  const nextGap = exponentialGaps(load.perSecond, load.seed);
  const begun = performance.now();
  const until = begun + load.seconds * 1000;
  let dueAt = begun + nextGap();
  let due = 0;
  try {
    await Promise.race([
      failed.promise,
      new Promise<void>((resolve) => {
        const turn = (): void => {
          const now = performance.now();
          while (dueAt <= now && dueAt < until) {
            due++;
            const lane = free.pop();
            if (lane === undefined) waiting.push(dueAt);
            else {
              recordLatency(ownLags, (now - dueAt) * 1000);
              send(lane, dueAt);
            }
            dueAt += nextGap();
          }
          const isOver = dueAt >= until && (latencies.total === due || now > until + GRACE_SECONDS * 1000);
          if (isOver) resolve();
          else setImmediate(turn); // never sleeps: a timer is a millisecond late
        };
        turn();
      }),
    ]);
  } finally {
    for (const { socket } of lanes) socket.destroy();
  }
  const now = performance.now();
  const unanswered = due - latencies.total;
  for (const lane of lanes) if (!free.includes(lane)) recordLatency(latencies, (now - lane.dueAt) * 1000);
  for (const at of waiting.slice(firstWaiting)) recordLatency(latencies, (now - at) * 1000);
  return { due, unanswered, latencies, ownLags };
}

async function openLane(port: number, onAnswered: (lane: Lane) => void, fail: (why: unknown) => void): Promise<Lane> {
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  const opened = Promise.withResolvers<void>();
  const receive = (count: number): void => {
    let bodyFrom = 0;
    if (lane.bodyBytesLeft < 0) {
      const before = lane.head.length;
      lane.head += buffer.toString("latin1", 0, count);
      const end = lane.head.indexOf("\r\n\r\n") + 4;
      if (end < 4) return;
      bodyFrom = end - before;
      lane.bodyBytesLeft = lengthOfBody(lane.head.slice(0, end));
    }
    lane.bodyBytesLeft -= count - bodyFrom;
    if (lane.bodyBytesLeft < 0) throw new Error("more bytes than the answer should have");
    if (lane.bodyBytesLeft === 0) onAnswered(lane);
  };
  const socket = connect({
    port,
    host: "127.0.0.1",
    noDelay: true,
    onread: {
      buffer,
      callback: (count) => {
        try {
          receive(count);
        } catch (error) {
          fail(error);
        }
        return true;
      },
    },
  });
  const lane: Lane = { socket, dueAt: 0, bodyBytesLeft: -1, head: "" };
  socket.once("connect", opened.resolve);
  socket.once("error", (error) => (opened.reject(error), fail(error)));
  socket.once("end", () => fail(new Error("the server closed a connection")));
  await opened.promise;
  return lane;
}

function lengthOfBody(head: string): number {
  if (!head.startsWith("HTTP/1.1 200 ")) throw new Error(`not the expected answer: ${head}`);
  const length = /\r\ncontent-length: (\d+)\r\n/i.exec(head)?.[1];
  if (length === undefined) throw new Error(`an answer without Content-Length: ${head}`);
  return Number(length);
}

/** Milliseconds between one request and the next. A linear congruential generator is random enough for that. */
function exponentialGaps(perSecond: number, seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (-Math.log((state + 1) / 2 ** 32) / perSecond) * 1000;
  };
}
