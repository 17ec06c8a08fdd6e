// HTTP/1.1 requests out of bytes, without I/O: `feed` takes what arrived, `next` says what it amounts to. It accepts only
// what RFC 9112 allows and refuses whatever two readers could read differently, and how the bytes were cut makes no
// difference. Surprising: most requests of a connection repeat the header block of the one before byte for byte, so
// its fields are kept and the block is only compared; that is where the speed on hits comes from.

import { CHUNK_LINE_BYTES_MAX, chunkLine } from "../../../http/chunk-line.ts";
import { hasBareBreak, isToken } from "../../../http/field-syntax.ts";
import type { Limits } from "../../../vocabulary/limits.ts";
import { newRequestMemo } from "../../request-memo.ts";
import type { ViewerRequest } from "../message.ts";
import { REFUSALS, type RefusalReason } from "../refusals.ts";
import { ORIGIN_FORM } from "../request-target.ts";
import { readFieldLine, readSection, type HeaderSection } from "./http1-header-section.ts";
import { readableLine, readBadLine, reduceTarget } from "./http1-request-line.ts";

export type ReaderLimits = Pick<Limits, "viewerUrlBytesMax" | "viewerHeaderBytesMax" | "viewerFieldsMax">;

/** A request as far as it can be known before its body. Its members mean what they mean in `ViewerRequest`. */
export interface RequestHead extends Pick<
  ViewerRequest,
  "method" | "target" | "path" | "query" | "host" | "fields" | "field" | "headBytes" | "memo"
> {
  readonly kind: "head";
  readonly httpVersion: "1.0" | "1.1";
  /** "none" also for `Content-Length: 0`. After any other, events of kind "body" and one "end" follow. */
  readonly framing: HeaderSection["framing"];
  /** Of the body, where framing is "length", else 0. */
  readonly bodyLength: number;
  /** The viewer means to send another request on this connection. If not, the reader ignores all that follows. */
  readonly keepsAlive: boolean;
  /** The viewer may hold its body back until it sees 100 (Continue). */
  readonly expectsContinue: boolean;
  /** After this one, what follows may be another protocol: `takeRest` has it, and `next` must not be asked before it is known. */
  readonly upgrade: "websocket" | undefined;
}

export interface Refusal {
  readonly kind: "refused";
  readonly status: number;
  readonly reason: RefusalReason;
  /** As received, where the request line could be read that far. */
  readonly method?: string;
  readonly target?: string;
}

export type ReaderEvent =
  | RequestHead
  | { readonly kind: "body"; readonly bytes: Uint8Array }
  | { readonly kind: "end" }
  | { readonly kind: "more" }
  | Refusal;

const MORE = { kind: "more" } as const;
const END = { kind: "end" } as const;
const NO_BYTES = Buffer.alloc(0);

const CR = 13;
const LF = 10;
/** Robustness towards old viewers that send a line break after a body [RFC 9112 §2.2]. */
const EMPTY_LINES_MAX = 4;

