// A viewer's connection that has become a tunnel: bytes both ways, each at the pace of whoever takes them, until one end
// goes. It knows nothing of what the bytes mean. The viewer's socket stays the connection's, which tells what happens on
// it; the far end is this tunnel's own.

import type { Socket } from "node:net";

import type { Clock, EpochMs } from "../../../vocabulary/time.ts";
import type { Tunnel, TunnelEnd } from "../message.ts";
import { noteSpent } from "../../../vocabulary/spent-buffers.ts";

export interface TunnelHolder {
  readonly clock: Clock;
  /** The origin has closed: what was written goes out, then the viewer's connection closes too. */
  leave(): void;
  /** Without a proper end. */
  breakOff(): void;
  /** Both ends are gone; told once. */
  ended(end: TunnelEnd): void;
}

export class ViewerTunnel {
  readonly #near: Socket;
  readonly #tunnel: Tunnel;
  readonly #holder: TunnelHolder;
  #bytesFromViewer = 0;
  #bytesToViewer = 0;
  #lastFromOrigin: EpochMs;
  /** Set once, by whatever ends it first. */
  #ending: { readonly by: TunnelEnd["by"]; readonly isAbrupt: boolean } | undefined;
  #isNearClosed = false;
  #isFarClosed: boolean;

  /** `early`: what the viewer sent before it could know that there would be a tunnel. The head of the 101 is written already. */
  constructor(near: Socket, tunnel: Tunnel, early: readonly Buffer[], holder: TunnelHolder) {
    this.#near = near;
    this.#tunnel = tunnel;
    this.#holder = holder;
    this.#lastFromOrigin = holder.clock.now();
    const { far } = tunnel;
    this.#isFarClosed = far.closed;
    far.on("data", (chunk: Buffer) => this.#onFarData(chunk));
    far.on("drain", () => near.resume());
    far.on("end", () => this.#onFarEnd());
    far.on("error", () => this.#onFarBroken());
    far.on("close", () => this.#onFarClose());
    near.resume();
    far.resume(); // it may come paused, so that nothing is lost before
    for (const chunk of early) this.onViewerData(chunk);
    if (far.destroyed) this.#onFarBroken();
  }

  /** Since when the origin has sent nothing. */
  get lastFromOrigin(): EpochMs {
    return this.#lastFromOrigin;
  }

  // What happens on the viewer's socket.

  onViewerData(chunk: Buffer): void {
    const { far } = this.#tunnel;
    if (!far.writable) return;
    this.#bytesFromViewer += chunk.length;
    noteSpent(chunk.length);
    if (!far.write(chunk)) this.#near.pause();
  }

  onViewerDrain(): void {
    this.#tunnel.far.resume();
  }

  /** It has closed its half; the origin may still answer. */
  onViewerEnd(): void {
    this.#ending ??= { by: "viewer", isAbrupt: false };
    this.#tunnel.far.end();
  }

  onViewerClose(isAbrupt: boolean): void {
    this.#isNearClosed = true;
    this.#ending ??= { by: "viewer", isAbrupt };
    // Behind a proper end of both halves there is nothing left that a reset could cut off.
    this.#tunnel.far.destroy();
    this.#tell();
  }

  /** Gives it up at once. */
  end(by: "idle" | "cut"): void {
    this.#ending ??= { by, isAbrupt: false };
    this.#tunnel.far.destroy();
  }

  // What happens at the far end.

  #onFarData(chunk: Buffer): void {
    this.#bytesToViewer += chunk.length;
    noteSpent(chunk.length);
    this.#lastFromOrigin = this.#holder.clock.now();
    if (!this.#near.write(chunk)) this.#tunnel.far.pause();
  }

  #onFarEnd(): void {
    this.#ending ??= { by: "origin", isAbrupt: false };
    this.#holder.leave();
  }

  #onFarBroken(): void {
    if (this.#ending !== undefined) return;
    this.#ending = { by: "origin", isAbrupt: true };
    this.#holder.breakOff();
  }

  #onFarClose(): void {
    this.#isFarClosed = true;
    if (this.#ending === undefined) this.#onFarBroken(); // destroyed by its owner, without a word
    else if (this.#ending.by === "viewer" && !this.#isNearClosed) this.#holder.leave();
    this.#tell();
  }

  #tell(): void {
    if (!this.#isNearClosed || !this.#isFarClosed || this.#ending === undefined) return;
    const end = { ...this.#ending, bytesFromViewer: this.#bytesFromViewer, bytesToViewer: this.#bytesToViewer };
    this.#tunnel.ended(end);
    this.#holder.ended(end);
    this.#isNearClosed = false; // told once
  }
}
