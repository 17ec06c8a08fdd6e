// Responses made from a seed: several on one connection, half of them wrong on purpose in the ways of the known desyncs, then
// mutated.

import { FIELD_LINES, makeChunks, mutate, pick, type Random } from "./generated-requests.ts";

const STATUS_LINES = [
  "HTTP/1.1 200 OK",
  "HTTP/1.1 200 OK",
  "HTTP/1.1 404 Not Found",
  "HTTP/1.1 206 Partial Content",
  "HTTP/1.1 304 Not Modified",
  "HTTP/1.1 204 No Content",
  "HTTP/1.0 200 OK",
  "HTTP/1.1 200 ",
  "HTTP/1.1 200",
  "HTTP/1.1 500 \xe9\t!",
  "HTTP/1.1 599 X",
  "HTTP/1.1 101 X",
  "HTTP/1.1 099 X",
  "HTTP/1.1 600 X",
  "HTTP/1.1 20 X",
  "HTTP/1.1 2000 X",
  "HTTP/1.1  200 X",
  "HTTP/1.2 200 OK",
  "HTTP/2.0 200 OK",
  "HTTP/0.9 200 OK",
  "http/1.1 200 OK",
  "HTTP /1.1 200 OK",
  "HTTP/1.1\t200 OK",
  "HTTP/1.1 200\tOK",
  "",
];
const INTERIMS = ["HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"];
/** The good ones stand in front: as many in FIELD_LINES. */
const GOOD_FIELDS = 24;

function makeResponse(random: Random, isCareful: boolean): string {
  const lines: string[] = [];
  for (let count = Math.floor(random() * 4); count > 0; count--) {
    lines.push(pick(random, isCareful ? FIELD_LINES.slice(0, GOOD_FIELDS) : FIELD_LINES));
  }
  let body = "";
  const framing = random();
  if (framing < 0.45) {
    body = "abcHTTP/1.1 200 OK\r\n\r\n".slice(0, Math.floor(random() * 23));
    const claimed = random() < 0.9 ? body.length : Math.floor(random() * 30);
    lines.push(`Content-Length: ${claimed}`);
  } else if (framing < 0.8) {
    body = makeChunks(random, isCareful);
    lines.push("Transfer-Encoding: chunked");
  } else if (framing < 0.9) body = "until the end";
  if (random() < 0.5) lines.reverse();
  const status = pick(random, isCareful ? STATUS_LINES.slice(0, 11) : STATUS_LINES);
  const interim = random() < 0.1 ? pick(random, INTERIMS) : "";
  return `${interim}${[status, ...lines, "", body].join("\r\n")}`;
}

export function makeResponses(random: Random): Buffer {
  const isCareful = random() < 0.7;
  let text = "";
  for (let count = 1 + Math.floor(random() * 2); count > 0; count--) text += makeResponse(random, isCareful);
  while (random() < 0.4) text = mutate(random, text);
  return Buffer.from(text, "latin1");
}
