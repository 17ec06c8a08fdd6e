// What a connection to an origin reads into: a buffer of its own, and while a long body comes, a wider one that is lent to it. A body
// of a megabyte takes a quarter of the calls then, and only as many connections have wide buffers as have long bodies under way.

/** What is read at once. */
const OWN_BYTES = 65_536;
const WIDE_BYTES = 262_144;
/** Of those that are lent and those that wait for it: 16 MB. Who finds none goes on with its own. */
const WIDE_MAX = 64;

/** The one that came back last is lent next: what is in the processor's caches is used again. */
const waiting: Buffer[] = [];
let wideCount = 0;

function lendWide(): Buffer | undefined {
  const buffer = waiting.pop();
  if (buffer !== undefined || wideCount >= WIDE_MAX) return buffer;
  wideCount++;
  return Buffer.allocUnsafeSlow(WIDE_BYTES);
}

/** Those of one connection. */
export class ReadBuffers {
  #own: Buffer | undefined;
  #wide: Buffer | undefined;

  /** For the next read. "wide": more of a body is coming than the last one held. "own": no body is coming. */
  next(wants: "own" | "as-before" | "wide"): Buffer {
    if (wants === "wide") this.#wide ??= lendWide();
    else if (wants === "own" && this.#wide !== undefined) {
      waiting.push(this.#wide);
      this.#wide = undefined;
    }
    return this.#wide ?? (this.#own ??= Buffer.allocUnsafeSlow(OWN_BYTES));
  }

  /** What was read into last is somebody else's now. */
  giveAway(): void {
    if (this.#wide === undefined) this.#own = undefined;
    else {
      this.#wide = undefined;
      wideCount--;
    }
  }

  /** Nothing is read any more. Somebody may hold what was read last. */
  close(): void {
    if (this.#wide !== undefined) this.giveAway();
    this.#own = undefined;
  }
}
