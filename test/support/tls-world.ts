// A world of scenarios behind a TLS port: the real edge and the real listener, certificates of an authority made for the
// test, and viewers of node:tls.

import { once } from "node:events";
import { connect, type ConnectionOptions, type PeerCertificate, type TLSSocket } from "node:tls";
import { randomBytes } from "node:crypto";
import { acceptHttp2 } from "../../src/edge/transport/http2/http2-connection.ts";
import { newTicketSeed, openTicketKeys, type TicketKeys } from "../../src/edge/transport/tls/ticket-keys.ts";
import type { ViewerCertificate } from "../../src/edge/transport/tls/tls-acceptor.ts";
import type { ViewerRequest } from "../../src/edge/transport/message.ts";
import type { TransportEvent } from "../../src/edge/transport/viewer-peer.ts";
import { openViewerListener, type ViewerListener } from "../../src/edge/transport/viewer-listener.ts";
import { makeLeaf, makeRoot, type Lifespan, type MadeCertificate } from "../../src/service/make-certificate.ts";
import type { AccountId } from "../../src/vocabulary/ids.ts";
import { DEFAULT_LIMITS } from "../../src/vocabulary/limits.ts";
import { addSeconds, seconds, systemClock } from "../../src/vocabulary/time.ts";
import { openWorld, type DistributionDraft, type World, type WorldSettings } from "../scenarios/harness.ts";

export const A_WHILE: Lifespan = {
  from: addSeconds(systemClock.now(), seconds(-3600)),
  to: addSeconds(systemClock.now(), seconds(86_400)),
};

/** Roots limit what they sign to one suffix; this one signs for everything in the tests. */
export const TEST_ROOT: MadeCertificate = makeRoot("localhost", A_WHILE);
export const EXAMPLE_ROOT: MadeCertificate = makeRoot("example", A_WHILE);

export function certificateFor(
  id: string,
  account: string | undefined,
  names: readonly string[],
  keyType: "ec" | "rsa" = "ec",
): ViewerCertificate {
  const isExample = names.every((name) => name.endsWith(".example"));
  const leaf = makeLeaf(names, A_WHILE, isExample ? EXAMPLE_ROOT : TEST_ROOT, keyType);
  return { id, account: account as AccountId | undefined, names, chain: leaf.certificate, key: leaf.key };
}

export const SHARED = certificateFor("shared", undefined, ["*.cloudfront.localhost", "cloudfront.localhost"]);

export interface TlsWorld extends AsyncDisposable {
  readonly world: World;
  readonly listener: ViewerListener;
  readonly port: number;
  readonly events: readonly TransportEvent[];
  /** What reached the pipeline. */
  readonly requests: readonly ViewerRequest[];
  /** Moves the clock of listener and edge, and looks after the connections. */
  pass(by: number): void;
}

export interface TlsWorldSettings extends WorldSettings {
  readonly own?: readonly ViewerCertificate[];
  readonly ticketKeys?: TicketKeys;
  /** 127.0.0.1 unless given. */
  readonly host?: string;
}

export async function openTlsWorld(draft: DistributionDraft, asked: TlsWorldSettings = {}): Promise<TlsWorld> {
  const viewerCertificates = { shared: () => SHARED, own: asked.own ?? [] };
  const world = await openWorld(draft, { ...asked, settings: { ...asked.settings, viewerCertificates } });
  const clock = { now: () => world.now() };
  const events: TransportEvent[] = [];
  const requests: ViewerRequest[] = [];
  const listener = await openViewerListener({
    host: asked.host ?? "127.0.0.1",
    port: 0,
    limits: { ...DEFAULT_LIMITS, ...asked.limits },
    clock,
    respond(request) {
      requests.push(request);
      return world.edge.respond(request);
    },
    refuse: (refused) => world.edge.refuse(refused),
    onServed: world.edge.onServed,
    refusesHandshake: world.edge.refusesHandshake,
    log: (event) => events.push(event),
    tls: {
      choose: world.edge.chooseTls,
      ticketKeys:
        asked.ticketKeys ??
        openTicketKeys(
          newTicketSeed((count) => randomBytes(count), clock.now()),
          clock,
        ),
      acceptHttp2,
    },
  });
  return {
    world,
    listener,
    port: listener.address.port,
    events,
    requests,
    pass(by) {
      world.advance(by);
      listener.sweep();
    },
    async [Symbol.asyncDispose]() {
      await listener[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    },
  };
}

export type Shaken =
  | {
      readonly kind: "secure";
      readonly socket: TLSSocket;
      readonly protocol: string;
      readonly cipher: string;
      readonly alpn: string | false;
      readonly certificate: PeerCertificate;
      readonly isResumed: boolean;
    }
  | { readonly kind: "failed"; readonly why: string };

/** A handshake as viewers make it. Without a name in `options` none is sent. */
export async function shakeHands(port: number, options: ConnectionOptions = {}): Promise<Shaken> {
  const socket = connect({
    host: "127.0.0.1",
    port,
    rejectUnauthorized: false,
    ciphers: "ALL:@SECLEVEL=0",
    minVersion: "TLSv1",
    ...options,
  });
  return new Promise((resolve) => {
    socket.once("error", (error: NodeJS.ErrnoException) =>
      resolve({ kind: "failed", why: error.code ?? error.message }),
    );
    socket.once("close", () => resolve({ kind: "failed", why: "closed" }));
    socket.once("secureConnect", () =>
      resolve({
        kind: "secure",
        socket,
        protocol: socket.getProtocol() ?? "",
        cipher: socket.getCipher().name,
        alpn: socket.alpnProtocol ?? false,
        certificate: socket.getPeerCertificate(),
        isResumed: socket.isSessionReused(),
      }),
    );
  });
}

/** What one GET gets over the connection, which is closed by it. */
export async function get(socket: TLSSocket, host: string, path = "/"): Promise<string> {
  let text = "";
  socket.setEncoding("latin1");
  socket.on("data", (piece: string) => (text += piece));
  socket.on("error", () => undefined);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  if (!socket.closed) await once(socket, "close");
  return text;
}