const TOKEN_START = /[!#$%&'*+\-.^_`|~0-9A-Za-z]/;
const CHUNK_LINE = chunkLine("([0-9A-Fa-f]{1,16})");
/** A trailer that would have changed how the message was read must not come after it [RFC 9110 §6.5.1]. */
const NOT_IN_TRAILERS = new Set(["content-length", "transfer-encoding", "host", "trailer"]);

type ReaderState =
  | "head"
  | "length-data"
  | "chunk-line"
  | "chunk-data"
  | "chunk-break"
  | "trailers"
  | "body-end"
  | "ignoring"
  | "refused";

/** One connection's requests, in order. Feed it only when `next` asked for more. */
export class RequestReader {
  readonly #limits: ReaderLimits;
  readonly #scheme: "http" | "https";
  #state: ReaderState = "head";
  #bytes: Buffer = NO_BYTES;
  /** Where reading goes on in `#bytes`; in state "head" where it goes on in `#text`. */
  #at = 0;
  /** Unread head of earlier chunks and the whole present chunk, a character per byte. `undefined`: not decoded yet. */
  #text: string | undefined = "";
  /** How many characters of `#text` come before the present chunk. */
  #skew = 0;
  /** How far `#text` was searched for the end of the head. */
  #searched = 0;
  #emptyLines = 0;
  /** The last header block that was read. */
  #section: HeaderSection | undefined;
  #keepsAlive = true;
  #bodyBytesLeft = 0;
  /** The beginning of a chunk line or trailer whose end has not arrived. */
  #partialLine = "";
  #trailerBytes = 0;
  #refusal: Refusal | undefined;

  constructor(limits: ReaderLimits, scheme: "http" | "https") {
    this.#limits = limits;
    this.#scheme = scheme;
  }

  /** No byte of a further request has been seen. */
  get isBetweenRequests(): boolean {
    return this.#state === "head" && this.#at === (this.#text ?? "").length && this.#emptyLines === 0;
  }

  /** Bytes of the body that are still to come where its length is known. */
  get bodyBytesLeft(): number | undefined {
    if (this.#state === "length-data") return this.#bodyBytesLeft;
    return this.#state === "head" || this.#state === "body-end" || this.#state === "ignoring" ? 0 : undefined;
  }

  feed(chunk: Buffer): void {
    if (this.#state === "head") {
      const unread = (this.#text ?? "").slice(this.#at);
      this.#text = unread === "" ? chunk.toString("latin1") : unread + chunk.toString("latin1");
      this.#searched = Math.max(0, this.#searched - this.#at);
      this.#skew = unread.length;
    } else {
      this.#text = undefined;
      this.#skew = 0;
    }
    this.#bytes = chunk;
    this.#at = 0;
  }

  /** The chunk that was fed may be written over from now on: what is unread of it is copied. */
  keepBytes(): void {
    if (this.#bytes.length > 0) this.#bytes = Buffer.from(this.#bytes);
  }

  next(): ReaderEvent {
    switch (this.#state) {
      case "head":
        return this.#nextHead();
      case "length-data":
      case "chunk-data":
        return this.#nextData();
      case "chunk-line":
      case "chunk-break":
      case "trailers":
        return this.#nextLine();
      case "body-end":
        this.#finishMessage();
        return END;
      case "ignoring":
        this.#bytes = NO_BYTES;
        return MORE;
      case "refused":
        break;
    }
    return this.#refusal ?? MORE;
  }

  #nextHead(): ReaderEvent {
    const text = (this.#text ??= this.#bytes.toString("latin1"));
    let start = this.#at;
    if (start === text.length) {
      this.#text = "";
      this.#at = this.#skew = this.#searched = 0;
      this.#bytes = NO_BYTES;
      return MORE;
    }
    let first = text.charCodeAt(start);
    if (first <= CR) {
      while (first === CR && start + 1 < text.length) {
        if (text.charCodeAt(start + 1) !== LF) return this.#refuse("bare-line-break");
        if (++this.#emptyLines > EMPTY_LINES_MAX) return this.#refuse("empty-lines");
        start = this.#at = start + 2;
        first = text.charCodeAt(start); // NaN at the end
      }
      if (first === LF) return this.#refuse("bare-line-break");
      if (first === CR || start === text.length) return MORE;
    }

    const lineEnd = text.indexOf("\r\n", start);
    const known = this.#section;
    const isKnown = known !== undefined && lineEnd > 0 && isAt(text, lineEnd, known.block);
    let end: number;
    if (isKnown) end = lineEnd + known.block.length;
    else {
      // What cannot begin a request is told at once: such a peer (TLS, say) may never send the end of a head.
      if (!TOKEN_START.test(text.charAt(start))) return this.#refuse("bad-method");
      end = text.indexOf("\r\n\r\n", Math.max(start, this.#searched - 3)) + 4;
    }
    const headBytesMax = this.#limits.viewerHeaderBytesMax;
    if (end === 3 || end - start > headBytesMax) {
      // Bytes are judged in their order, so that the verdict does not depend on how they were cut.
      const bound = Math.min(text.length, start + headBytesMax);
      if (hasBareBreak(text, Math.max(start, this.#searched - 1), bound)) return this.#refuse("bare-line-break");
      if (text.length - start >= headBytesMax) return this.#refuse("head-too-large");
      this.#searched = text.length;
      return MORE;
    }

    // request-line = method SP request-target SP HTTP-version [RFC 9112 §3]
    const methodEnd = text.indexOf(" ", start);
    const targetEnd = lineEnd - 9;
    if (methodEnd < 0 || methodEnd >= targetEnd || text.charCodeAt(targetEnd) !== 32) {
      return this.#refuseHead(readBadLine(text.slice(start, lineEnd)), start, end);
    }
    let method: string;
    if (methodEnd - start === 3 && text.startsWith("GET", start)) method = "GET";
    else {
      method = text.slice(start, methodEnd);
      if (!isToken(method)) return this.#refuseHead("bad-method", start, end);
      // It asks for a tunnel, which an edge never is [RFC 9110 §9.3.6].
      if (method === "CONNECT") return this.#refuseHead("connect-not-supported", start, end);
    }
    let httpVersion: "1.0" | "1.1";
    if (text.startsWith("HTTP/1.1", targetEnd + 1)) httpVersion = "1.1";
    else if (text.startsWith("HTTP/1.0", targetEnd + 1)) httpVersion = "1.0";
    else return this.#refuseHead(readBadLine(text.slice(start, lineEnd)), start, end);
    let target = text.slice(methodEnd + 1, targetEnd);
    let authority: string | undefined;
    if (!ORIGIN_FORM.test(target)) {
      const reduced = reduceTarget(method, target, this.#scheme);
      if (typeof reduced === "string") return this.#refuseHead(reduced, start, end);
      ({ target, authority } = reduced);
    }

    let section: HeaderSection;
    if (isKnown && known.httpVersion === httpVersion) section = known;
    else {
      const read = readSection(ownCopy(text, lineEnd, end), httpVersion, this.#limits.viewerFieldsMax);
      if (typeof read === "string") return this.#refuseHead(read, start, end);
      this.#section = section = read;
    }
    const host = authority ?? section.host;
    // The URL that CloudFront counts has scheme and host [CFDG cloudfront-limits].
    if (this.#scheme.length + 3 + host.length + target.length > this.#limits.viewerUrlBytesMax) {
      return this.#refuseHead("url-too-long", start, end);
    }

    const question = target.indexOf("?");
    this.#keepsAlive = section.keepsAlive;
    this.#at = end;
    this.#searched = 0;
    this.#emptyLines = 0;
    if (section.framing === "none") {
      if (!section.keepsAlive) this.#finishMessage();
    } else {
      this.#at = end - this.#skew;
      this.#bodyBytesLeft = section.bodyLength;
      this.#state = section.framing === "length" ? "length-data" : "chunk-line";
    }
    return {
      kind: "head",
      method,
      target,
      path: question < 0 ? target : target.slice(0, question),
      query: question < 0 ? undefined : target.slice(question + 1),
      httpVersion,
      host,
      fields: section.fields,
      field: section.field,
      headBytes: end - start,
      // Of absolute-form the host does not come from the fields.
      memo: authority === undefined ? section.memo : newRequestMemo(),
      framing: section.framing,
      bodyLength: section.bodyLength,
      keepsAlive: section.keepsAlive,
      expectsContinue: section.expectsContinue,
      upgrade: method === "GET" ? section.upgrade : undefined,
    };
  }

  /** The bytes behind a head without a body that were fed already. Nothing more is to be read here after they were taken. */
  takeRest(): Buffer {
    const rest = this.#state === "head" ? Buffer.from((this.#text ?? "").slice(this.#at), "latin1") : NO_BYTES;
    this.#state = "ignoring";
    this.#bytes = NO_BYTES;
    this.#text = "";
    this.#at = 0;
    return rest;
  }

  #nextData(): ReaderEvent {
    const available = this.#bytes.length - this.#at;
    if (available === 0) return this.#wantMore();
    const taken = Math.min(available, this.#bodyBytesLeft);
    const bytes = this.#bytes.subarray(this.#at, this.#at + taken);
    this.#at += taken;
    this.#bodyBytesLeft -= taken;
    if (this.#bodyBytesLeft === 0) this.#state = this.#state === "chunk-data" ? "chunk-break" : "body-end";
    return { kind: "body", bytes };
  }

  #nextLine(): ReaderEvent {
    for (;;) {
      const state = this.#state;
      if (state === "chunk-data") return this.#nextData();
      if (state === "body-end") return this.next();
      const max =
        state === "trailers"
          ? this.#limits.viewerHeaderBytesMax - this.#trailerBytes
          : state === "chunk-break"
            ? 2
            : CHUNK_LINE_BYTES_MAX;
      const lineFeed = this.#bytes.indexOf(LF, this.#at);
      const end = lineFeed < 0 ? this.#bytes.length : lineFeed + 1;
      // No more than could be in bounds is ever decoded.
      const line = this.#partialLine + this.#bytes.toString("latin1", this.#at, Math.min(end, this.#at + max + 1));
      if (line.length > max) {
        if (state === "chunk-break") return this.#refuse("bad-chunk");
        return this.#refuse(state === "trailers" ? "trailers-too-large" : "chunk-line-too-long");
      }
      this.#at = end;
      if (lineFeed < 0) {
        this.#partialLine = line;
        return this.#wantMore();
      }
      this.#partialLine = "";
      if (!line.endsWith("\r\n")) return this.#refuse("bare-line-break");
      const refusal = this.#takeLine(line.slice(0, -2));
      if (refusal !== undefined) return this.#refuse(refusal);
    }
  }

  /** Goes on from a whole line of the chunked coding [RFC 9112 §7.1]. */
  #takeLine(line: string): RefusalReason | undefined {
    if (this.#state === "chunk-break") {
      if (line !== "") return "bad-chunk";
      this.#state = "chunk-line";
      return undefined;
    }
    if (this.#state === "chunk-line") {
      const digits = CHUNK_LINE.exec(line)?.[1];
      if (digits === undefined) return "bad-chunk";
      this.#bodyBytesLeft = Number.parseInt(digits, 16);
      if (this.#bodyBytesLeft > Number.MAX_SAFE_INTEGER) return "chunk-size-too-large";
      this.#state = this.#bodyBytesLeft === 0 ? "trailers" : "chunk-data";
      this.#trailerBytes = 0;
      return undefined;
    }
    this.#trailerBytes += line.length + 2;
    if (line === "") {
      this.#state = "body-end";
      return undefined;
    }
    // Trailers are read and dropped: nothing of ours asks for one [RFC 9110 §6.5.1].
    const field = readFieldLine(line, 0, line.length);
    if (typeof field === "string") return field;
    return NOT_IN_TRAILERS.has(field[0].toLowerCase()) ? "bad-trailer" : undefined;
  }

  #finishMessage(): void {
    if (!this.#keepsAlive) {
      this.#state = "ignoring";
      this.#bytes = NO_BYTES;
      this.#text = "";
      this.#at = 0;
    } else if (this.#state !== "head") {
      this.#state = "head";
      if (this.#text === undefined) this.#skew = 0;
      this.#at += this.#skew;
      this.#searched = 0;
    }
  }

  #wantMore(): ReaderEvent {
    this.#bytes = NO_BYTES;
    this.#text = undefined;
    this.#at = this.#skew = 0;
    return MORE;
  }

  /** A whole head is at fault: a bare line break in it is named before anything else, as it is when it arrives in parts. */
  #refuseHead(reason: RefusalReason, start: number, end: number): Refusal {
    return this.#refuse(hasBareBreak(this.#text ?? "", start, end) ? "bare-line-break" : reason);
  }

  #refuse(reason: RefusalReason): Refusal {
    const asked = this.#state === "head" ? readableLine((this.#text ?? "").slice(this.#at)) : undefined;
    this.#state = "refused";
    this.#refusal = {
      kind: "refused",
      status: REFUSALS[reason].status,
      reason,
      ...asked,
    };
    this.#bytes = NO_BYTES;
    this.#text = "";
    return this.#refusal;
  }
}

/** As `startsWith`, which V8 compares a character at a time; a slice costs nothing and is compared as a whole. [D-0020] */
function isAt(text: string, at: number, part: string): boolean {
  return text.slice(at, at + part.length) === part;
}

/** The header block; copied where the slice would keep much more text than itself alive for as long as it is remembered. */
function ownCopy(text: string, from: number, to: number): string {
  const block = text.slice(from, to);
  return text.length > 2 * (to - from) + 512 ? Buffer.from(block, "latin1").toString("latin1") : block;
}
