// What a viewer's header blocks say. A block that says the same in all but its path as an earlier one, byte for byte, is not
// decoded again but for that: most requests of a connection are like that, since their fields lie in HPACK's table by then.

import type { ReaderLimits } from "../http1/http1-request-reader.ts";
import { HpackDecoder, type BlockBounds } from "./hpack-decoder.ts";
import {
  areTrailers,
  readHttp2Fields,
  readHttp2Head,
  type Http2Fields,
  type Http2Refusal,
  type Http2RequestHead,
} from "./http2-request-head.ts";

/** "broken": nothing that follows on the connection can be read. "too-large": far beyond the bounds. */
export type BlockReading = Http2RequestHead | Http2Refusal | "broken" | "too-large";

/** How many different sets of fields are kept in mind: a page's pictures, scripts and fonts are asked for with fields of their own. */
const KNOWN_MAX = 8;
/** A longer block has not found its fields in the table. */
const KNOWN_BYTES_MAX = 1024;

/** A literal that is not added to the table, with the name `:path`; the second one never is. [RFC 7541 §6.2.2] [RFC 7541 §6.2.3] */
const PATH_LITERALS: readonly (number | undefined)[] = [0x04, 0x14];

interface KnownBlock {
  /** Up to the path's value. */
  readonly before: Buffer;
  /** Behind it; `undefined` where the path lies in the table, too, and `before` is the whole block. */
  readonly behind: Buffer | undefined;
  readonly shared: Http2Fields;
}

export class HeaderBlocks {
  readonly #limits: ReaderLimits;
  readonly #bounds: BlockBounds;
  readonly #decoder = new HpackDecoder();
  /** The one that was met last is the first. They hold for as long as the table is what it was. */
  #known: KnownBlock[] = [];
  #knownAt = 0;

  constructor(limits: ReaderLimits, bounds: BlockBounds) {
    this.#limits = limits;
    this.#bounds = bounds;
  }

  /** Of a request. */
  read(bytes: Buffer, from: number, to: number): BlockReading {
    const changes = this.#decoder.changes;
    if (this.#knownAt !== changes) {
      this.#known = [];
      this.#knownAt = changes;
    }
    for (const [index, known] of this.#known.entries()) {
      const target = this.#targetIn(known, bytes, from, to);
      if (target === undefined) continue;
      if (index > 0) {
        this.#known.splice(index, 1);
        this.#known.unshift(known);
      }
      return readHttp2Head(known.shared, target, this.#limits);
    }
    const lines: string[] = [];
    const ending = this.#decoder.decode(bytes, from, to, this.#bounds, lines);
    if (ending !== "whole") return ending;
    const shared = readHttp2Fields(lines, this.#limits);
    if (shared.kind !== "fields") return shared;
    if (changes === this.#decoder.changes && to - from <= KNOWN_BYTES_MAX) this.#learn(bytes, from, to, shared);
    return readHttp2Head(shared, shared.target, this.#limits);
  }

  /** Of what stands behind a body, which nobody wants: only its faults count. */
  readTrailers(bytes: Buffer, from: number, to: number): "trailers" | "malformed" | "broken" | "too-large" {
    const lines: string[] = [];
    const ending = this.#decoder.decode(bytes, from, to, this.#bounds, lines);
    if (ending !== "whole") return ending;
    return areTrailers(lines) ? "trailers" : "malformed";
  }

  /** Of a request that is not wanted, for what it does to the table. `false`: broken. */
  passOver(bytes: Buffer, from: number, to: number): boolean {
    return this.#decoder.decode(bytes, from, to, { bytesMax: 0, linesMax: 0 }, []) !== "broken";
  }

  #targetIn({ before, behind, shared }: KnownBlock, bytes: Buffer, from: number, to: number): string | undefined {
    if (behind === undefined) {
      return to - from === before.length && isAt(before, bytes, from) ? shared.target : undefined;
    }
    const pathAt = from + before.length;
    const pathTo = to - behind.length;
    if (pathAt >= pathTo || !isAt(before, bytes, from) || !isAt(behind, bytes, pathTo)) return undefined;
    return this.#decoder.decodeString(bytes, pathAt, pathTo);
  }

  #learn(bytes: Buffer, from: number, to: number, shared: Http2Fields): void {
    const path = findPath(bytes, from, to);
    const copied = (start: number, end: number): Buffer => Buffer.from(bytes.subarray(start, end));
    this.#known.unshift(
      path === undefined
        ? { before: copied(from, to), behind: undefined, shared }
        : { before: copied(from, path.from), behind: copied(path.to, to), shared },
    );
    if (this.#known.length > KNOWN_MAX) this.#known.pop();
  }
}

function isAt(wanted: Buffer, bytes: Buffer, at: number): boolean {
  for (let index = 0; index < wanted.length; index++) if (wanted[index] !== bytes[at + index]) return false;
  return true;
}

/** Where the string with the path lies in a sound block; `undefined` where it is in a table. */
function findPath(bytes: Buffer, from: number, to: number): { readonly from: number; readonly to: number } | undefined {
  let at = from;
  while (at < to) {
    const first = bytes[at] as number;
    if (PATH_LITERALS.includes(first)) return { from: at + 1, to: behindString(bytes, at + 1) };
    if (first >= 0x80) {
      at = integerAt(bytes, at, 0x7f).to;
      continue;
    }
    const name = integerAt(bytes, at, first >= 0x40 ? 0x3f : 0x0f);
    at = behindString(bytes, name.value === 0 ? behindString(bytes, name.to) : name.to);
  }
  return undefined;
}

function behindString(bytes: Buffer, at: number): number {
  const length = integerAt(bytes, at, 0x7f);
  return length.to + length.value;
}

/** [RFC 7541 §5.1] */
function integerAt(bytes: Buffer, from: number, mask: number): { readonly value: number; readonly to: number } {
  let at = from;
  let value = (bytes[at++] ?? 0) & mask;
  if (value < mask) return { value, to: at };
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++] ?? 0;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return { value, to: at };
  }
}
