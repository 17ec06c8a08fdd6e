// The streams of one HTTP/2 connection: which are open, which we have stopped while the viewer may not know it yet, which were
// never opened. [RFC 9113 §5.1] What becomes of the connection when the last one ends is the connection's.

import type { EpochMs } from "../../../vocabulary/time.ts";
import type { ConnectionSurroundings } from "../viewer-peer.ts";
import type { Http2Budgets } from "./http2-budgets.ts";
import { Http2Exchange, type ExchangeSurroundings } from "./http2-exchange.ts";
import { RESET_FLOOD, windowFault, type ConnectionFault } from "./http2-faults.ts";
import { ERROR, FRAME, numberFrame, WINDOW_BYTES, WINDOW_BYTES_MAX, type ErrorCode } from "./http2-frames.ts";
import type { Http2Output } from "./http2-output.ts";
import type { Http2ReceiveWindows } from "./http2-receive-windows.ts";

/** Streams that we reset and that the viewer may not know of yet. */
const STOPPED_MAX = 512;

/** The connection, as its streams and what takes its frames see it. */
export interface StreamsHolder {
  readonly around: ConnectionSurroundings;
  readonly viewerAddress: string;
  readonly viewerPort: number | undefined;
  readonly output: Http2Output;
  readonly windows: Http2ReceiveWindows;
  readonly budgets: Http2Budgets;
  /** Of the bytes that are being dealt with. */
  readonly now: EpochMs;
  /** The last open stream is over. */
  onEmpty(now: EpochMs): void;
  /** The viewer has what it was sent up to our farewell. */
  onFarewellHeard(): void;
}

export class Http2Streams {
  readonly #holder: StreamsHolder;
  readonly #on: ExchangeSurroundings;
  readonly #exchanges = new Map<number, Http2Exchange>();
  /** Those that we reset, the oldest first: what is on its way for them is read over. */
  readonly #stopped = new Set<number>();
  /** What a stream may be sent at first. */
  #sendWindow = WINDOW_BYTES;
  /** When the viewer last took something of an answer. */
  #progressAt: EpochMs;
  #isOver = false;

  /** The highest that the viewer has opened, and the highest that we have looked at. */
  lastOpened = 0;
  lastTaken = 0;
  /** How many are over. */
  answered = 0;
  /** Those that the viewer still opens are answered. */
  takesMore = true;

