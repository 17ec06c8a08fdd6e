// The header section of an origin's response: its fields, and what frames the message. An origin's responses resemble each other
// line by line, so a line that stands where it stood in the response before is compared, and its field taken from there.

import { isFieldValue, isToken } from "../../http/field-syntax.ts";
import { connectionNames, isHopByHop } from "../end-to-end.ts";
import type { Field } from "../transport/message.ts";
import type { ResponseFault } from "./response-faults.ts";

/** What the lines say. Faults of framing stand beside it, because some count only where there is a body. */
export interface HeaderSection {
  readonly fields: readonly Field[];
  /** Without those of this hop and Content-Length. */
  readonly endToEnd: readonly Field[];
  readonly length: number | undefined;
  readonly lengthFault: "bad-content-length" | "duplicate-content-length" | undefined;
  readonly isChunked: boolean;
  readonly codingFault: "unknown-transfer-coding" | undefined;
  readonly saysClose: boolean;
  readonly saysKeepAlive: boolean;
  readonly keepAliveSeconds: number | undefined;
  readonly memo: ResponseMemo;
}

/** What stages keep about a header section: the same object as long as the responses of a connection repeat it byte for byte. */
export interface ResponseMemo {
  /** Of what viewers get of it (viewer-response/answer-origin.ts). */
  answered: unknown;
}

interface Line {
  /** With the line break. */
  readonly text: string;
  readonly field: Field;
  readonly lowerName: string;
}

/** One connection's sections. What it remembers is one section, bounded as such. */
export class HeaderSectionReader {
  #block = "";
  #section: HeaderSection | undefined;
  #lines: readonly Line[] = [];

  /**
   * `text` from the line break before the first field to `to`, behind the empty line; `bytes` are what it was decoded from,
   * from `offset` on: what is kept is made from them, because a slice of the text would keep all of it.
   */
  read(text: string, from: number, to: number, bytes: Buffer, offset: number): HeaderSection | ResponseFault {
    const known = this.#section;
    // Slices are compared at once; `startsWith` goes a character at a time.
    if (known !== undefined && text.slice(from, to) === this.#block) return known;
    const before = this.#lines;
    const lines: Line[] = [];
    for (let at = from + 2; at < to - 2;) {
      let line = before[lines.length];
      if (line === undefined || text.slice(at, at + line.text.length) !== line.text) {
        const read = readLine(text, at, bytes, offset);
        if (typeof read === "string") return read;
        line = read;
      }
      lines.push(line);
      at += line.text.length;
    }
    const section = judge(lines);
    this.#lines = lines;
    this.#section = section;
    this.#block = bytes.toString("latin1", offset + from, offset + to);
    return section;
  }
}

/** A field line in `text` from `start` on [RFC 9112 §5]. */
function readLine(text: string, start: number, bytes: Buffer, offset: number): Line | ResponseFault {
  const end = text.indexOf("\r\n", start);
  const first = text.charCodeAt(start);
  if (first === 32 || first === 9) return "obs-fold";
  const colon = text.indexOf(":", start);
  if (colon < 0 || colon >= end) return "field-without-colon";
  const name = bytes.toString("latin1", offset + start, offset + colon);
  if (!isToken(name)) return isToken(name.trimEnd()) ? "space-before-colon" : "bad-field-name";
  let from = colon + 1;
  let to = end;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  const value = bytes.toString("latin1", offset + from, offset + to);
  if (!isFieldValue(value)) return "bad-field-value";
  return {
    text: bytes.toString("latin1", offset + start, offset + end + 2),
    field: [name, value],
    lowerName: name.toLowerCase(),
  };
}

function judge(lines: readonly Line[]): HeaderSection {
  let length: number | undefined;
  let lengthFault: HeaderSection["lengthFault"];
  let codings = 0;
  let codingFault: HeaderSection["codingFault"];
  let connection: string | undefined;
  let keepAliveSeconds: number | undefined;
  for (const { lowerName, field } of lines) {
    const value = field[1];
    switch (lowerName) {
      case "content-length":
        // A list of equal values may be accepted [RFC 9112 §6.3]; nobody honest sends one, so it is not.
        if (length !== undefined) lengthFault = "duplicate-content-length";
        else if (/^[0-9]{1,15}$/.test(value)) length = Number(value);
        else lengthFault = "bad-content-length";
        break;
      case "transfer-encoding":
        if (++codings > 1 || value.toLowerCase() !== "chunked") codingFault = "unknown-transfer-coding";
        break;
      case "connection":
        connection = connection === undefined ? value : `${connection},${value}`;
        break;
      case "keep-alive": {
        const told = /(?:^|[\s,])timeout\s*=\s*([0-9]{1,9})/i.exec(value)?.[1];
        if (told !== undefined) keepAliveSeconds = Number(told);
        break;
      }
    }
  }
  const listed = connectionNames(connection);
  const isEndToEnd = ({ lowerName }: Line): boolean => lowerName !== "content-length" && !isHopByHop(lowerName, listed);
  return {
    fields: lines.map(({ field }) => field),
    endToEnd: lines.filter(isEndToEnd).map(({ field }) => field),
    length: lengthFault === undefined ? length : undefined,
    lengthFault,
    isChunked: codings > 0 && codingFault === undefined,
    codingFault,
    saysClose: listed.includes("close"),
    saysKeepAlive: listed.includes("keep-alive"),
    keepAliveSeconds,
    memo: { answered: undefined },
  };
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}
