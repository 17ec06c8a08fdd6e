// An origin that knows ranges as [RFC 9110 §14] has them, one at a time: what it has can be changed at any moment.

import type { IncomingMessage, ServerResponse } from "node:http";

export interface Representation {
  readonly body: string;
  readonly entityTag?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RangeOrigin {
  now: Representation;
  /** If-Range is as good as absent. */
  ignoresIfRange: boolean;
  /** Range of each request that came, "" without one. */
  readonly ranges: string[];
  /** Bytes of bodies that were sent. */
  sent: number;
  readonly answer: (request: IncomingMessage, response: ServerResponse) => void;
}

export function openRangeOrigin(first: Representation): RangeOrigin {
  const origin: RangeOrigin = {
    now: first,
    ignoresIfRange: false,
    ranges: [],
    sent: 0,
    answer(request, response) {
      const { body, entityTag, headers = {} } = origin.now;
      const fields = { ...headers, ...(entityTag !== undefined && { ETag: entityTag }) };
      const { range, "if-range": ifRange, "if-none-match": ifNoneMatch } = request.headers;
      origin.ranges.push(range ?? "");
      const send = (status: number, more: Readonly<Record<string, string>>, content: string): void => {
        origin.sent += content.length;
        response.writeHead(status, { ...fields, ...more, "Content-Length": String(content.length) });
        response.end(content, "latin1");
      };
      if (entityTag !== undefined && ifNoneMatch === entityTag) {
        response.writeHead(304, fields);
        return response.end();
      }
      const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/.exec(range ?? "") ?? [];
      const counts =
        origin.ignoresIfRange || ifRange === undefined || (ifRange === entityTag && !ifRange.startsWith("W/"));
      if ((from === "" && to === "") || !counts) return send(200, {}, body);
      const begin = from === "" ? Math.max(0, body.length - Number(to)) : Number(from);
      const end = from === "" || to === "" ? body.length : Math.min(Number(to) + 1, body.length);
      if (begin >= end) return send(416, { "Content-Range": `bytes */${body.length}` }, "");
      return send(206, { "Content-Range": `bytes ${begin}-${end - 1}/${body.length}` }, body.slice(begin, end));
    },
  };
  return origin;
}

/** Text in which no two stretches of a few characters are alike. */
export function variedText(length: number, seed: number): string {
  let state = seed;
  let text = "";
  while (text.length < length) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    text += String.fromCharCode(97 + ((state >> 16) % 26));
  }
  return text;
}
