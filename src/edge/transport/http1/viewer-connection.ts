// One viewer's connection: bytes from the socket through the request reader to its exchange, one request at a time and in order.
// The request in work and its answer are in http1-exchange.ts, a request's body in request-body.ts, how answers leave in
// answer-output.ts. Whatever goes wrong ends in a closed connection, never in a message that looks whole.

import type { Socket } from "node:net";

import type { EpochMs } from "../../../vocabulary/time.ts";
import { AnswerOutput } from "./answer-output.ts";
import type { FramedHead } from "./http1-answer-writer.ts";
import { Http1Exchange, type ExchangeHolder } from "./http1-exchange.ts";
import { RequestReader, type RequestHead } from "./http1-request-reader.ts";
import type { Answer, Tunnel } from "../message.ts";
import { findOverdue, type ConnectionPhase, type Overdue } from "./overdue.ts";
import { REFUSALS } from "../refusals.ts";
import type { SharedReads } from "../shared-reads.ts";
import { UnreadBytes } from "./unread-bytes.ts";
import { viewerAddressOf, type ConnectionSurroundings, type ViewerPeer } from "../viewer-peer.ts";
import { ViewerTunnel } from "./viewer-tunnel.ts";

/** How much is read over after the last answer, so that a reset does not overtake it. [RFC 9112 §9.6] */
const LINGER_BYTES_MAX = 4_194_304;

export class ViewerConnection implements ViewerPeer, ExchangeHolder {
  // For its exchange.
  readonly around: ConnectionSurroundings;
  readonly reader: RequestReader;
  readonly output: AnswerOutput;
  readonly unread: UnreadBytes;
  readonly viewerAddress: string;
  readonly viewerPort: number | undefined;
  /** Of the event that is being dealt with: the clock is read once for all that happens in it. */
  now: EpochMs;
  hasViewerEnded = false;

  readonly #socket: Socket;
  readonly #exchange: Http1Exchange;
  #phase: ConnectionPhase = "waiting";
  #tunnel: ViewerTunnel | undefined;
  #isAdvancing = false;
  /** What the reader reads from is not ours. */
  #hasSharedBytes = false;
  #answered = 0;
  /** Answers that had been given when it was last found idle at a drain. */
  #sparedAfter: number | undefined;
  #lingeredBytes = 0;
  #hasFailed = false;
  /** Nobody looks at what the viewer sends (`Answer.hold`), so it cannot be late. */
  #isHeld = false;
  // Instants that sweep compares: `#headSince` is defined while a head is incomplete.
  #since: EpochMs;
  #headSince: EpochMs | undefined;

