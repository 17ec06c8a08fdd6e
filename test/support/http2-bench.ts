// An HTTP/2 port for tests: TLS on loopback with `h2` agreed, each socket handed to `acceptHttp2`, and a clock in the
// test's hands. Viewers are node:http2 clients, or raw bytes on a TLS socket (http2-frames.ts).

import { readFileSync } from "node:fs";
import { connect as connectHttp2, type ClientHttp2Session, type Settings } from "node:http2";
import type { AddressInfo } from "node:net";
import { connect as connectTls, createServer, type TLSSocket } from "node:tls";
import { acceptHttp2 } from "../../src/edge/transport/http2/http2-connection.ts";
import type { Answer, OnServed, Respond } from "../../src/edge/transport/message.ts";
import { refusePlainly } from "../../src/edge/transport/refused-messages.ts";
import type { TransportEvent, ViewerPeer } from "../../src/edge/transport/viewer-peer.ts";
import { DEFAULT_LIMITS, type Limits } from "../../src/vocabulary/limits.ts";
import { epochMs, type EpochMs } from "../../src/vocabulary/time.ts";

const certificates = new URL("../scenarios/certificates/", import.meta.url);
const key = readFileSync(new URL("origin.key.pem", certificates));
const cert = readFileSync(new URL("origin.cert.pem", certificates));

export interface Http2Bench extends AsyncDisposable {
  readonly port: number;
  readonly events: TransportEvent[];
  readonly peers: ReadonlySet<ViewerPeer>;
  /** Moves the clock and looks after the connections. */
  pass(seconds: number): void;
  now(): EpochMs;
  drain(sparesIdle?: boolean): void;
  connect(settings?: Settings): Promise<ClientHttp2Session>;
  /** A socket on which anything can be written. */
  connectRaw(): Promise<TLSSocket>;
}

export function textAnswer(body: string, fields: Answer["fields"] = []): Answer {
  return { status: 200, fields, body: { kind: "bytes", bytes: Buffer.from(body) } };
}

/** Answers that wait until they are let go, all at once. */
export interface HeldAnswers {
  readonly respond: Respond;
  /** How many were asked for. */
  asked(): number;
  letGo(): void;
}

export function holdAnswers(body: string): HeldAnswers {
  const go = Promise.withResolvers<void>();
  let asked = 0;
  return {
    async respond() {
      asked++;
      await go.promise;
      return textAnswer(body);
    },
    asked: () => asked,
    letGo: () => go.resolve(),
  };
}

export async function openHttp2Bench(
  respond: Respond,
  limits: Partial<Limits> = {},
  more: { readonly onServed?: OnServed } = {},
): Promise<Http2Bench> {
  let now = epochMs(1_000_000);
  let isDraining = false;
  const events: TransportEvent[] = [];
  const peers = new Set<ViewerPeer>();
  const around = {
    limits: { ...DEFAULT_LIMITS, ...limits },
    clock: { now: () => now },
    scheme: "https",
    respond,
    refuse: refusePlainly,
    log: (event: TransportEvent) => events.push(event),
    isDraining: () => isDraining,
    sparesIdle: () => false,
    onClosed: (peer: ViewerPeer) => peers.delete(peer),
    ...more,
  } as const;
  const server = createServer({ key, cert, ALPNProtocols: ["h2"], noDelay: true }, (socket) => {
    socket.allowHalfOpen = true; // as the listener has them
    peers.add(acceptHttp2(socket, around));
  });
  server.on("tlsClientError", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const ends: (() => void)[] = [];
  return {
    port,
    events,
    peers,
    now: () => now,
    pass(seconds) {
      now = epochMs(now + seconds * 1000);
      for (const peer of peers) peer.sweep(now);
    },
    drain(sparesIdle = false) {
      isDraining = true;
      for (const peer of peers) peer.drain(sparesIdle);
    },
    async connect(settings) {
      const session = connectHttp2(`https://localhost:${port}`, {
        ...(settings && { settings }),
        createConnection: () =>
          connectTls({ port, host: "127.0.0.1", ALPNProtocols: ["h2"], rejectUnauthorized: false }),
      });
      ends.push(() => session.destroy());
      session.on("error", () => undefined);
      await new Promise<void>((resolve, reject) => session.once("connect", () => resolve()).once("error", reject));
      return session;
    },
    async connectRaw() {
      const socket = connectTls({ port, host: "127.0.0.1", ALPNProtocols: ["h2"], rejectUnauthorized: false });
      socket.on("error", () => undefined);
      ends.push(() => socket.destroy());
      await new Promise<void>((resolve) => socket.once("secureConnect", () => resolve()));
      return socket;
    },
    async [Symbol.asyncDispose]() {
      for (const end of ends) end();
      for (const peer of peers) peer.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
