// The answers that an owner sends over one connection, read without I/O. The other end is a worker like this one, whose
// codec writes no more than this reads: whatever else comes is a broken connection. [RFC 9112]

import type { Field } from "../transport/message.ts";

export type PeerEvent =
  | { readonly kind: "more" }
  | { readonly kind: "interim"; readonly status: number; readonly fields: readonly Field[] }
  | {
      readonly kind: "head";
      readonly status: number;
      /** Without what frames the message. */
      readonly fields: readonly Field[];
      /** Of the body; for HEAD of the one that GET would have. `undefined`: it comes in chunks, or is not told. */
      readonly length: number | undefined;
      readonly hasBody: boolean;
      readonly keepsAlive: boolean;
    }
  | { readonly kind: "body"; readonly bytes: Buffer }
  | { readonly kind: "end" }
  | { readonly kind: "broken"; readonly why: string };

const MORE = { kind: "more" } as const;
const END = { kind: "end" } as const;

/** More than any worker sends: what an origin may send of fields is bounded, and a few are added. */
const HEAD_BYTES_MAX = 1_048_576;
const CHUNK_LINE_BYTES_MAX = 18;

type State = "head" | "sized" | "chunk-line" | "chunk" | "chunk-end" | "ending" | "idle" | "broken";

export class PeerResponseReader {
  #state: State = "idle";
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  /** Beginning of a head or a line whose end is not here. */
  #partial = "";
  #left = 0;
  #isHead = false;

  /** A request has been sent; only then an answer may come. */
  expect(isHead: boolean): void {
    this.#state = "head";
    this.#isHead = isHead;
    this.#partial = "";
  }

  /** Only when `next` asked for more. */
  feed(chunk: Buffer): void {
    this.#bytes = chunk;
    this.#at = 0;
  }

  next(): PeerEvent {
    for (;;) {
      switch (this.#state) {
        case "head":
          return this.#nextHead();
        case "sized":
        case "chunk": {
          const bytes = this.#bytes.subarray(this.#at, this.#at + this.#left);
          if (bytes.length === 0) return MORE;
          this.#at += bytes.length;
          this.#left -= bytes.length;
          if (this.#left === 0) this.#state = this.#state === "sized" ? "ending" : "chunk-end";
          return { kind: "body", bytes };
        }
        case "chunk-end":
        case "chunk-line": {
          const line = this.#takeLine();
          if (line === undefined) {
            return this.#partial.length > CHUNK_LINE_BYTES_MAX ? this.#break("a chunk line without end") : MORE;
          }
          if (this.#state === "chunk-end") {
            if (line !== "") return this.#break("a chunk is longer than it said");
            this.#state = this.#left < 0 ? "ending" : "chunk-line";
            continue;
          }
          if (!/^[0-9a-f]{1,12}$/i.test(line)) return this.#break("a chunk without length");
          this.#left = Number.parseInt(line, 16);
          // Behind the last chunk stands the empty line that ends the message.
          if (this.#left === 0) this.#left = -1;
          this.#state = this.#left < 0 ? "chunk-end" : "chunk";
          continue;
        }
        case "ending":
          this.#state = "idle";
          return END;
        case "idle":
          return this.#at < this.#bytes.length ? this.#break("an answer that nobody asked for") : MORE;
        case "broken":
          return MORE;
      }
    }
  }

  #break(why: string): PeerEvent {
    this.#state = "broken";
    return { kind: "broken", why };
  }

  /** Without its end; `undefined`: that is not here, and what there is of it is kept. */
  #takeLine(): string | undefined {
    const end = this.#bytes.indexOf(10, this.#at);
    if (end < 0) {
      this.#partial += this.#bytes.toString("latin1", this.#at);
      this.#at = this.#bytes.length;
      return undefined;
    }
    const line = this.#partial + this.#bytes.toString("latin1", this.#at, end);
    this.#at = end + 1;
    this.#partial = "";
    return line.endsWith("\r") ? line.slice(0, -1) : line;
  }

  #nextHead(): PeerEvent {
    if (this.#at === this.#bytes.length) return MORE;
    let text: string;
    const end = this.#partial === "" ? this.#bytes.indexOf("\r\n\r\n", this.#at, "latin1") : -1;
    if (end >= 0) {
      text = this.#bytes.toString("latin1", this.#at, end + 2);
      this.#at = end + 4;
    } else {
      // In pieces: seldom, because a head is one write.
      const before = this.#partial.length;
      const all = this.#partial + this.#bytes.toString("latin1", this.#at, this.#bytes.length);
      const found = all.indexOf("\r\n\r\n", Math.max(0, before - 3));
      if (found < 0) {
        this.#partial = all;
        this.#at = this.#bytes.length;
        return all.length > HEAD_BYTES_MAX ? this.#break("a head without end") : MORE;
      }
      this.#at += found + 4 - before;
      this.#partial = "";
      text = all.slice(0, found + 2);
    }
    const status = Number(text.slice(9, 12));
    if (!text.startsWith("HTTP/1.1 ") || !(status >= 100 && status <= 999)) return this.#break("no status line");
    return this.#readHead(text, status);
  }

  #readHead(text: string, status: number): PeerEvent {
    const fields: Field[] = [];
    let length: number | undefined;
    let isChunked = false;
    let keepsAlive = true;
    for (let at = text.indexOf("\r\n") + 2; at < text.length;) {
      const lineEnd = text.indexOf("\r\n", at);
      const colon = text.indexOf(": ", at);
      if (colon < 0 || colon >= lineEnd) return this.#break("a field without name");
      const name = text.slice(at, colon);
      const value = text.slice(colon + 2, lineEnd);
      at = lineEnd + 2;
      // Written so by our own codec, and by nobody else: no answer brings fields of these names along.
      if (name === "Content-Length") length = Number(value);
      else if (name === "Transfer-Encoding") isChunked = true;
      else if (name === "Connection") keepsAlive = value !== "close";
      else fields.push([name, value]);
    }
    if (status < 200) return { kind: "interim", status, fields };
    const hasBody = !this.#isHead && status !== 304 && status !== 204 && (isChunked || (length ?? 0) > 0);
    if (hasBody) {
      this.#left = length ?? 0;
      this.#state = isChunked ? "chunk-line" : "sized";
    } else this.#state = "ending";
    return { kind: "head", status, fields, length, hasBody, keepsAlive };
  }
}
