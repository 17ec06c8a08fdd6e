// HTTP/1.1 responses out of bytes, without I/O: `expect` says what was asked, `feed` takes what arrived, `next` says what
// it amounts to. As strict towards origins as the viewers' reader is towards viewers: what RFC 9112 does not allow is
// refused, and how the bytes were cut makes no difference. Bodies are pieces of what was fed, not copies. Surprising: header
// lines that stand where they stood in the response before are compared and not read again (header-section.ts).

import { HeaderSectionReader, type HeaderSection, type ResponseMemo } from "./header-section.ts";
import type { ResponseFault } from "./response-faults.ts";
import { CHUNK_LINE_BYTES_MAX, chunkLine } from "../../http/chunk-line.ts";
import { hasBareBreak, isFieldValue } from "../../http/field-syntax.ts";
import type { Field } from "../transport/message.ts";

/** What is known of a response before its body. */
export interface ResponseHead {
  readonly kind: "head";
  /** 101, or 200 to 599. */
  readonly status: number;
  readonly httpVersion: "1.0" | "1.1";
  /** End to end, without Content-Length. */
  readonly fields: readonly Field[];
  /** All, as they came. */
  readonly allFields: readonly Field[];
  /** "none": no body follows, and no event "end" either. Behind a 101 what follows is another protocol: `takeRest` has it. */
  readonly framing: "none" | "length" | "chunked" | "until-close";
  /** Content-Length as it is told, also where no body comes; `undefined`: it is not. */
  readonly length: number | undefined;
  /** The origin means to take another request on this connection. */
  readonly keepsAlive: boolean;
  /** For how long it will wait for one, where it says so (`Keep-Alive: timeout`). */
  readonly keepAliveSeconds: number | undefined;
  readonly memo: ResponseMemo;
}

export type ResponseEvent =
  | ResponseHead
  /** 100 to 199 without 101: the answer is still to come. [RFC 9110 §15.2] */
  | { readonly kind: "interim"; readonly status: number; readonly fields: readonly Field[] }
  | { readonly kind: "body"; readonly bytes: Buffer }
  | { readonly kind: "end" }
  | { readonly kind: "more" }
  | { readonly kind: "refused"; readonly fault: ResponseFault };

const MORE = { kind: "more" } as const;
const END = { kind: "end" } as const;
const NO_BYTES = Buffer.alloc(0);

const CR = 13;
const LF = 10;
/** Decoded first, in the hope that it holds the whole head: so much, or a little more than the head before had. */
const FIRST_LOOK_BYTES = 2048;
const LOOK_MARGIN_BYTES = 64;
/** Of a chunk line's extensions, all of a body's together. */
const EXTENSION_BYTES_MAX = 16_384;
/** Of a chunk's size, in hexadecimal digits: below 2^53. */
const SIZE_DIGITS_MAX = 13;

const CHUNK_LINE = chunkLine(`0*([0-9A-Fa-f]{1,${SIZE_DIGITS_MAX}})`);
/** `HTTP/1.1 200 OK`; the space before an absent reason is left out by many. [RFC 9112 §4] */
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5][0-9]{2})(?: [\t -~\x80-\xff]*)?$/;
const STATUS_LINE_BEGINS = "HTTP/1.";

type ReaderState =
  | "idle"
  | "head"
  | "length-data"
  | "close-data"
  | "chunk-line"
  | "chunk-data"
  | "chunk-break"
  | "trailers"
  | "body-end"
  | "switched"
  | "refused";

/** One connection's responses, in order. Feed it only when `next` asked for more; what is fed is looked at until then. */
export class ResponseReader {
  readonly #headBytesMax: number;
  readonly #sections: HeaderSectionReader;
  #state: ReaderState = "idle";
  #isHead = false;
  /** Something has said that the connection ends with the exchange. */
  #isClosing = false;
  #bytes: Buffer = NO_BYTES;
  #at = 0;
  #end = 0;
  /** The beginning of a head whose end has not arrived, copied. */
  #partialHead: Buffer | undefined;
  /** The beginning of a chunk line or trailer whose end has not arrived. */
  #partialLine = "";
  #lookBytes = FIRST_LOOK_BYTES;
  #bodyBytesLeft = 0;
  #extensionBytes = 0;
  #trailerBytes = 0;
  #fault: ResponseFault | undefined;

