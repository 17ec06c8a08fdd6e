// Lets viewers in: opens the port, gives each connection its ViewerConnection, and looks after all of them once a
// second, so that no request costs a timer.

import { createServer, type Socket } from "node:net";

import type { Limits } from "../../vocabulary/limits.ts";
import type { Clock } from "../../vocabulary/time.ts";
import { openConnectionCounts, type ConnectionCounts } from "./connection-counts.ts";
import type { Answer, OnServed, Respond } from "./message.ts";
import { refusePlainly } from "./refused-messages.ts";
import { takeOverReads } from "./shared-reads.ts";
import { openTlsAcceptor, type TlsAcceptorSettings } from "./tls/tls-acceptor.ts";
import { ViewerConnection } from "./http1/viewer-connection.ts";
import {
  viewerAddressOf,
  type ConnectionSurroundings,
  type Refused,
  type TransportEvent,
  type ViewerPeer,
} from "./viewer-peer.ts";

export interface ViewerListenerSettings {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly respond: Respond;
  /** The page for a message that never became a request, to be sent at once. Left out: a line of plain text. */
  readonly refuse?: (refused: Refused) => Answer;
  /** Instead of host and port: a socket that is bound to them already, by its descriptor. Closing it here closes it for nobody else. */
  readonly descriptor?: number;
  readonly log?: (event: TransportEvent) => void;
  /** Told of every answer when it is over. */
  readonly onServed?: OnServed;
  /** Too much is asked: a connection that would begin with a handshake is closed at once. */
  readonly refusesHandshake?: () => boolean;
  /** Shared by the listeners whose connections are bounded together. */
  readonly counts?: ConnectionCounts;
  /** Viewers speak TLS here. Left out: plain HTTP. */
  readonly tls?: TlsAcceptorSettings;
}

export interface ViewerListener extends AsyncDisposable {
  readonly address: { readonly host: string; readonly port: number };
  /**
   * Stops accepting, closes connections after the answer in work, and those that are idle at once. With `idleSeconds` a connection whose
   * viewer does not know yet may bring one more request for so long, at most twice as long: its answer says that it is the last.
   * Resolves when the last connection is closed; what is not done within the given seconds is cut off.
   */
  drain(withinSeconds: number, idleSeconds?: number): Promise<void>;
  /** Open connections. */
  connections(): number;
  /** Enforces the time-outs. It calls itself once a second; tests that move the clock need not wait for that. */
  sweep(): void;
}

const BACKLOG = 4096;

/** Rejects with Node's own error when the address cannot be listened on (EADDRINUSE, EACCES, …). */
export async function openViewerListener(settings: ViewerListenerSettings): Promise<ViewerListener> {
  const { limits, clock } = settings;
  const counts = settings.counts ?? openConnectionCounts(limits);
  const log = settings.log ?? (() => undefined);
  const connections = new Set<ViewerPeer>();
  let isDraining = false;
  let sparesIdle = false;
  const emptied = Promise.withResolvers<void>();

  const around: ConnectionSurroundings = {
    limits,
    clock,
    scheme: settings.tls === undefined ? "http" : "https",
    respond: settings.respond,
    refuse: settings.refuse ?? refusePlainly,
    log,
    onServed: settings.onServed,
    isDraining: () => isDraining,
    sparesIdle: () => sparesIdle,
    onClosed: (connection) => {
      connections.delete(connection);
      if (isDraining && connections.size === 0) emptied.resolve();
    },
  };
  const tls =
    settings.tls &&
    openTlsAcceptor(settings.tls, around, (arrival, connection) => {
      connections.delete(arrival);
      connections.add(connection);
    });

  // Half-open, because a viewer may close its half once it has asked.
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket: Socket) => {
    const address = viewerAddressOf(socket);
    const isShed = tls !== undefined && settings.refusesHandshake?.() === true;
    const beyond = isDraining ? "draining" : isShed ? "load" : counts.enter(address);
    if (beyond !== undefined) {
      if (beyond !== "draining") log({ kind: "too-many-connections", viewerAddress: address, of: beyond });
      socket.on("error", () => undefined); // nobody is left to be told
      socket.destroy();
      return;
    }
    if (tls === undefined) {
      const reads = takeOverReads(socket);
      const viewer = reads?.socket ?? socket;
      viewer.once("close", () => counts.leave(address));
      connections.add(new ViewerConnection(viewer, around, reads));
    } else {
      socket.once("close", () => counts.leave(address));
      connections.add(tls.accept(socket));
    }
  });

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(
      settings.descriptor !== undefined
        ? { fd: settings.descriptor, backlog: BACKLOG }
        : { host: settings.host, port: settings.port, backlog: BACKLOG },
      () => {
        server.off("error", reject);
        resolve();
      },
    );
  });
  // Accepting can fail later (no file descriptors left); it is tried again by itself with the next connection.
  server.on("error", (error) => log({ kind: "socket-failed", viewerAddress: "", error }));

  function sweep(): void {
    const now = clock.now();
    for (const connection of connections) connection.sweep(now);
  }
  const sweeping = setInterval(sweep, 1000).unref();

  async function drain(withinSeconds: number, idleSeconds = 0): Promise<void> {
    isDraining = true;
    sparesIdle = idleSeconds > 0;
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    if (connections.size === 0) emptied.resolve();
    const bound = setTimeout(() => {
      for (const connection of connections) connection.destroy();
    }, withinSeconds * 1000);
    const leave = (): void => {
      for (const connection of connections) connection.drain(sparesIdle);
    };
    leave();
    const again = sparesIdle ? setInterval(leave, idleSeconds * 1000) : undefined;
    await emptied.promise;
    await closed;
    clearInterval(again);
    clearTimeout(bound);
    clearInterval(sweeping);
  }

  const at = server.address();
  const { address, port } = at === null || typeof at === "string" ? { address: settings.host, port: 0 } : at;
  return {
    address: { host: address, port },
    drain,
    connections: () => connections.size,
    sweep,
    [Symbol.asyncDispose]: () => drain(0),
  };
}
