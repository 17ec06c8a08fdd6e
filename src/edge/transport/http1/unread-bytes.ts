// What arrived from a viewer while its connection had no use for it, in order and bounded: beyond the bound the socket is not read, so
// that the viewer waits instead of us holding what it sends.

/** Unread bytes of a viewer beyond which its socket is not read. */
const UNREAD_BYTES_MAX = 65_536;

/** Of a socket, what decides whether it is read. */
export interface Pausable {
  pause(): unknown;
  resume(): unknown;
  isPaused(): boolean;
}

export class UnreadBytes {
  readonly #socket: Pausable;
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(socket: Pausable) {
    this.#socket = socket;
  }

  get isEmpty(): boolean {
    return this.#chunks.length === 0;
  }

  /** The socket goes on being read until `pauseWhenFull`: what came may be wanted at once. */
  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
  }

  pauseWhenFull(): void {
    if (this.#bytes >= UNREAD_BYTES_MAX) this.#socket.pause();
  }

  /** The next chunk; the socket is read again once there is room. */
  take(): Buffer | undefined {
    const chunk = this.#chunks.shift();
    if (chunk === undefined) return undefined;
    this.#bytes -= chunk.length;
    if (this.#bytes < UNREAD_BYTES_MAX && this.#socket.isPaused()) this.#socket.resume();
    return chunk;
  }

  /** All of it, for whoever takes the connection over; the socket is left as it is. */
  takeAll(): readonly Buffer[] {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#bytes = 0;
    return chunks;
  }

  /** Nobody wants it any more. */
  drop(): void {
    this.#chunks = [];
    this.#bytes = 0;
  }
}
