// Records of answers on their way to distributions' log buckets: numbers, and references to texts that many records share, in blocks that can each be
// read alone. A worker does no more than this for a line; what reads the blocks (read-record-blocks.ts) makes its text, off the path of
// requests. That is a third of the bytes and of the time that the text would take here [D-0037].
//
// A block: magic, words behind its head, their CRC-32, records; then entries of whole 32-bit words in the machine's order (it is read on the machine that wrote it).
// An entry begins with a tag. A text: its length and its bytes; texts are numbered from 1 as they come, and 0 stands for none. A record: the
// words of `Word`, then the request's id. A record like another one before it: the words of `LikeWord`, and everything else is the other one's; nearly
// all records of a connection that is kept alive are like its first.

import { crc32 } from "node:zlib";
import type { EpochMs } from "../../vocabulary/time.ts";
import { firstByteMs, takenMs, type Ended } from "../ended.ts";
import type { Answer, ViewerRequest } from "../transport/message.ts";
import { contentOf, type RequestPieces, type ServedPieces } from "./access-line.ts";
import { encodeLogValue } from "./log-encoding.ts";
import { BUFFER_BYTES, openOutgoingBuffers, type LineSink } from "./outgoing-buffers.ts";
import { decidedResult, detailedResult, endedResult } from "./result-types.ts";
import { RESULT_TYPES, type ResultType } from "./traffic.ts";

export const BLOCK_MAGIC = 0x31_62_66_77; // "wfb1"
/** Words of a block's head. */
export const HEAD_WORDS = 4;
export const Head = { magic: 0, words: 1, crc: 2, records: 3 } as const;

/** In the lowest bits of an entry's first word. */
export const TAG_BITS = 4;
export const Tag = { text: 1, record: 2, like: 3 } as const;

/** Above the tag in a record's first word. */
export const RESULT_SHIFT = TAG_BITS;
export const DECIDED_SHIFT = 8;
export const STATUS_SHIFT = 12;
/** A result is its place in `RESULT_TYPES`. */
export const RESULT_MASK = 0xf;

/** Words of a record. What may be beyond 32 bits has two, the lower first. */
export const Word = {
  /** Tag, results, status. */
  first: 0,
  endedAt: 1,
  bytesOut: 3,
  bytesIn: 5,
  takenMs: 7,
  firstByteMs: 8,
  /** References to texts. */
  requester: 9,
  served: 10,
  method: 11,
  stem: 12,
  query: 13,
  cookie: 14,
  content: 15,
  /** Bytes of the id behind the words. */
  idLength: 16,
} as const;
export const RECORD_WORDS = 17;

/** Words of a record that is like another one. */
export const LikeWord = {
  /** Tag, and above it where the other one stands, in words from the block's magic. */
  first: 0,
  /** Milliseconds after the other one. */
  endedAfter: 1,
  bytesOut: 2,
  bytesIn: 3,
  /** takenMs, and above it firstByteMs. */
  times: 4,
  /** References to texts. */
  stem: 5,
  content: 6,
  /** The id's place in its draw, and above it the reference to the draw's seed. */
  id: 7,
} as const;
export const LIKE_WORDS = 8;
export const TIME_BITS = 16;
export const PLACE_BITS = 8;

/** Between the parts of a text that has several; no part has one in it. */
export const PART_BREAK = "\n";
const HIGH_WORD = 2 ** 32;
const TIME_MAX = 2 ** TIME_BITS - 1;

export interface RecordBlocks {
  /**
   * Whether it was written, as one like another of its requester's; else it is to be appended, and the next one may be like it. Of answers that arrived
   * whole. Its pieces are those of `append`.
   */
  readonly appendLike: (
    request: ViewerRequest,
    answer: Answer,
    by: RequestPieces,
    served: ServedPieces,
    bytesIn: number,
    bytesOut: number,
    startedAt: EpochMs,
    firstByteAt: EpochMs | undefined,
    endedAt: EpochMs,
  ) => boolean;
  /** Whether there was room for it. */
  readonly append: (ended: Ended, by: RequestPieces, served: ServedPieces) => boolean;
  /** Hands on the block that has been begun. To be called about once a second. */
  flush(): void;
  /** Records that it was given so far. */
  readonly taken: () => number;
  /** Those of them that found no room. */
  dropped(): number;
  /** Resolves when everything appended before was taken. */
  drained(): Promise<void>;
}

