// How a connection on the TLS port becomes a viewer's connection: its ClientHello is looked at, the configuration says
// which certificate and security policy belong to the name in it, the bytes are put back, and a TLS server of just that
// kind does the handshake. Everything before the end of the handshake is bounded in bytes and time.

import { createHash } from "node:crypto";
import type { Socket } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";

import type { AccountId } from "../../../vocabulary/ids.ts";
import { secondsBetween, type EpochMs } from "../../../vocabulary/time.ts";
import { readClientHello, type ClientHello } from "./client-hello.ts";
import { frameAnswer } from "../http1/http1-answer-writer.ts";
import type { ViewerTls } from "../message.ts";
import { REFUSALS } from "../refusals.ts";
import { SESSION_SECONDS, type TicketKeys } from "./ticket-keys.ts";
import { tlsOptionsOf, type SecurityPolicyName } from "./security-policies.ts";
import { ViewerConnection } from "../http1/viewer-connection.ts";
import { viewerAddressOf, type ConnectionSurroundings, type ViewerPeer } from "../viewer-peer.ts";

/** A certificate with its key. The same object is the same certificate: what is prepared for it is kept by it. */
export interface ViewerCertificate {
  /** Its name among those of its account. */
  readonly id: string;
  /** Who owns it; `undefined` for the shared certificate of the edge. */
  readonly account: AccountId | undefined;
  /** Lower case; one label of a name may be a star, the first. */
  readonly names: readonly string[];
  /** PEM: the certificate, then those between it and its root. */
  readonly chain: string;
  /** PEM. */
  readonly key: string;
}

/** What a handshake is made with. */
export interface TlsChoice {
  readonly certificate: ViewerCertificate;
  readonly policy: SecurityPolicyName;
  readonly offersHttp2: boolean;
}

/** Asked once per connection, with what the viewer said first. */
export type ChooseTls = (hello: ClientHello) => TlsChoice;

/** A handler of connections that chose HTTP/2. */
export type AcceptHttp2 = (socket: TLSSocket, around: ConnectionSurroundings) => ViewerPeer;

export interface TlsAcceptorSettings {
  readonly choose: ChooseTls;
  readonly ticketKeys: TicketKeys;
  /** Left out: HTTP/2 is offered to nobody. */
  readonly acceptHttp2?: AcceptHttp2;
}

export interface TlsAcceptor {
  /** What stands for the connection until its handshake is done. */
  accept(socket: Socket): ViewerPeer;
}

/** Kinds of servers that are kept ready; beyond, all are made anew when they are next wanted. */
const SERVERS_MAX = 1000;
const TLS_1_2 = 0x0303;
const HTTP_1 = ["http/1.1", "http/1.0"];

