// Blocks of records (record-blocks.ts) back into lines: the same text, character by character, that access-line.ts makes of the same
// answers. Off the path of requests. A disk may give back what was never written: a block that its CRC does not fit is left out as a whole,
// and reading goes on at the next one.

import { crc32 } from "node:zlib";
import { drawIds, idAt } from "../request-ids.ts";
import { ABSENT, formatLogSeconds } from "./log-encoding.ts";
import {
  BLOCK_MAGIC,
  DECIDED_SHIFT,
  Head,
  HEAD_WORDS,
  LIKE_WORDS,
  LikeWord,
  PART_BREAK,
  PLACE_BITS,
  RECORD_WORDS,
  RESULT_MASK,
  RESULT_SHIFT,
  STATUS_SHIFT,
  Tag,
  TAG_BITS,
  TIME_BITS,
  Word,
} from "./record-blocks.ts";
import { RESULT_TYPES } from "./traffic.ts";

export interface RecordLine {
  /** Where it is to go, as the configuration had it for that request (`EffectiveDistribution.logTarget`). */
  readonly target: string;
  /** `YYYY-MM-DD`, a tab, `HH`, in UTC: the line begins with it. */
  readonly hour: string;
  /** Without its line break. */
  readonly line: string;
}

/**
 * What can be read is told to `take`, in order. The number of records that cannot: as many as a damaged block says that it has, or one for
 * bytes that are no block. What a kill has cut off at the end was no record yet.
 */
export function readRecordBlocks(segment: Uint8Array, take: (line: RecordLine) => void): number {
  // So that words can be read: a copy begins where it should.
  const bytes = Buffer.from(Uint8Array.from(segment).buffer);
  const words = new Uint32Array(bytes.buffer, 0, bytes.length >>> 2);
  const instantOf = openInstants();
  let unreadable = 0;
  /** Between two blocks. */
  let isAstray = false;
  /** Of a block that claims to be longer than what is there: it was cut off, unless there is another one behind it. */
  let cutOff = 0;
  for (let at = 0; at + HEAD_WORDS <= words.length;) {
    const first = at + HEAD_WORDS;
    const next = first + (words[at + Head.words] ?? 0);
    const isBlock = words[at] === BLOCK_MAGIC;
    if (!isBlock || next > words.length) {
      if (isBlock) cutOff = recordsOf(words, at, words.length);
      else if (!isAstray) unreadable++;
      isAstray = true;
      at++;
      continue;
    }
    unreadable += cutOff;
    cutOff = 0;
    isAstray = crc32(bytes.subarray(first * 4, next * 4)) !== words[at + Head.crc];
    if (isAstray) {
      // Its length may be what is damaged, so the next one is looked for.
      unreadable += recordsOf(words, at, next);
      at++;
    } else {
      readBlock(bytes, words, first, next, instantOf, take);
      at = next;
    }
  }
  return unreadable;
}

/** As many as the block at `at` says that it has, if that may be. */
function recordsOf(words: Uint32Array, at: number, end: number): number {
  return Math.min(words[at + Head.records] ?? 0, Math.ceil((end - at) / LIKE_WORDS));
}

type Texts = readonly string[];

