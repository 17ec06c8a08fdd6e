// A caller's connection to the API's port, over all of its requests: exchanges of the bucket store that were sent without
// waiting (pipelined) take place one after the other, and all learn at once that the caller has left.

import type { Socket } from "node:net";

export interface CallerConnection {
  readonly isGone: boolean;
  /** Requests that have begun and are not answered. */
  waiting: number;
  /** Runs `exchange` once all earlier ones of this connection are over. */
  inTurn(exchange: () => Promise<void>): Promise<void>;
  /** Until something happened: `wake` was called, or the caller has left. */
  untilWoken(): Promise<void>;
  readonly wake: () => void;
  /** Cuts it off; whoever waits goes on at once. */
  end(): void;
}

const connections = new WeakMap<Socket, CallerConnection>();

export function connectionOf(socket: Socket): CallerConnection {
  const known = connections.get(socket);
  if (known !== undefined) return known;
  const connection = openConnection(socket);
  connections.set(socket, connection);
  return connection;
}

function openConnection(socket: Socket): CallerConnection {
  let isGone = socket.destroyed;
  let last: Promise<void> = Promise.resolve();
  // Exchanges are in turn and wait for one thing at a time, so one waker does for all of them.
  let resolveWaiting: (() => void) | undefined;
  const wake = (): void => {
    resolveWaiting?.();
    resolveWaiting = undefined;
  };
  const leave = (): void => {
    isGone = true;
    wake();
  };
  socket.once("close", leave);
  return {
    get isGone() {
      return isGone;
    },
    waiting: 0,
    inTurn(exchange) {
      const turn = last.then(exchange);
      last = turn.catch(() => undefined); // whoever runs the exchange hears of its fault
      return turn;
    },
    untilWoken() {
      if (isGone) return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      resolveWaiting = resolve;
      return promise;
    },
    wake,
    end() {
      socket.destroy();
      leave();
    },
  };
}
