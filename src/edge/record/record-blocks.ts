// Records of answers on their way to distributions' log buckets: numbers, and references to texts that many records share, in blocks that can each be
// read alone. A worker does no more than this for a line; what reads the blocks (read-record-blocks.ts) makes its text, off the path of
// requests. That is a third of the bytes and of the time that the text would take here [D-0037].
//
// A block: magic, words behind its head, their CRC-32, records; then entries of whole 32-bit words in the machine's order (it is read on the machine that wrote it).
// An entry begins with a tag. A text: its length and its bytes; texts are numbered from 1 as they come, and 0 stands for none. A record: the
// words of `Word`, then the request's id.

import { crc32 } from "node:zlib";
import { firstByteMs, takenMs, type Ended } from "../ended.ts";
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
export const Tag = { text: 1, record: 2 } as const;

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

/** Between the parts of a text that has several; no part has one in it. */
export const PART_BREAK = "\n";
const HIGH_WORD = 2 ** 32;

export interface RecordBlocks {
  /** Whether there was room for it. */
  append(ended: Ended, by: RequestPieces, served: ServedPieces): boolean;
  /** Hands on the block that has been begun. To be called about once a second. */
  flush(): void;
  /** Records that found no room so far. */
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
  let dropped = 0;
  /** What stands in this block, by the value that it was made from. */
  const encoded = new Map<string, number>();
  const plain = new Map<string, number>();

  function begin(): void {
    block = {};
    bytes = buffers.current();
    if (bytes === undefined) return;
    words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
    at = HEAD_WORDS;
    texts = records = 0;
    isFull = false;
    encoded.clear();
    plain.clear();
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
    const { request, answer, outcome } = ended;
    if (by.block !== block) {
      by.ref = define(requesterText(by));
      by.block = block;
    }
    if (served.block !== block) {
      served.ref = define(`${ended.served.distribution?.logTarget}${PART_BREAK}${served.host}`);
      served.block = block;
    }
    const isRequest = "path" in request;
    const decided = decidedResult(answer);
    const query = isRequest && request.query !== undefined && request.query !== "" ? refOfEncoded(request.query) : 0;
    const method = refOfEncoded(request.method ?? "");
    const stem = refOfEncoded((isRequest ? request.path : request.target) ?? "");
    const cookie = served.hasCookies ? refOf(by.cookie) : 0;
    const content = refOf(contentOf(answer, detailedResult(answer, decided, outcome), served));
    const id = answer?.requestId ?? "";
    const next = at + RECORD_WORDS + wordsOf(id.length);
    if (bytes === undefined || isFull || next > words.length) return false;
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
    words[at + Word.served] = served.ref;
    words[at + Word.method] = method;
    words[at + Word.stem] = stem;
    words[at + Word.query] = query;
    words[at + Word.cookie] = cookie;
    words[at + Word.content] = content;
    words[at + Word.idLength] = id.length;
    bytes.write(id, (at + RECORD_WORDS) * 4, "latin1");
    at = next;
    records++;
    return true;
  }

  function writeLong(index: number, value: number): void {
    words[index] = value;
    words[index + 1] = value / HIGH_WORD;
  }

  return {
    append(ended, by, served) {
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
    dropped: () => dropped,
    drained() {
      flush();
      return buffers.drained();
    },
  };
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