  constructor(holder: StreamsHolder) {
    const { around, viewerAddress, viewerPort, output, windows } = holder;
    this.#holder = holder;
    this.#progressAt = holder.now;
    this.#on = {
      around,
      viewerAddress,
      viewerPort,
      onReady: (exchange) => {
        output.enqueue(exchange);
        output.flushSoon();
      },
      onHeld: (bytes) => windows.onHeld(bytes),
      onTaken: (exchange, bytes) => {
        if (this.#isOver) return;
        windows.onTaken(exchange, bytes);
        output.flushSoon();
      },
      onProgress: (at) => (this.#progressAt = at),
      onBroken: (exchange, code) => {
        this.stop(exchange, code, "broke-off");
        output.flushSoon();
      },
      onDone: (exchange, isStopped, at) => {
        if (isStopped) this.noteStopped(exchange.id);
        this.#forget(exchange, at);
      },
    };
  }

  get size(): number {
    return this.#exchanges.size;
  }

  get(stream: number): Http2Exchange | undefined {
    return this.#exchanges.get(stream);
  }

  isStopped(stream: number): boolean {
    return this.#stopped.has(stream);
  }

  /** Nobody has opened it. */
  isIdle(stream: number): boolean {
    return stream > this.lastOpened || stream % 2 === 0;
  }

  /** `hasBody`: the viewer has not ended its half with the header section. */
  open(stream: number, hasBody: boolean): Http2Exchange {
    const opened = new Http2Exchange(stream, this.#sendWindow, hasBody, this.#holder.now, this.#on);
    this.#exchanges.set(stream, opened);
    return opened;
  }

  // Streams end.

  #forget(exchange: Http2Exchange, now: EpochMs): void {
    const { windows, output } = this.#holder;
    this.#exchanges.delete(exchange.id);
    windows.forget(exchange);
    output.forget(exchange);
    this.answered++;
    if (this.#exchanges.size === 0) this.#holder.onEmpty(now);
  }

  noteStopped(stream: number): void {
    this.#holder.budgets.allowStray();
    this.#stopped.add(stream);
    if (this.#stopped.size <= STOPPED_MAX) return;
    for (const oldest of this.#stopped) {
      this.#stopped.delete(oldest);
      break;
    }
  }

  /** Ends a stream without a proper end: the viewer sees that what it has is not whole. */
  stop(exchange: Http2Exchange, code: ErrorCode, outcome: "broke-off" | "viewer-left"): void {
    this.#holder.output.sendFirst(numberFrame(FRAME.rstStream, exchange.id, code));
    this.noteStopped(exchange.id);
    exchange.giveUp(outcome, "the request was given up");
    this.#forget(exchange, this.#holder.around.clock.now());
  }

  /** The viewer has done what costs its stream, whether that is open or not. */
  stopFor(stream: number, code: ErrorCode): ConnectionFault | undefined {
    const exchange = this.#exchanges.get(stream);
    if (exchange !== undefined) this.stop(exchange, code, "viewer-left");
    else {
      this.#holder.output.sendFirst(numberFrame(FRAME.rstStream, stream, code));
      this.noteStopped(stream);
    }
    return this.countReset();
  }

  /** The viewer has ended it itself. */
  onReset(exchange: Http2Exchange): ConnectionFault | undefined {
    exchange.giveUp("viewer-left", "the viewer broke off its request");
    this.#forget(exchange, this.#holder.now);
    return this.countReset();
  }

  /** A request has been reset, whoever did it. */
  countReset(): ConnectionFault | undefined {
    return this.#holder.budgets.takeReset(this.#holder.now) ? undefined : RESET_FLOOD;
  }

  /** Stops those whose viewer is overdue with something. */
  stopOverdue(now: EpochMs): void {
    const { around, viewerAddress } = this.#holder;
    for (const exchange of this.#exchanges.values()) {
      const phase = exchange.overdue(now, this.#progressAt);
      if (phase === undefined) continue;
      around.log({ kind: "timed-out", viewerAddress, phase });
      this.stop(exchange, ERROR.cancel, "viewer-left");
    }
  }

  /** The connection goes. The viewer is told nothing of any of them. */
  giveUpAll(): void {
    this.#isOver = true;
    for (const exchange of this.#exchanges.values()) exchange.giveUp("viewer-left", "the viewer left");
    this.#exchanges.clear();
  }

  // What the viewer takes of answers. [RFC 9113 §6.9]

  /** Windows that are open change, too, and may be below zero afterwards. [RFC 9113 §6.9.2] */
  resizeWindows(bytes: number): ConnectionFault | undefined {
    const change = bytes - this.#sendWindow;
    this.#sendWindow = bytes;
    for (const exchange of this.#exchanges.values()) {
      exchange.sendWindow += change;
      if (exchange.sendWindow > WINDOW_BYTES_MAX) return windowFault("a window is too large");
      if (change > 0) this.#wake(exchange);
    }
    return undefined;
  }

  openWindow(exchange: Http2Exchange, bytes: number): ConnectionFault | undefined {
    exchange.sendWindow += bytes;
    if (exchange.sendWindow > WINDOW_BYTES_MAX) return this.stopFor(exchange.id, ERROR.flowControl);
    this.#wake(exchange);
    return undefined;
  }

  #wake(exchange: Http2Exchange): void {
    const { output } = this.#holder;
    if (exchange.wants(output.window) !== "nothing") output.enqueue(exchange);
  }
}
