// The head of an answer on its way from the owner of a key to the worker that has the viewer: what of the answer is no field, and behind it
// the fields for the viewer as HTTP/1.1 has them, which most viewers are sent as they are. [D-0027]

import { REASONS, type ReasonName } from "../reasons.ts";
import type { CacheResult } from "../served.ts";
import { formatFieldLines, preparedLines } from "../transport/http1/http1-answer-writer.ts";
import type { Answer, Field, PreparedFields } from "../transport/message.ts";
import { readFields } from "./forwarded-request.ts";
import { readLong, writeLong } from "./peer-frames.ts";

/** An answer as the owner tells it. */
export interface ArrivedHead {
  readonly status: number;
  readonly prepared: PreparedFields | undefined;
  readonly fields: readonly Field[];
  readonly framingAt: number | undefined;
  /** Of the body; for HEAD of the one that GET would have. `undefined`: it is not told. */
  readonly length: number | undefined;
  readonly madeHere: ReasonName | undefined;
  readonly close: boolean;
  /** What is asked for is no use to others: the next time nobody needs to be asked for it. */
  readonly isUnshareable: boolean;
  readonly result: CacheResult;
  /** Of the content as it is stored. */
  readonly contentType: string | undefined;
  readonly requestId: string | undefined;
  /** Where the head ends, and a body that is whole begins. */
  readonly endsAt: number;
}

const IS_CLOSE = 1;
const IS_UNSHAREABLE = 2;
const HAS_LENGTH = 4;
const HAS_CONTENT_TYPE = 8;
const HAS_FRAMING = 16;

/** Status (u16), flags (u8), where the framing fields stand (u8), length of the body (u64), length of the text (u32). */
const FIXED_BYTES = 16;
const NONE = "-";

/** A head that can be written. */
export interface FormattedHead {
  /** Of the body. */
  readonly length: number | undefined;
  readonly bytes: number;
  readonly write: (into: Buffer, at: number) => void;
}

/** Throws, as HTTP/1.1 does, when a name or value could break out of its line. */
export function formatHead(answer: Answer, isUnshareable: boolean): FormattedHead {
  const { status, prepared, fields, body, framingAt, madeHere, close, served, requestId } = answer;
  const length =
    body.kind === "none" || body.kind === "tunnel" ? 0 : body.kind === "bytes" ? body.bytes.length : body.length;
  const contentType = served?.contentType;
  const flags =
    (close === true ? IS_CLOSE : 0) |
    (isUnshareable ? IS_UNSHAREABLE : 0) |
    (length === undefined ? 0 : HAS_LENGTH) |
    (contentType === undefined ? 0 : HAS_CONTENT_TYPE) |
    (framingAt === undefined ? 0 : HAS_FRAMING);
  let text = `${served?.result ?? "Error"} ${madeHere ?? NONE} ${requestId ?? NONE} ${contentType ?? ""}\n`;
  if (prepared !== undefined) text += preparedLines(prepared);
  text += formatFieldLines(fields);
  return {
    length,
    bytes: FIXED_BYTES + text.length,
    write(into, at) {
      into.writeUInt16BE(status, at);
      into[at + 2] = flags;
      into[at + 3] = framingAt ?? 0;
      writeLong(into, at + 4, length ?? 0);
      into.writeUInt32BE(text.length, at + 12);
      into.write(text, at + FIXED_BYTES, "latin1");
    },
  };
}

/** `undefined`: this is nothing that an owner says. */
export function readHead(bytes: Buffer, from: number, to: number): ArrivedHead | undefined {
  if (to - from < FIXED_BYTES) return undefined;
  const status = bytes.readUInt16BE(from);
  const flags = bytes[from + 2] ?? 0;
  const length = readLong(bytes, from + 4);
  const endsAt = from + FIXED_BYTES + bytes.readUInt32BE(from + 12);
  if (endsAt > to || status < 100 || status > 999) return undefined;
  const text = bytes.toString("latin1", from + FIXED_BYTES, endsAt);
  const factsEnd = text.indexOf("\n");
  const read = FACTS.exec(text.slice(0, Math.max(0, factsEnd)));
  if (read === null) return undefined;
  const [, result, madeHere = NONE, requestId, contentType] = read;
  if (madeHere !== NONE && !Object.hasOwn(REASONS, madeHere)) return undefined;
  const lines = text.slice(factsEnd + 1);
  const hasFraming = (flags & HAS_FRAMING) !== 0;
  const fields = hasFraming ? readFields(lines, 0, ": ", "\r\n") : NO_FIELDS;
  if (fields === undefined) return undefined;
  return {
    status,
    prepared: hasFraming ? undefined : new SentFields(lines),
    fields,
    framingAt: hasFraming ? (bytes[from + 3] ?? 0) : undefined,
    length: (flags & HAS_LENGTH) === 0 ? undefined : length,
    madeHere: madeHere === NONE ? undefined : (madeHere as ReasonName),
    close: (flags & IS_CLOSE) !== 0,
    isUnshareable: (flags & IS_UNSHAREABLE) !== 0,
    result: result as CacheResult,
    contentType: (flags & HAS_CONTENT_TYPE) === 0 ? undefined : contentType,
    requestId: requestId === NONE ? undefined : requestId,
    endsAt,
  };
}

const FACTS = /^(Hit|Miss|RefreshHit|Error|Redirect) ([a-z0-9-]+) (\S+) (.*)$/;
const NO_FIELDS: readonly Field[] = [];

/** Read only by who wants them apart. */
class SentFields implements PreparedFields {
  http1: string | undefined;
  http2: unknown = undefined;
  #fields: readonly Field[] | undefined;

  constructor(lines: string) {
    this.http1 = lines;
  }

  get fields(): readonly Field[] {
    return (this.#fields ??= readFields(this.http1 ?? "", 0, ": ", "\r\n") ?? NO_FIELDS);
  }
}
