// Viewers who do not wait for one another: requests are due at a rate, each takes a connection that is free, waits for one where there
// is none, and gives up after a while. So a server that is asked too much gets to feel it, which callers who wait for
// their answers spare it. Refusals are counted; nothing but 200 and 503 is expected.

import { connect, type Socket } from "node:net";

export interface Flood {
  readonly port: number;
  readonly connections: number;
  /** The nth request, as it goes on the wire. */
  readonly request: (index: number) => string;
}

export interface FloodOutcome {
  readonly seconds: number;
  readonly offered: number;
  readonly served: number;
  readonly refused: number;
  /** Requests whose viewer gave up while no connection was free. */
  readonly givenUp: number;
  /** Of what was served, from when it was due. */
  readonly latenciesMs: readonly number[];
  /** When the last refusal came, in ms since the beginning; `undefined`: there was none. */
  readonly lastRefusedMs: number | undefined;
}

export interface FloodedPool extends Disposable {
  /**
   * `perSecond` requests for so long; `Infinity`: as fast as connections are free, and at most `inFlightMax` of them are not. Those in
   * flight at the end are not waited for.
   */
  run(perSecond: number, seconds: number, inFlightMax?: number): Promise<FloodOutcome>;
}

const PATIENCE_MS = 1000;
/** Of lines that are opened at once. */
const OPENED_AT_ONCE = 200;

interface Lane {
  readonly socket: Socket;
  dueAt: number;
  isBusy: boolean;
  status: number;
  /** Bytes of the answer that are still to come; below 0: its head is not whole. */
  left: number;
  head: string;
}

export async function openFlood({ port, connections, request }: Flood): Promise<FloodedPool> {
  const lanes: Lane[] = [];
  let onAnswer: (lane: Lane) => void = () => undefined;
  let index = 0;

  function receive(lane: Lane, piece: Buffer): void {
    if (lane.left < 0) {
      lane.head += piece.toString("latin1");
      const end = lane.head.indexOf("\r\n\r\n") + 4;
      if (end < 4) return;
      lane.status = Number(lane.head.slice(9, 12));
      const length = /\r\ncontent-length: (\d+)/i.exec(lane.head.slice(0, end))?.[1];
      lane.left = Number(length) - (lane.head.length - end);
    } else lane.left -= piece.length;
    if (lane.left > 0) return;
    onAnswer(lane);
  }

  async function open(): Promise<void> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const lane: Lane = { socket, dueAt: 0, isBusy: false, status: 0, left: -1, head: "" };
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    socket.on("error", () => undefined); // it is counted out when it closes
    socket.on("close", () => (lane.isBusy = true));
    socket.on("data", (piece: Buffer) => receive(lane, piece));
    lanes.push(lane);
  }
  while (lanes.length < connections) {
    await Promise.all(Array.from({ length: Math.min(OPENED_AT_ONCE, connections - lanes.length) }, open));
  }

  async function run(perSecond: number, seconds: number, inFlightMax = Infinity): Promise<FloodOutcome> {
    const latenciesMs: number[] = [];
    const counts = { offered: 0, served: 0, refused: 0, givenUp: 0 };
    let lastRefusedMs: number | undefined;
    // Whoever was answered last asks last: another viewer comes on another connection.
    let free = lanes.filter(({ isBusy }) => !isBusy);
    let firstFree = 0;
    let waiting: number[] = [];
    let firstWaiting = 0;
    const begun = performance.now();

    const send = (lane: Lane, dueAt: number): void => {
      Object.assign(lane, { dueAt, isBusy: true, left: -1, head: "" });
      lane.socket.write(request(index++), "latin1");
    };
    onAnswer = (lane) => {
      lane.isBusy = false;
      const now = performance.now();
      if (lane.dueAt >= begun) {
        if (lane.status === 200) {
          counts.served++;
          latenciesMs.push(now - lane.dueAt);
        } else if (lane.status === 503) {
          counts.refused++;
          lastRefusedMs = now - begun;
        } else throw new Error(`answered ${lane.status}`);
      }
      while (firstWaiting < waiting.length && now - (waiting[firstWaiting] ?? 0) > PATIENCE_MS) {
        firstWaiting++;
        counts.givenUp++;
      }
      const next = waiting[firstWaiting];
      if (next === undefined) free.push(lane);
      else {
        firstWaiting++;
        send(lane, next);
      }
    };

    const end = begun + seconds * 1000;
    await new Promise<void>((resolve) => {
      const tick = (): void => {
        const now = performance.now();
        if (now >= end) return resolve();
        const isFree = free.length - firstFree;
        const asked = Math.min(isFree, inFlightMax - (lanes.length - isFree));
        const due = perSecond === Infinity ? counts.offered + asked : ((now - begun) / 1000) * perSecond;
        while (counts.offered < due) {
          const dueAt = perSecond === Infinity ? now : begun + (counts.offered / perSecond) * 1000;
          counts.offered++;
          const lane = free[firstFree];
          if (lane !== undefined) firstFree++;
          if (lane === undefined) waiting.push(dueAt);
          else send(lane, dueAt);
        }
        if (firstFree > 100_000) {
          free = free.slice(firstFree);
          firstFree = 0;
        }
        if (firstWaiting > 100_000) {
          waiting = waiting.slice(firstWaiting);
          firstWaiting = 0;
        }
        setTimeout(tick, 1); // whoever spins is scheduled late when it matters
      };
      tick();
    });
    const took = (performance.now() - begun) / 1000;
    return { seconds: took, ...counts, latenciesMs, lastRefusedMs };
  }

  return {
    run,
    [Symbol.dispose]() {
      for (const { socket } of lanes) socket.destroy();
    },
  };
}
