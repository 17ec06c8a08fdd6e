// The body of an answer with several parts: multipart/byteranges [RFC 9110 §14.6]. Its length is known beforehand, and
// the parts are read one after the other as the viewer takes them.

import assert from "node:assert/strict";
import type { ByteRange } from "../../http/byte-range.ts";
import { formatContentRange } from "../../http/content-range.ts";
import type { AnswerBody } from "../transport/message.ts";
import { inSequence, type Stretch } from "./in-sequence.ts";

export interface ByteRangesParts {
  readonly ranges: readonly ByteRange[];
  /** Of the whole. */
  readonly length: number;
  /** Content-Type of the whole, which each part repeats. */
  readonly type: string | undefined;
  /** Random, so that no content holds it. */
  readonly boundary: string;
  readonly cut: (from: number, to: number) => AnswerBody;
}

/** Stands in place of the whole's Content-Type. */
export function byteRangesType(boundary: string): string {
  return `multipart/byteranges; boundary=${boundary}`;
}

export function byteRangesBody({ ranges, length, type, boundary, cut }: ByteRangesParts): AnswerBody {
  const typeLine = type === undefined ? "" : `Content-Type: ${type}\r\n`;
  const stretches: Stretch[] = [];
  let bytes = 0;
  let before = "";
  for (const range of ranges) {
    const frame = `${before}--${boundary}\r\n${typeLine}Content-Range: ${formatContentRange(range, length)}\r\n\r\n`;
    stretches.push(Buffer.from(frame, "latin1"), ...stretchesOf(cut(range.first, range.last + 1)));
    bytes += frame.length + range.last + 1 - range.first;
    before = "\r\n";
  }
  const end = Buffer.from(`\r\n--${boundary}--\r\n`, "latin1");
  return { kind: "stream", length: bytes + end.length, chunks: inSequence([...stretches, end]) };
}

/** An answer's body as one that others may follow. */
export function stretchesOf(body: AnswerBody): readonly Stretch[] {
  switch (body.kind) {
    case "none":
      return [];
    case "bytes":
      return [body.bytes];
    case "stream":
      return [body.chunks];
    case "tunnel":
      return assert.fail("a tunnel is no body to cut from");
  }
}
