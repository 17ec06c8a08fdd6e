// What a viewer may send of bodies [RFC 9113 §5.2]: the connection's window opens as bytes arrive, a stream's as they are taken. So
// a body that nobody reads stops its own stream and no other, until all of them together hold too much.

import type { Http2Exchange } from "./http2-exchange.ts";
import { FRAME, numberFrame, WINDOW_BYTES } from "./http2-frames.ts";
import type { Http2Output } from "./http2-output.ts";

/** A viewer is told that it may go on once it has used so much of a window. */
const UPDATE_BYTES = 32_768;
/** What all bodies of a connection may hold unread before the viewer is kept from sending on. */
const UNREAD_BYTES_MAX = 2_097_152;

export class Http2ReceiveWindows {
  readonly #output: Http2Output;
  #window = WINDOW_BYTES;
  /** What was used of it and not given back. */
  #usedBytes = 0;
  #unreadBytes = 0;
  /** What was taken of bodies, and their viewers were not told yet. */
  readonly #takenBytes = new Map<Http2Exchange, number>();

  constructor(output: Http2Output) {
    this.#output = output;
  }

  /** DATA has come, of any stream. `false`: more than was allowed. */
  use(bytes: number): boolean {
    this.#window -= bytes;
    this.#usedBytes += bytes;
    return this.#window >= 0;
  }

  /** Tells the viewer that it may go on, if there is enough to tell. */
  giveBack(): void {
    if (this.#usedBytes < UPDATE_BYTES || this.#unreadBytes > UNREAD_BYTES_MAX) return;
    this.#window += this.#usedBytes;
    this.#output.sendFirst(numberFrame(FRAME.windowUpdate, 0, this.#usedBytes));
    this.#usedBytes = 0;
  }

  /** So many bytes wait to be read. */
  onHeld(bytes: number): void {
    this.#unreadBytes += bytes;
  }

  /** They do not any more. */
  onTaken(exchange: Http2Exchange, bytes: number): void {
    this.#unreadBytes -= bytes;
    this.giveBack();
    this.openStream(exchange, bytes);
  }

  openStream(exchange: Http2Exchange, bytes: number): void {
    if (!exchange.wantsMoreBody) return;
    const taken = (this.#takenBytes.get(exchange) ?? 0) + bytes;
    if (taken < UPDATE_BYTES) {
      this.#takenBytes.set(exchange, taken);
      return;
    }
    this.#takenBytes.delete(exchange);
    exchange.receiveWindow += taken;
    this.#output.sendFirst(numberFrame(FRAME.windowUpdate, exchange.id, taken));
  }

  forget(exchange: Http2Exchange): void {
    this.#takenBytes.delete(exchange);
  }
}
