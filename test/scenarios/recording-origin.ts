// An origin that writes down every byte it is sent and reads it with a reader of its own: small, strict, and different from
// the edge's. What it cannot read as whole, plain requests is a finding.

import { openRawOrigin, type Peer, type RawOrigin } from "./wired.ts";

export interface Recorded {
  readonly line: string;
  readonly fields: readonly (readonly [string, string])[];
  readonly body: string;
}

export interface RecordingOrigin extends RawOrigin {
  /** `POST /path body` of each whole request since the last call. */
  take(): string[];
  /** What was not a plain request, in words, with the bytes. */
  readonly findings: readonly string[];
}

const REQUEST_LINE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+ [!-~]+ HTTP\/1\.1$/;
const FIELD_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+): ?((?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?)$/;
const ANSWER = "HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nContent-Length: 2\r\n\r\nok";

export async function openRecordingOrigin(): Promise<RecordingOrigin> {
  let whole: string[] = [];
  const findings: string[] = [];
  const raw = await openRawOrigin((peer) => record(peer));

  function record(peer: Peer): void {
    let unread = "";
    peer.socket.on("data", (chunk: Buffer) => {
      unread += chunk.toString("latin1");
      for (;;) {
        const read = readRequest(unread);
        if (read === undefined) return;
        if (typeof read === "string") {
          findings.push(`${read}: ${JSON.stringify(unread)}`);
          peer.socket.destroy();
          return;
        }
        unread = unread.slice(read.bytes);
        whole.push(describe(read.request));
        peer.socket.write(ANSWER);
      }
    });
    peer.socket.on("end", () => peer.socket.end());
  }

  return {
    ...raw,
    findings,
    take() {
      const taken = whole;
      whole = [];
      return taken;
    },
  };
}

function describe({ line, body }: Recorded): string {
  const [method = "", target = ""] = line.split(" ");
  return body === "" ? `${method} ${target}` : `${method} ${target} ${body}`;
}

/** `undefined`: more has to come. A text: what is wrong with it. */
function readRequest(text: string): { readonly request: Recorded; readonly bytes: number } | string | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return /[\0]|[^\r]\n|\r[^\n]/.test(text) ? "a bare control character" : undefined;
  const [line = "", ...fieldLines] = text.slice(0, end).split("\r\n");
  if (!REQUEST_LINE.test(line)) return "a bad request line";
  const fields: [string, string][] = [];
  for (const fieldLine of fieldLines) {
    const [, name, value] = FIELD_LINE.exec(fieldLine) ?? [];
    if (name === undefined || value === undefined) return "a bad field line";
    fields.push([name.toLowerCase(), value]);
  }
  const all = (name: string): string[] => fields.filter(([each]) => each === name).map(([, value]) => value);
  for (const once of ["host", "connection"]) if (all(once).length !== 1) return `not one ${once}`;
  for (const never of ["trailer", "te", "expect", "keep-alive", "proxy-connection"]) {
    if (all(never).length > 0) return `a field of another hop: ${never}`;
  }
  const [length, ...moreLengths] = all("content-length");
  const [coding, ...moreCodings] = all("transfer-encoding");
  if (moreLengths.length > 0 || moreCodings.length > 0 || (length !== undefined && coding !== undefined)) {
    return "framed twice";
  }
  const from = end + 4;
  if (coding !== undefined) {
    if (coding !== "chunked") return "an unknown coding";
    const chunked = readChunked(text, from);
    if (chunked === undefined || typeof chunked === "string") return chunked;
    return { request: { line, fields, body: chunked.body }, bytes: chunked.end };
  }
  if (length !== undefined && !/^(?:0|[1-9][0-9]*)$/.test(length)) return "a bad length";
  const to = from + Number(length ?? "0");
  if (text.length < to) return undefined;
  return { request: { line, fields, body: text.slice(from, to) }, bytes: to };
}

/** Without extensions and trailers: the edge sends neither on. */
function readChunked(text: string, from: number): { readonly body: string; readonly end: number } | string | undefined {
  let body = "";
  for (let at = from; ;) {
    const lineEnd = text.indexOf("\r\n", at);
    if (lineEnd < 0) return text.length - at > 16 ? "a long chunk line" : undefined;
    const digits = text.slice(at, lineEnd);
    if (!/^[0-9A-Fa-f]{1,8}$/.test(digits)) return "a bad chunk line";
    const size = Number.parseInt(digits, 16);
    const next = lineEnd + 2 + size + 2;
    if (text.length < next) return undefined;
    if (text.slice(next - 2, next) !== "\r\n") return "a chunk without its end, or a trailer";
    body += text.slice(lineEnd + 2, next - 2);
    if (size === 0) return { body, end: next };
    at = next;
  }
}