  /** `reads`: how the socket reads, where it has no "data" events. */
  constructor(socket: Socket, around: ConnectionSurroundings, reads?: SharedReads) {
    this.#socket = socket;
    this.around = around;
    this.reader = new RequestReader(around.limits, around.scheme);
    this.output = new AnswerOutput(socket);
    this.unread = new UnreadBytes(socket);
    this.viewerAddress = viewerAddressOf(socket);
    this.viewerPort = socket.remotePort;
    this.#since = this.now = around.clock.now();
    this.#exchange = new Http1Exchange(this);
    if (reads === undefined) socket.on("data", (chunk: Buffer) => this.#onData(chunk));
    else reads.onBytes = (bytes) => this.#onSharedBytes(bytes);
    socket.on("end", () => this.#onEnd());
    socket.on("drain", () => this.#onDrain());
    socket.on("error", (error) => {
      this.#hasFailed = true;
      around.log({ kind: "socket-failed", viewerAddress: this.viewerAddress, error });
    });
    socket.on("close", () => this.#onClose());
  }

  // What the listener tells it.

  drain(sparesIdle: boolean): void {
    if (this.#phase !== "waiting" || !this.unread.isEmpty || !this.reader.isBetweenRequests) return;
    if (!sparesIdle || this.#sparedAfter === this.#answered) this.#leave(false);
    else this.#sparedAfter = this.#answered;
  }

  destroy(): void {
    this.#tunnel?.end("cut");
    this.#socket.destroy();
  }

  sweep(now: EpochMs): void {
    if (this.#isHeld) return;
    const standing = {
      phase: this.#phase,
      since: this.#since,
      headSince: this.#headSince,
      stuckSince: this.output.stuckSince(now),
      lastFromOrigin: this.#tunnel?.lastFromOrigin,
      hasAnswered: this.#answered > 0,
      isAnswering: this.#exchange.isAnswering,
      isBodyAwaited: this.#exchange.isBodyAwaited,
      hasViewerEnded: this.hasViewerEnded,
    };
    const overdue = findOverdue(standing, now, this.around.limits);
    if (overdue !== undefined) this.#timeOut(overdue);
  }

  #timeOut(overdue: Overdue): void {
    if (overdue !== "leaving") {
      this.around.log({ kind: "timed-out", viewerAddress: this.viewerAddress, phase: overdue });
    }
    if (overdue === "head") {
      return this.#refuse({ status: REFUSALS["head-timeout"].status, reason: "head-timeout" });
    }
    if (overdue === "tunnel") this.#tunnel?.end("idle");
    this.#socket.destroy();
  }

  // Bytes come in.

  /** They are not ours for longer than this event, so whatever is left of them then is copied. A head without a body leaves nothing. */
  #onSharedBytes(bytes: Buffer): void {
    const isForReader = this.#phase === "waiting" && !this.output.isBlocked && this.unread.isEmpty;
    if (!isForReader) return this.#onData(this.#phase === "leaving" ? bytes : Buffer.from(bytes));
    this.#hasSharedBytes = true;
    this.#onData(bytes);
    this.keepBytes();
  }

  keepBytes(): void {
    if (this.#hasSharedBytes) this.reader.keepBytes();
    this.#hasSharedBytes = false;
  }

  #onData(chunk: Buffer): void {
    this.now = this.around.clock.now();
    if (this.#phase === "tunnel") return this.#tunnel?.onViewerData(chunk);
    if (this.#phase === "leaving") {
      this.#lingeredBytes += chunk.length;
      if (this.#lingeredBytes > LINGER_BYTES_MAX) this.#socket.destroy();
      return;
    }
    if (this.#phase === "working" || this.output.isBlocked || !this.unread.isEmpty) {
      this.unread.push(chunk);
      if (this.#exchange.isBodyAwaited) this.#exchange.serveBody();
      else this.unread.pauseWhenFull();
      if (this.#phase === "working" || this.output.isBlocked) return;
    } else this.reader.feed(chunk);
    this.#advance();
  }

  #onEnd(): void {
    this.now = this.around.clock.now();
    this.hasViewerEnded = true;
    if (this.#phase === "tunnel") return this.#tunnel?.onViewerEnd();
    // Closing its half is allowed while answers are outstanding; a body that was cut short is not.
    this.#exchange.serveBody();
    if (this.#phase === "working") this.#since = this.now;
    else this.#advance();
  }

  /** Goes on with requests until one has to be waited for, then lets all that was gathered go. */
  #advance(): void {
    if (this.#isAdvancing) return; // the loop below goes on by itself
    this.#isAdvancing = true;
    while ((this.#phase === "waiting" || this.#phase === "discarding") && !this.output.isBlocked) {
      const event = this.reader.next();
      if (event.kind === "more") {
        const chunk = this.unread.take();
        if (chunk !== undefined) this.reader.feed(chunk);
        else if (this.hasViewerEnded) this.#leave(false);
        else break;
      } else if (event.kind === "head") this.#begin(event);
      else if (event.kind === "end") this.#phase = "waiting";
      else if (event.kind === "refused") {
        // Of a body that nobody wants, after its answer, there is nothing left to say.
        if (this.#phase === "discarding") this.#leave(true);
        else this.#refuse(event);
      }
    }
    this.#isAdvancing = false;
    this.output.flush();
    if (this.#phase === "waiting") {
      this.#since = this.now;
      if (this.reader.isBetweenRequests) this.#headSince = undefined;
      else this.#headSince ??= this.#since;
    } else if (this.#phase === "discarding") this.#since = this.now;
    if (this.#exchange.hold !== undefined) this.#leaveAlone(this.#exchange.hold);
  }

  /** What was read is answered; what comes meanwhile waits where it costs nothing, and is then answered together. [D-0021] */
  #leaveAlone(hold: NonNullable<Answer["hold"]>): void {
    this.#exchange.hold = undefined;
    if (this.#phase !== "waiting") return;
    this.#socket.pause();
    this.#isHeld = true;
    hold(() => {
      this.#isHeld = false;
      if (this.#phase === "closed") return;
      this.#since = this.around.clock.now();
      if (this.#headSince !== undefined) this.#headSince = this.#since;
      this.#socket.resume();
    });
  }

  #begin(head: RequestHead): void {
    this.#phase = "working";
    this.#headSince = undefined;
    if (this.hasViewerEnded) this.#since = this.now;
    this.#exchange.begin(head);
  }

  /** What follows on the connection is read over and never looked at. */
  #refuse(refused: Parameters<Http1Exchange["refuse"]>[0]): void {
    this.#exchange.refuse(refused, this.#headSince);
    this.#leave(true);
  }

  // What its exchange tells it.

  onBodyAwaited(): void {
    this.#since = this.around.clock.now();
    if (this.#socket.isPaused()) this.#socket.resume();
  }

  beginLateEvent(): void {
    this.now = this.around.clock.now();
  }

  endLateEvent(): void {
    this.#advance();
  }

  onAnswered(next: "waiting" | "discarding" | "leaving"): void {
    this.#answered++;
    if (next === "leaving") this.#leave(true);
    else this.#phase = next;
  }

  breakOff(framed: Pick<FramedHead, "body">): void {
    // Where the end of the connection is the end of the message, only a reset is no end.
    // (Over TLS the missing alert would say the same [RFC 8446 §6.1], but many viewers do not look for it.)
    if (framed.body !== "until-close") this.#socket.destroy();
    else if (this.around.reset !== undefined) this.around.reset();
    else this.#socket.resetAndDestroy();
  }

  /** The bytes that are here already are the tunnel's first: they were never looked at. */
  openTunnel(head: string, tunnel: Tunnel): void {
    const early = [this.reader.takeRest(), ...this.unread.takeAll()].filter(({ length }) => length > 0);
    this.output.sendNow(head);
    this.#phase = "tunnel";
    this.#tunnel = new ViewerTunnel(this.#socket, tunnel, early, {
      clock: this.around.clock,
      leave: () => this.#leave(true),
      breakOff: () => this.breakOff({ body: "until-close" }),
      ended: ({ bytesToViewer, by, isAbrupt }) => {
        this.now = this.around.clock.now();
        this.#exchange.tellServed(bytesToViewer, isAbrupt ? (by === "viewer" ? "viewer-left" : "broke-off") : "whole");
      },
    });
    if (this.hasViewerEnded) this.#tunnel.onViewerEnd();
  }

  #onDrain(): void {
    this.now = this.around.clock.now();
    this.#tunnel?.onViewerDrain();
    if (!this.output.onDrain() && this.#phase !== "working" && this.#tunnel === undefined) this.#advance();
  }

  // Leaving.

  /** Closes behind what was written. `lingers`: the viewer may be sending still, and must get to read the answer. */
  #leave(lingers: boolean): void {
    this.output.flush();
    this.#phase = "leaving";
    this.#since = this.around.clock.now();
    this.unread.drop();
    if (lingers && !this.hasViewerEnded) {
      this.#socket.end();
      this.#socket.resume();
    } else this.#socket.destroySoon();
  }

  #onClose(): void {
    this.now = this.around.clock.now();
    this.#phase = "closed";
    this.unread.drop();
    this.#exchange.close();
    if (this.#tunnel === undefined) this.#exchange.tellLeft();
    else this.#tunnel.onViewerClose(this.#hasFailed || !this.hasViewerEnded);
    this.around.onClosed(this);
  }
}