  /** Bounds status line and header section together, and the trailers alike. */
  constructor(headBytesMax: number) {
    this.#headBytesMax = headBytesMax;
    this.#sections = new HeaderSectionReader();
  }

  /** A request was sent: the next response is to it. Only when the one before is through. */
  expect(method: string): void {
    this.#isHead = method === "HEAD";
    if (this.#state === "idle") this.#state = "head";
  }

  /** Bytes that belong to nothing that was asked. */
  get hasUnread(): boolean {
    return this.#at < this.#end;
  }

  /** Something of the response that is expected has come. */
  get hasBegun(): boolean {
    return (
      this.#state !== "idle" && (this.#state !== "head" || this.#partialHead !== undefined || this.#at < this.#end)
    );
  }

  /** Bytes of the body that are still to come, the unread ones included, where its length is known. */
  get bodyBytesLeft(): number | undefined {
    return this.#state === "length-data" ? this.#bodyBytesLeft : undefined;
  }

  /** `length` of the bytes count. They must not change until `next` wants more, those of bodies for as long as they are used. */
  feed(bytes: Buffer, length = bytes.length): void {
    this.#bytes = bytes;
    this.#at = 0;
    this.#end = length;
  }

  next(): ResponseEvent {
    switch (this.#state) {
      case "head":
        return this.#nextHead();
      case "length-data":
      case "chunk-data":
      case "close-data":
        return this.#nextData();
      case "chunk-line":
      case "chunk-break":
      case "trailers":
        return this.#nextLine();
      case "body-end":
        this.#state = "idle";
        return END;
      case "idle":
      case "switched":
        return MORE;
      case "refused":
        return { kind: "refused", fault: this.#fault ?? "cut" };
    }
  }

  /** The connection has ended: what that is for what was being read. */
  finish(): ResponseEvent {
    if (this.#state === "close-data") {
      this.#state = "idle";
      return END;
    }
    return this.#state === "refused" ? this.next() : this.#refuse("cut");
  }

  /** A copy of what came behind a 101. */
  takeRest(): Buffer {
    const rest = Buffer.from(this.#bytes.subarray(this.#at, this.#end));
    this.#wantMore();
    return rest;
  }

  #nextHead(): ResponseEvent {
    if (this.#at === this.#end) return this.#wantMore();
    if (this.#partialHead !== undefined) {
      const before = this.#partialHead.length;
      this.#bytes = Buffer.concat([this.#partialHead, this.#bytes.subarray(this.#at, this.#end)]);
      this.#partialHead = undefined;
      this.#at = 0;
      this.#end = this.#bytes.length;
      const end = this.#bytes.indexOf("\r\n\r\n", Math.max(0, before - 3), "latin1");
      if (end < 0) return this.#waitForHead(this.#bytes.toString("latin1"));
      return this.#readHead(this.#bytes.toString("latin1", 0, end + 4));
    }
    const start = this.#at;
    let text = this.#look(this.#lookBytes);
    let end = text.indexOf("\r\n\r\n");
    if (end < 0 && this.#end - start > this.#lookBytes && this.#lookBytes < FIRST_LOOK_BYTES) {
      text = this.#look(FIRST_LOOK_BYTES);
      end = text.indexOf("\r\n\r\n");
    }
    if (end < 0 && this.#end - start > FIRST_LOOK_BYTES) {
      text = this.#look(this.#headBytesMax);
      end = text.indexOf("\r\n\r\n");
    }
    return end < 0 ? this.#waitForHead(text) : this.#readHead(text, end + 4);
  }

  #look(bytes: number): string {
    return this.#bytes.toString("latin1", this.#at, Math.min(this.#end, this.#at + bytes));
  }

  /** What cannot become a head is told at once: such an origin may never send the end of one. */
  #waitForHead(text: string): ResponseEvent {
    if (!STATUS_LINE_BEGINS.startsWith(text.slice(0, STATUS_LINE_BEGINS.length))) return this.#refuse("not-http");
    if (hasBareBreak(text, 0, text.length)) return this.#refuse("bare-line-break");
    if (this.#end - this.#at >= this.#headBytesMax) return this.#refuse("head-too-large");
    this.#partialHead = Buffer.from(this.#bytes.subarray(this.#at, this.#end));
    return this.#wantMore();
  }

  /** `text` begins with a head of so many bytes, which begins at `#at`. */
  #readHead(text: string, headBytes = text.length): ResponseEvent {
    const start = this.#at;
    if (headBytes > this.#headBytesMax) {
      return this.#refuse(text.startsWith(STATUS_LINE_BEGINS) ? "head-too-large" : "not-http");
    }
    const lineEnd = text.indexOf("\r\n");
    const statusLine = STATUS_LINE.exec(text.slice(0, lineEnd));
    if (statusLine === null) {
      if (hasBareBreak(text, 0, headBytes)) return this.#refuse("bare-line-break");
      return this.#refuse(text.startsWith(STATUS_LINE_BEGINS) ? "bad-status-line" : "not-http");
    }
    const section = this.#sections.read(text, lineEnd, headBytes, this.#bytes, start);
    if (typeof section === "string") {
      return this.#refuse(hasBareBreak(text, 0, headBytes) ? "bare-line-break" : section);
    }
    this.#at = start + headBytes;
    this.#lookBytes = headBytes + LOOK_MARGIN_BYTES;
    const httpVersion = statusLine[1] === "1" ? "1.1" : "1.0";
    const status = Number(statusLine[2]);
    const mayGoOn = !section.saysClose && (httpVersion === "1.1" || section.saysKeepAlive);
    if (status < 200 && status !== 101) {
      // It is no end of the exchange: the answer is still to come, and after it the connection. [RFC 9110 §15.2] [RFC 9112 §9.6]
      this.#isClosing ||= !mayGoOn;
      return { kind: "interim", status, fields: section.endToEnd };
    }
    const hasNoBody = this.#isHead || status === 204 || status === 304 || status === 101;
    const fault = faultOfFraming(section, httpVersion);
    if (fault !== undefined) return this.#refuse(fault);
    const framing =
      hasNoBody || section.length === 0
        ? "none"
        : section.isChunked
          ? "chunked"
          : section.length === undefined
            ? "until-close"
            : "length";
    this.#state = status === 101 ? "switched" : STATE_OF_FRAMING[framing];
    this.#bodyBytesLeft = section.length ?? 0;
    this.#extensionBytes = this.#trailerBytes = 0;
    return {
      kind: "head",
      status,
      httpVersion,
      fields: section.endToEnd,
      allFields: section.fields,
      framing,
      length: section.length,
      keepsAlive: framing !== "until-close" && mayGoOn && !this.#isClosing,
      keepAliveSeconds: section.keepAliveSeconds,
      memo: section.memo,
    };
  }

  #nextData(): ResponseEvent {
    const at = this.#at;
    const available = this.#end - at;
    if (available === 0) return this.#wantMore();
    if (this.#state === "close-data") {
      this.#at = this.#end;
      return { kind: "body", bytes: this.#bytes.subarray(at, this.#end) };
    }
    const taken = Math.min(available, this.#bodyBytesLeft);
    this.#at = at + taken;
    this.#bodyBytesLeft -= taken;
    if (this.#bodyBytesLeft === 0) this.#state = this.#state === "chunk-data" ? "chunk-break" : "body-end";
    return { kind: "body", bytes: this.#bytes.subarray(at, at + taken) };
  }

  #nextLine(): ResponseEvent {
    for (;;) {
      if (this.#state === "chunk-data") return this.#nextData();
      if (this.#state === "body-end") return this.next();
      if (this.#partialLine === "" && this.#skipPlainLine()) continue;
      const fault = this.#readLine();
      if (fault === "more") return this.#wantMore();
      if (fault !== undefined) return this.#refuse(fault);
    }
  }

  /** The usual lines, without making text of them: the break behind a chunk, and a size without extensions. */
  #skipPlainLine(): boolean {
    const bytes = this.#bytes;
    let at = this.#at;
    if (this.#state === "chunk-break") {
      if (this.#end - at < 2 || bytes[at] !== CR || bytes[at + 1] !== LF) return false;
      this.#at = at + 2;
      this.#state = "chunk-line";
      return true;
    }
    if (this.#state !== "chunk-line") return false;
    let size = 0;
    const digitsEnd = Math.min(this.#end - 2, at + SIZE_DIGITS_MAX);
    const start = at;
    for (; at < digitsEnd; at++) {
      const digit = hexDigit(bytes[at] ?? 0);
      if (digit < 0) break;
      size = size * 16 + digit;
    }
    if (at === start || at + 2 > this.#end || bytes[at] !== CR || bytes[at + 1] !== LF) return false;
    this.#at = at + 2;
    this.#beginChunk(size);
    return true;
  }

  #beginChunk(size: number): void {
    this.#bodyBytesLeft = size;
    this.#state = size === 0 ? "trailers" : "chunk-data";
  }

  /** "more": the line's end has not come. */
  #readLine(): ResponseFault | "more" | undefined {
    const state = this.#state;
    const max =
      state === "trailers"
        ? this.#headBytesMax - this.#trailerBytes
        : state === "chunk-break"
          ? 2
          : CHUNK_LINE_BYTES_MAX;
    const found = this.#bytes.subarray(this.#at, this.#end).indexOf(LF);
    const end = found < 0 ? this.#end : this.#at + found + 1;
    // No more than could be in bounds is ever decoded.
    const line = this.#partialLine + this.#bytes.toString("latin1", this.#at, Math.min(end, this.#at + max + 1));
    if (line.length > max) return state === "trailers" ? "trailers-too-large" : "bad-chunk";
    this.#at = end;
    if (found < 0) {
      this.#partialLine = line;
      return "more";
    }
    this.#partialLine = "";
    if (!line.endsWith("\r\n")) return "bare-line-break";
    return this.#takeLine(line.slice(0, -2));
  }

  /** Goes on from a whole line of the chunked coding [RFC 9112 §7.1]. */
  #takeLine(line: string): ResponseFault | undefined {
    if (this.#state === "chunk-break") {
      if (line !== "") return "bad-chunk";
      this.#state = "chunk-line";
      return undefined;
    }
    if (this.#state === "chunk-line") {
      const digits = CHUNK_LINE.exec(line)?.[1];
      if (digits === undefined) return "bad-chunk";
      this.#extensionBytes += line.length - digits.length;
      if (this.#extensionBytes > EXTENSION_BYTES_MAX) return "bad-chunk";
      this.#beginChunk(Number.parseInt(digits, 16));
      return undefined;
    }
    this.#trailerBytes += line.length + 2;
    if (line === "") {
      this.#state = "body-end";
      return undefined;
    }
    // Trailers are read and dropped: nothing of ours asks for one [RFC 9110 §6.5.1].
    return isTrailer(line) ? undefined : "bad-trailer";
  }

  #wantMore(): ResponseEvent {
    this.#bytes = NO_BYTES;
    this.#at = this.#end = 0;
    return MORE;
  }

  #refuse(fault: ResponseFault): ResponseEvent {
    this.#state = "refused";
    this.#fault = fault;
    this.#bytes = NO_BYTES;
    this.#at = this.#end = 0;
    return { kind: "refused", fault };
  }
}

const STATE_OF_FRAMING = {
  none: "idle",
  length: "length-data",
  chunked: "chunk-line",
  "until-close": "close-data",
} as const satisfies Record<ResponseHead["framing"], ReaderState>;

/** What the length of a body may not be told by, also where none comes: viewers are told it. [RFC 9112 §6.3] */
function faultOfFraming(section: HeaderSection, httpVersion: "1.0" | "1.1"): ResponseFault | undefined {
  if (section.lengthFault !== undefined) return section.lengthFault;
  if (section.codingFault !== undefined) return section.codingFault;
  if (section.isChunked && section.length !== undefined) return "length-and-coding";
  // Whoever sends this in HTTP/1.0 does not know what it means. [RFC 9112 §6.1]
  if (section.isChunked && httpVersion === "1.0") return "coding-in-1.0";
  return undefined;
}

function isTrailer(line: string): boolean {
  const name = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):/.exec(line)?.[1];
  if (name === undefined || !isFieldValue(line)) return false;
  // One that would have changed how the message was read must not come after it. [RFC 9110 §6.5.1]
  return !/^(?:content-length|transfer-encoding)$/i.test(name);
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