function readBlock(
  bytes: Buffer,
  words: Uint32Array,
  first: number,
  next: number,
  instantOf: InstantOf,
  take: (line: RecordLine) => void,
): void {
  const texts: string[] = [""];
  /** Those that have parts, by their number. */
  const parts: Texts[] = [];
  const partsOf = (ref: number): Texts => (parts[ref] ??= (texts[ref] ?? "").split(PART_BREAK));
  /** Ids of the draws whose seeds these are, by their number. */
  const draws: string[] = [];
  const drawOf = (ref: number): string => (draws[ref] ??= drawIds(texts[ref] ?? ""));
  const word = (at: number): number => words[at] ?? 0;
  for (let at = first; at < next;) {
    const head = word(at);
    if ((head & TAG_MASK) === Tag.text) {
      const length = head >>> TAG_BITS;
      texts.push(bytes.toString("latin1", (at + 1) * 4, (at + 1) * 4 + length));
      at += 1 + ((length + 3) >>> 2);
      continue;
    }
    // The one that this one is like, or itself.
    const model = (head & TAG_MASK) === Tag.like ? first - HEAD_WORDS + (head >>> TAG_BITS) : at;
    let endedAt = long(words, model + Word.endedAt);
    let id = ABSENT;
    let bytesOut, bytesIn, takenMs, firstByteMs, stem, content: number;
    if (model === at) {
      bytesOut = long(words, at + Word.bytesOut);
      bytesIn = long(words, at + Word.bytesIn);
      takenMs = word(at + Word.takenMs);
      firstByteMs = word(at + Word.firstByteMs);
      stem = word(at + Word.stem);
      content = word(at + Word.content);
      const idLength = word(at + Word.idLength);
      at += RECORD_WORDS;
      if (idLength > 0) id = bytes.toString("latin1", at * 4, at * 4 + idLength);
      at += (idLength + 3) >>> 2;
    } else {
      endedAt += word(at + LikeWord.endedAfter);
      bytesOut = word(at + LikeWord.bytesOut);
      bytesIn = word(at + LikeWord.bytesIn);
      const times = word(at + LikeWord.times);
      takenMs = times & ((1 << TIME_BITS) - 1);
      firstByteMs = times >>> TIME_BITS;
      stem = word(at + LikeWord.stem);
      content = word(at + LikeWord.content);
      const place = word(at + LikeWord.id);
      id = idAt(drawOf(place >>> PLACE_BITS), place & ((1 << PLACE_BITS) - 1));
      at += LIKE_WORDS;
    }
    const [address = "", refererAndAgent = "", hostAndProtocol = "", forwardedAndTls = "", versionAndPort = ""] =
      partsOf(word(model + Word.requester));
    const [target = "", host = ""] = partsOf(word(model + Word.served));
    const textOf = (ref: number): string => texts[ref] ?? "";
    const shared = word(model);
    const status = shared >>> STATUS_SHIFT;
    const { hour, rest } = instantOf(endedAt);
    const line =
      `${hour}${rest}\t${texts[1]}\t${bytesOut}` +
      `${address}${textOf(word(model + Word.method))}\t${host}${textOf(stem)}\t${status === 0 ? "000" : status}\t` +
      `${refererAndAgent}${textOf(word(model + Word.query)) || ABSENT}\t${textOf(word(model + Word.cookie)) || NO_COOKIE}` +
      `${RESULT_TYPES[(shared >>> RESULT_SHIFT) & RESULT_MASK]}\t${id}${hostAndProtocol}${bytesIn}\t${formatLogSeconds(takenMs)}` +
      `${forwardedAndTls}${RESULT_TYPES[(shared >>> DECIDED_SHIFT) & RESULT_MASK]}\t${versionAndPort}\t` +
      `${formatLogSeconds(firstByteMs)}${textOf(content)}`;
    take({ target, hour, line });
  }
}

const TAG_MASK = (1 << TAG_BITS) - 1;
const NO_COOKIE = `${ABSENT}\t`;

function long(words: Uint32Array, at: number): number {
  return (words[at] ?? 0) + (words[at + 1] ?? 0) * 2 ** 32;
}

/** Date and hour, and the rest of the time. */
type InstantOf = (ms: number) => { readonly hour: string; readonly rest: string };

/** Most records are of the second of the one before. */
function openInstants(): InstantOf {
  let second = Number.NaN;
  let instant = { hour: "", rest: "" };
  return (ms) => {
    const asked = Math.floor(ms / 1000);
    if (asked !== second) {
      second = asked;
      const text = new Date(ms).toISOString();
      instant = { hour: `${text.slice(0, 10)}\t${text.slice(11, 13)}`, rest: text.slice(13, 19) };
    }
    return instant;
  };
}