/** `popName`: x-edge-location of all records. `pendingBytesMax`: as `openOutgoingBuffers` has it. */
export function openRecordBlocks(
  popName: string,
  sink: LineSink,
  pendingBytesMax: number,
  bufferBytes = BUFFER_BYTES,
): RecordBlocks {
  const buffers = openOutgoingBuffers(sink, pendingBytesMax, bufferBytes);
  /** The block that is being filled: pieces that name it are in it. No two writers have the same. */
  let block: object = {};
  let bytes: Buffer | undefined;
  let words: Uint32Array = new Uint32Array(0);
  let at = 0;
  let texts = 0;
  let records = 0;
  /** Something of the record that is being written had no room. */
  let isFull = false;
  let taken = 0;
  let dropped = 0;
  /** What stands in this block, by the value that it was made from. */
  const encoded = new Map<string, number>();
  const plain = new Map<string, number>();

  function begin(): void {
    block = {};
    encoded.clear();
    plain.clear();
    bytes = buffers.current();
    if (bytes === undefined) return;
    words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
    at = HEAD_WORDS;
    texts = records = 0;
    isFull = false;
    define(popName);
  }

  function flush(): void {
    if (bytes === undefined || records === 0) return;
    const length = at * 4;
    words[Head.magic] = BLOCK_MAGIC;
    words[Head.words] = at - HEAD_WORDS;
    words[Head.crc] = crc32(bytes.subarray(HEAD_WORDS * 4, length));
    words[Head.records] = records;
    bytes = undefined;
    buffers.handOn(length, records);
  }

  /** Its number; what it comes to is of no use where the block is full. ASCII alone. */
  function define(text: string): number {
    const next = at + 1 + wordsOf(text.length);
    if (bytes === undefined || next > words.length) {
      isFull = true;
      return 0;
    }
    words[at] = (text.length << TAG_BITS) | Tag.text;
    bytes.write(text, (at + 1) * 4, "latin1");
    at = next;
    return ++texts;
  }

  function refOfEncoded(value: string): number {
    let ref = encoded.get(value);
    if (ref === undefined) encoded.set(value, (ref = define(encodeLogValue(value))));
    return ref;
  }

  function refOf(text: string): number {
    let ref = plain.get(text);
    if (ref === undefined) plain.set(text, (ref = define(text)));
    return ref;
  }

  function write(ended: Ended, by: RequestPieces, served: ServedPieces): boolean {
    if (bytes === undefined) return false;
    const { request, answer, outcome } = ended;
    if (by.block !== block) {
      by.ref = define(requesterText(by));
      by.block = block;
    }
    const servedRef = refOfServed(served);
    const isRequest = "path" in request;
    const decided = decidedResult(answer);
    const query = isRequest && request.query !== undefined && request.query !== "" ? refOfEncoded(request.query) : 0;
    const method = refOfEncoded(request.method ?? "");
    const stem = refOfEncoded((isRequest ? request.path : request.target) ?? "");
    const cookie = served.hasCookies ? refOf(by.cookie) : 0;
    const content = refOf(contentOf(answer, detailedResult(answer, decided, outcome), served));
    const id = answer?.requestId ?? "";
    const next = at + RECORD_WORDS + wordsOf(id.length);
    if (isFull || next > words.length) return false;
    words[at] =
      Tag.record |
      (RESULT_CODES[endedResult(decided, outcome)] << RESULT_SHIFT) |
      (RESULT_CODES[decided] << DECIDED_SHIFT) |
      ((answer?.status ?? 0) << STATUS_SHIFT);
    writeLong(at + Word.endedAt, ended.endedAt);
    writeLong(at + Word.bytesOut, ended.bytesOut);
    writeLong(at + Word.bytesIn, ended.bytesIn);
    words[at + Word.takenMs] = takenMs(ended);
    words[at + Word.firstByteMs] = firstByteMs(ended);
    words[at + Word.requester] = by.ref;
    words[at + Word.served] = servedRef;
    words[at + Word.method] = method;
    words[at + Word.stem] = stem;
    words[at + Word.query] = query;
    words[at + Word.cookie] = cookie;
    words[at + Word.content] = content;
    words[at + Word.idLength] = id.length;
    bytes.write(id, (at + RECORD_WORDS) * 4, "latin1");
    if (isRequest && answer !== undefined && outcome === "whole" && hasLikes(answer)) {
      const { model } = by;
      model.block = block;
      model.at = at;
      model.served = servedRef;
      model.hasCookies = served.hasCookies;
      model.decided = decided;
      model.status = answer.status;
      model.method = request.method;
      model.query = request.query;
      model.endedAt = ended.endedAt;
    }
    at = next;
    records++;
    return true;
  }

  function refOfServed(served: ServedPieces): number {
    if (served.block !== block) {
      served.ref = refOf(`${served.target}${PART_BREAK}${served.host}`);
      served.block = block;
    }
    return served.ref;
  }

  function writeLong(index: number, value: number): void {
    words[index] = value;
    words[index + 1] = value / HIGH_WORD;
  }

  return {
    appendLike(request, answer, by, served, bytesIn, bytesOut, startedAt, firstByteAt, endedAt) {
      const { model } = by;
      const { idDraw, idPlace, status } = answer;
      if (bytes === undefined || model.block !== block || idDraw === undefined || idPlace === undefined) return false;
      const decided = decidedResult(answer);
      if (
        model.decided !== decided ||
        model.status !== status ||
        model.method !== request.method ||
        model.query !== request.query ||
        model.hasCookies !== served.hasCookies ||
        !hasLikes(answer) ||
        model.served !== refOfServed(served)
      ) {
        return false;
      }
      const endedAfter = endedAt - model.endedAt;
      const lasted = Math.max(0, endedAt - startedAt);
      const firstByte = Math.max(0, (firstByteAt ?? endedAt) - startedAt);
      if (endedAfter < 0 || endedAfter >= HIGH_WORD || bytesOut >= HIGH_WORD || bytesIn >= HIGH_WORD) return false;
      if (lasted > TIME_MAX || firstByte > TIME_MAX) return false;
      const stem = refOfEncoded(request.path);
      const content = refOf(contentOf(answer, decided, served));
      if (idDraw.block !== block) {
        idDraw.ref = define(idDraw.seed);
        idDraw.block = block;
      }
      const next = at + LIKE_WORDS;
      if (isFull || next > words.length) return false;
      words[at] = (model.at << TAG_BITS) | Tag.like;
      words[at + LikeWord.endedAfter] = endedAfter;
      words[at + LikeWord.bytesOut] = bytesOut;
      words[at + LikeWord.bytesIn] = bytesIn;
      words[at + LikeWord.times] = (firstByte << TIME_BITS) | lasted;
      words[at + LikeWord.stem] = stem;
      words[at + LikeWord.content] = content;
      words[at + LikeWord.id] = (idDraw.ref << PLACE_BITS) | idPlace;
      at = next;
      records++;
      taken++;
      return true;
    },
    append(ended, by, served) {
      taken++;
      if (bytes === undefined) begin();
      if (write(ended, by, served)) return true;
      flush();
      begin();
      if (write(ended, by, served)) return true;
      // What it brought into the block stays there, and is nothing to whoever reads it.
      dropped++;
      return false;
    },
    flush,
    taken: () => taken,
    dropped: () => dropped,
    drained() {
      flush();
      return buffers.drained();
    },
  };
}

/** Its content need not be looked for in its fields; and it was not made here, which has results of its own. */
function hasLikes({ madeHere, status, part }: Answer): boolean {
  return madeHere === undefined && (status !== 206 || part !== undefined);
}

function wordsOf(bytes: number): number {
  return (bytes + 3) >>> 2;
}

function requesterText({
  address,
  refererAndAgent,
  hostAndProtocol,
  forwardedAndTls,
  versionAndPort,
}: RequestPieces): string {
  return [address, refererAndAgent, hostAndProtocol, forwardedAndTls, versionAndPort].join(PART_BREAK);
}

const RESULT_CODES = Object.fromEntries(RESULT_TYPES.map((name, index) => [name, index])) as Record<ResultType, number>;
