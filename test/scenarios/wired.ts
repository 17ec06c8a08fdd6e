// The same edge behind its real listener, an origin that is a bare socket, and viewers that are bare sockets too: for
// what can only be shown in bytes. Time stands still unless the test moves it; then the listener looks after its connections.

import assert from "node:assert/strict";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import type { LoadGuard } from "../../src/edge/overload/load-guard.ts";
import type { RecordLog } from "../../src/edge/record/recorder.ts";
import type { TransportEvent } from "../../src/edge/transport/viewer-peer.ts";
import { openViewerListener } from "../../src/edge/transport/viewer-listener.ts";
import { DEFAULT_LIMITS, type Limits } from "../../src/vocabulary/limits.ts";
import {
  openWorld,
  published,
  type BehaviorDraft,
  type DistributionDraft,
  type World,
  type WorldSettings,
} from "./harness.ts";

export interface WiredWorld extends AsyncDisposable {
  readonly world: World;
  readonly port: number;
  readonly transportEvents: readonly TransportEvent[];
  connections(): number;
  /** Moves the clock and lets the listener see it. */
  pass(seconds: number): void;
  drain(withinSeconds: number): Promise<void>;
  viewer(): Peer;
  /** The distribution's origin is the one at this port from now on. */
  pointAt(port: number, draft?: DistributionDraft): void;
}

export async function openWired(
  draft: DistributionDraft = {},
  limits: Partial<Limits> = {},
  recordLogs: readonly RecordLog[] = [],
  load?: LoadGuard,
  asked: Pick<WorldSettings, "workers" | "settings" | "storage"> = {},
): Promise<WiredWorld> {
  const world = await openWorld(draft, { limits, recordLogs, ...(load !== undefined && { load }), ...asked });
  const transportEvents: TransportEvent[] = [];
  const listener = await openViewerListener({
    host: "127.0.0.1",
    port: 0,
    limits: { ...DEFAULT_LIMITS, ...limits },
    clock: { now: () => world.now() },
    respond: world.edge.respond,
    refuse: (refused) => world.edge.refuse(refused),
    onServed: world.edge.onServed,
    log(event) {
      transportEvents.push(event);
      world.edge.hear(event);
    },
  });
  const peers: Peer[] = [];
  return {
    world,
    port: listener.address.port,
    transportEvents,
    connections: () => listener.connections(),
    pass(seconds) {
      world.advance(seconds);
      listener.sweep();
    },
    drain: (withinSeconds) => listener.drain(withinSeconds),
    viewer() {
      const peer = new Peer(connect({ port: listener.address.port, host: "127.0.0.1", allowHalfOpen: true }));
      peers.push(peer);
      return peer;
    },
    pointAt(port, next = draft) {
      world.apply((number) => ({ kind: "distribution", number, distribution: published(next, port) }));
    },
    async [Symbol.asyncDispose]() {
      for (const peer of peers) peer.socket.destroy();
      await listener.drain(0);
      await world[Symbol.asyncDispose]();
    },
  };
}

/** One end of a connection in the test's hands. */
export class Peer {
  readonly socket: Socket;
  received = "";
  hasEnded = false;
  error: string | undefined;
  readonly closed: Promise<void>;
  #wake: (() => void)[] = [];
  #isReading = false;
  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("error", (error: NodeJS.ErrnoException) => (this.error = error.code));
    socket.on("end", () => {
      this.hasEnded = true;
      this.#tell();
    });
    this.closed = new Promise((resolve) =>
      socket.on("close", () => {
        this.#tell();
        resolve();
      }),
    );
  }
  #tell(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
  send(bytes: string | Uint8Array): void {
    if (typeof bytes === "string") this.socket.write(bytes, "latin1");
    else this.socket.write(bytes);
  }
  read(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    this.socket.on("data", (piece: Buffer) => {
      this.received += piece.toString("latin1");
      this.#tell();
    });
  }
  /** Reads until the other side has closed its half, and returns all. */
  async toEnd(): Promise<string> {
    this.read();
    while (!this.hasEnded && !this.socket.closed) await new Promise<void>((resolve) => this.#wake.push(resolve));
    return this.error === undefined ? this.received : `${this.received}<${this.error}>`;
  }
  /** Reads until what was received matches. */
  async until(pattern: RegExp): Promise<string> {
    this.read();
    while (!pattern.test(this.received)) {
      assert.ok(!this.hasEnded && !this.socket.closed, `ended before ${pattern}: ${JSON.stringify(this.received)}`);
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
    return this.received;
  }
}

export interface RawOrigin extends AsyncDisposable {
  readonly port: number;
  /** Connections in the order in which they came. */
  readonly peers: readonly Peer[];
  next(): Promise<Peer>;
}

/** Accepts, reads and answers nothing by itself. */
export async function openRawOrigin(onPeer: (peer: Peer) => void = () => {}): Promise<RawOrigin> {
  const peers: Peer[] = [];
  let taken = 0;
  const wanted: (() => void)[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const peer = new Peer(socket);
    peers.push(peer);
    onPeer(peer);
    wanted.shift()?.();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    peers,
    async next() {
      if (peers.length <= taken) await new Promise<void>((resolve) => wanted.push(resolve));
      const peer = peers[taken++];
      assert.ok(peer !== undefined);
      return peer;
    },
    async [Symbol.asyncDispose]() {
      for (const { socket } of peers) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Sends these bytes, and reads until the edge closes the connection. */
export async function exchangeBytes(port: number, sent: string): Promise<string> {
  const viewer = new Peer(connect(port, "127.0.0.1"));
  viewer.send(sent);
  return viewer.toEnd();
}

/** As many turns of the event loop as it takes; the test's own time-out ends what never comes. */
export async function eventually(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

/** A wired edge in front of a bare origin: the two ends between which a test stands. */
export interface Ends extends AsyncDisposable {
  readonly wired: WiredWorld;
  readonly origin: RawOrigin;
}

export async function openEnds(
  behavior: BehaviorDraft = {},
  limits: Partial<Limits> = {},
  recordLogs: readonly RecordLog[] = [],
  asked: Pick<WorldSettings, "workers"> = {},
): Promise<Ends> {
  const wired = await openWired({ behavior }, limits, recordLogs, undefined, asked);
  const origin = await openRawOrigin();
  wired.pointAt(origin.port);
  return {
    wired,
    origin,
    async [Symbol.asyncDispose]() {
      await wired[Symbol.asyncDispose]();
      await origin[Symbol.asyncDispose]();
    },
  };
}