/** `onSecured`: `connection` takes the place of `arrival`. */
export function openTlsAcceptor(
  settings: TlsAcceptorSettings,
  around: ConnectionSurroundings,
  onSecured: (arrival: ViewerPeer, connection: ViewerPeer) => void,
): TlsAcceptor {
  const { ticketKeys, acceptHttp2 } = settings;
  /** Arrivals in mid-handshake by the addresses and ports of both ends: the TLS server tells no other way whose handshake ended. */
  const shakingHands = new Map<string, Arrival>();
  /** A certificate that is replaced takes its servers along; connections that they have made live on. */
  let servers = new WeakMap<ViewerCertificate, Map<string, Server>>();
  let serversMade = 0;
  let sealedWith: Buffer | undefined;

  function findServer(choice: TlsChoice, isHttp2Offered: boolean, ticketName: Uint8Array | undefined): Server {
    const current = ticketKeys.current();
    // Connections that a forgotten server has made live on without it.
    if (current !== sealedWith || serversMade >= SERVERS_MAX) {
      servers = new WeakMap();
      serversMade = 0;
      sealedWith = current;
    }
    // A server knows one set of keys: who brings a ticket of the keys before is sent to one that still has those.
    const keys = (ticketName && ticketKeys.named(ticketName)) ?? current;
    let ofCertificate = servers.get(choice.certificate);
    if (ofCertificate === undefined) servers.set(choice.certificate, (ofCertificate = new Map()));
    const kind = `${choice.policy} ${isHttp2Offered ? "h2" : "http/1.1"} ${keys === current ? "" : "before"}`;
    let server = ofCertificate.get(kind);
    if (server === undefined) {
      server = makeServer(choice, isHttp2Offered, keys);
      ofCertificate.set(kind, server);
      serversMade++;
    }
    return server;
  }

  function makeServer({ certificate, policy }: TlsChoice, isHttp2Offered: boolean, keys: Buffer): Server {
    const server = createServer({
      ...tlsOptionsOf(policy),
      cert: certificate.chain,
      key: certificate.key,
      ca: [], // no viewer certificates are asked for; left out, all the well-known authorities would be loaded
      // A viewer that offers others only is refused with an alert. [RFC 7301 §3.2]
      ALPNProtocols: isHttp2Offered ? ["h2", ...HTTP_1] : [...HTTP_1],
      ticketKeys: keys,
      // A session is resumed only where the same policy and certificate would have been used. [RFC 6066 §3]
      // The id alone does not tell: another certificate may have taken its place under it.
      sessionIdContext: digest32(
        `${policy} ${certificate.account ?? ""} ${certificate.id} ${certificate.chain} ${certificate.key}`,
      ),
      sessionTimeout: SESSION_SECONDS,
      // Ours is the sweep's; this is for what slipped through.
      handshakeTimeout: (around.limits.viewerHandshakeTimeoutSeconds + 10) * 1000,
    });
    server.on("secureConnection", secured);
    server.on("tlsClientError", (error, socket) => {
      // A peer that is gone has no address any more; its arrival is closed by the end of its own socket.
      shakingHands.get(peerOf(socket))?.fail(error.message);
      socket.destroy();
    });
    return server;
  }

  function secured(socket: TLSSocket): void {
    const arrival = shakingHands.get(peerOf(socket));
    if (arrival === undefined) {
      socket.on("error", ignore);
      socket.destroy();
      return;
    }
    const { hello, choice, below } = arrival.release();
    socket.allowHalfOpen = true;
    const cipher = socket.getCipher();
    const tls: ViewerTls = {
      protocol: socket.getProtocol() ?? "",
      cipher: cipher.standardName,
      serverName: hello.serverName,
      isResumed: socket.isSessionReused(),
      certificateAccount: choice.certificate.account,
    };
    const own = { ...around, tls, reset: () => below.resetAndDestroy() };
    const connection =
      socket.alpnProtocol === "h2" && acceptHttp2 !== undefined
        ? acceptHttp2(socket, own)
        : new ViewerConnection(socket, own);
    onSecured(arrival, connection);
  }

  return {
    accept(socket) {
      const peer = peerOf(socket);
      const arrival = new Arrival(socket, around, {
        onHello(hello) {
          const choice = settings.choose(hello);
          const isHttp2Offered =
            acceptHttp2 !== undefined &&
            choice.offersHttp2 &&
            hello.serverName !== undefined &&
            hello.versionMax >= TLS_1_2;
          shakingHands.set(peer, arrival);
          return { choice, server: findServer(choice, isHttp2Offered, hello.ticketName) };
        },
        onEnded: () => {
          if (shakingHands.get(peer) === arrival) shakingHands.delete(peer);
        },
      });
      return arrival;
    },
  };
}

/** As long as TLS libraries allow. */
function digest32(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

/** Both ends: one port of a viewer can be connected to several addresses of ours at a time. */
function peerOf(socket: Socket): string {
  return `${socket.remoteAddress}|${socket.remotePort}|${socket.localAddress}|${socket.localPort}`;
}

const ignore = (): void => undefined;

interface ArrivalSteps {
  readonly onHello: (hello: ClientHello) => { readonly choice: TlsChoice; readonly server: Server };
  /** It is a connection now, or none at all. */
  readonly onEnded: () => void;
}

/** A connection from its first byte to the end of its handshake. */
class Arrival implements ViewerPeer {
  readonly #socket: Socket;
  readonly #around: ConnectionSurroundings;
  readonly #steps: ArrivalSteps;
  readonly #since: EpochMs;
  readonly #viewerAddress: string;
  #gathered: Buffer | undefined;
  #bytesMin = 1;
  #greeted: { readonly hello: ClientHello; readonly choice: TlsChoice } | undefined;
  #isTold = false;
  #isSpared = false;
  readonly #onReadable = (): void => this.#read();
  readonly #onEnd = (): void => this.fail("the viewer left before its ClientHello was whole");
  readonly #onClose = (): void => this.#closed();

  constructor(socket: Socket, around: ConnectionSurroundings, steps: ArrivalSteps) {
    this.#socket = socket;
    this.#around = around;
    this.#steps = steps;
    this.#since = around.clock.now();
    this.#viewerAddress = viewerAddressOf(socket);
    socket.on("readable", this.#onReadable);
    socket.on("end", this.#onEnd);
    socket.on("error", ignore); // the close that follows it says all
    socket.on("close", this.#onClose);
  }

  drain(sparesIdle: boolean): void {
    if (!sparesIdle || this.#isSpared) this.#socket.destroy();
    this.#isSpared = true;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  sweep(now: EpochMs): void {
    if (secondsBetween(this.#since, now) <= this.#around.limits.viewerHandshakeTimeoutSeconds) return;
    if (!this.#isTold) this.#around.log({ kind: "timed-out", viewerAddress: this.#viewerAddress, phase: "handshake" });
    this.#isTold = true;
    this.#socket.destroy();
  }

  fail(why: string): void {
    if (!this.#isTold) this.#around.log({ kind: "handshake-failed", viewerAddress: this.#viewerAddress, why });
    this.#isTold = true;
    this.#socket.destroy();
  }

  /** The handshake is done: what it was made with, and nothing of it is kept on the socket. */
  release(): { readonly hello: ClientHello; readonly choice: TlsChoice; readonly below: Socket } {
    const greeted = this.#greeted;
    if (greeted === undefined) throw new Error("a handshake ended that had not begun");
    this.#socket.removeListener("close", this.#onClose);
    this.#steps.onEnded();
    return { ...greeted, below: this.#socket };
  }

  #read(): void {
    const chunk = this.#socket.read() as Buffer | null;
    if (chunk === null) return;
    const gathered = this.#gathered === undefined ? chunk : Buffer.concat([this.#gathered, chunk]);
    this.#gathered = gathered;
    if (gathered.length < this.#bytesMin) return;
    const read = readClientHello(gathered, this.#around.limits.viewerClientHelloBytesMax);
    switch (read.kind) {
      case "more":
        this.#bytesMin = read.bytesMin;
        return;
      case "not-tls":
        this.#stopReading();
        if (/^[A-Z]{3,8} \S/.test(gathered.toString("latin1", 0, 16))) this.#answerPlainHttp();
        else this.fail(`not a handshake: ${read.why}`);
        return;
      case "hello": {
        this.#stopReading();
        this.#gathered = undefined;
        let server: Server;
        try {
          const greeted = this.#steps.onHello(read.hello);
          server = greeted.server;
          this.#greeted = { hello: read.hello, choice: greeted.choice };
        } catch (error) {
          this.fail(`the handshake could not be prepared: ${String(error)}`);
          return;
        }
        // Who closes its half within a handshake will never end it, and the TLS socket takes this over from the socket.
        this.#socket.allowHalfOpen = false;
        this.#socket.unshift(gathered);
        server.emit("connection", this.#socket);
        return;
      }
    }
  }

  #stopReading(): void {
    this.#socket.removeListener("readable", this.#onReadable);
    this.#socket.removeListener("end", this.#onEnd);
  }

  /** Someone wrote http:// in front of the HTTPS port, and is told so. */
  #answerPlainHttp(): void {
    const { status } = REFUSALS["plain-http"];
    const answer = this.#around.refuse({ status, reason: "plain-http", viewerAddress: this.#viewerAddress });
    this.#around.log({ kind: "refused", status, reason: "plain-http", viewerAddress: this.#viewerAddress });
    this.#isTold = true;
    const framed = frameAnswer(answer, { method: "GET", httpVersion: "1.1", keepsAlive: false });
    this.#socket.write(framed.text, "latin1");
    if (answer.body.kind === "bytes") this.#socket.write(answer.body.bytes);
    this.#socket.end();
    this.#socket.resume();
  }

  #closed(): void {
    this.#gathered = undefined;
    this.#steps.onEnded();
    this.#around.onClosed(this);
  }
}
