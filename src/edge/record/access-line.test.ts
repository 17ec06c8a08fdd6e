// A line of the access log, field by field: one row for each thing that a request or its answer can have.

import assert from "node:assert/strict";
import { test } from "node:test";

import { epochMs } from "../../vocabulary/time.ts";
import type { EffectiveDistribution } from "../config/effective-config.ts";
import { REASONS, type ReasonName } from "../reasons.ts";
import { openRequestIds } from "../request-ids.ts";
import { newRequestMemo } from "../request-memo.ts";
import { servedAs, type CacheResult } from "../served.ts";
import {
  prepareFields,
  type Answer,
  type Field,
  type RefusedRequest,
  type ServedOutcome,
  type ViewerRequest,
} from "../transport/message.ts";
import { ACCESS_LOG_FIELDS, ACCESS_LOG_PREAMBLE } from "./access-log-fields.ts";
import { openLineLog } from "./line-log.ts";
import { readRecordBlocks } from "./read-record-blocks.ts";
import { openRecordBlocks } from "./record-blocks.ts";
import { openRecorder } from "./recorder.ts";
import { openTraffic, totalTraffic } from "./traffic.ts";

type FieldName = (typeof ACCESS_LOG_FIELDS)[number];

const POP = "LCL50-P1";
const STARTED = Date.UTC(2026, 10, 20, 23, 59, 59, 900);
const DISTRIBUTION = { id: "E1", label: "d1", logsCookies: true } as unknown as EffectiveDistribution;

interface Case {
  readonly fields?: readonly Field[];
  readonly request?: Partial<ViewerRequest>;
  /** Instead of a request. */
  readonly refused?: RefusedRequest;
  readonly answer?: Partial<Answer> | undefined;
  readonly result?: CacheResult;
  readonly contentType?: string;
  readonly distribution?: EffectiveDistribution | undefined;
  readonly headBytes?: number;
  readonly bodyBytes?: number;
  readonly firstByteAfterMs?: number | undefined;
  readonly takenMs?: number;
  readonly outcome?: ServedOutcome;
}

/** Fields of the line by name, and its text. */
function logged(asked: Case): { readonly line: string; readonly of: (name: FieldName) => string } {
  const lines: string[] = [];
  const written: Uint8Array[] = [];
  const blocks = openRecordBlocks(POP, { write: (bytes) => void written.push(bytes) }, 1);
  const { onServed: record } = openRecorder({
    domainSuffix: "cloudfront.localhost",
    edgeNumber: 1,
    traffic: openTraffic(),
    logs: [
      openLineLog(POP, (line) => void lines.push(line)),
      { wants: () => true, append: blocks.append, appendLike: blocks.appendLike },
    ],
    find: (host) => (host === "d1.cloudfront.localhost" ? DISTRIBUTION : undefined),
    later: (write) => write(),
  });
  const fields = asked.fields ?? [];
  const request: ViewerRequest = {
    method: "GET",
    target: "/a",
    path: "/a",
    query: undefined,
    httpVersion: "1.1",
    scheme: "http",
    host: "d1.cloudfront.localhost",
    fields,
    field: (lowerName) => fields.find(([name]) => name.toLowerCase() === lowerName)?.[1],
    body: undefined,
    viewerAddress: "192.0.2.7",
    viewerPort: 51_000,
    headBytes: 120,
    memo: newRequestMemo(),
    ...asked.request,
  };
  const owner = "distribution" in asked ? asked.distribution : DISTRIBUTION;
  const answer: Answer = {
    status: 200,
    fields: [],
    body: { kind: "bytes", bytes: new Uint8Array(1024) },
    served: servedAs({ distribution: owner }, asked.result ?? "Hit", asked.contentType),
    requestId: "ID==",
    ...asked.answer,
  };
  const hasAnswer = !("answer" in asked) || asked.answer !== undefined;
  const firstByte = "firstByteAfterMs" in asked ? asked.firstByteAfterMs : 0;
  const recordOne = (answered: Answer, startedAt: number): void =>
    record(
      asked.refused ?? request,
      hasAnswer ? answered : undefined,
      asked.headBytes ?? 400,
      asked.bodyBytes ?? 1024,
      epochMs(startedAt),
      firstByte === undefined ? undefined : epochMs(startedAt + firstByte),
      asked.outcome ?? "whole",
      epochMs(startedAt + (asked.takenMs ?? 0)),
    );
  recordOne(answer, STARTED);
  const [line = ""] = lines;
  assert.equal(lines.length, 1);
  // By way of a block it is the same; and so is the next one of the same requester, which may be written as like this one.
  const ids = openRequestIds((count) => new Uint8Array(count));
  recordOne({ ...answer, requestId: ids.next(), idDraw: ids.draw, idPlace: ids.place }, STARTED + 86_400_000);
  blocks.flush();
  const back: string[] = [];
  assert.equal(
    readRecordBlocks(Buffer.concat(written), (read) => void back.push(read.line)),
    0,
  );
  assert.deepEqual(back, lines);
  const values = line.split("\t");
  assert.equal(values.length, ACCESS_LOG_FIELDS.length, line);
  assert.match(line, /^[!-~\t]+$/);
  for (const value of values) assert.notEqual(value, "");
  return { line, of: (name) => values[ACCESS_LOG_FIELDS.indexOf(name)] ?? "" };
}

test("a hit has every field, in order", () => {
  const { line } = logged({
    contentType: "text/html",
    takenMs: 12,
    firstByteAfterMs: 3,
    fields: [
      ["Host", "d1.cloudfront.localhost"],
      ["User-Agent", "Mozilla/5.0 (X11)"],
      ["Referer", "https://example.com/?q=a b"],
      ["Cookie", "a=1; b=2"],
      ["X-Forwarded-For", "198.51.100.1"],
    ],
    request: {
      target: "/a%20b?x=1",
      path: "/a%20b",
      query: "x=1",
      scheme: "https",
      tls: {
        protocol: "TLSv1.3",
        cipher: "TLS_AES_128_GCM_SHA256",
        serverName: undefined,
        isResumed: false,
        certificateAccount: undefined,
      },
    },
  });
  assert.equal(
    line.replaceAll("\t", " "),
    "2026-11-20 23:59:59 LCL50-P1 1424 192.0.2.7 GET d1.cloudfront.localhost /a%2520b 200 " +
      "https://example.com/?q=a%20b Mozilla/5.0%20(X11) x=1 a=1;%20b=2 Hit ID== d1.cloudfront.localhost https 120 0.012 " +
      "198.51.100.1 TLSv1.3 TLS_AES_128_GCM_SHA256 Hit HTTP/1.1 - - 51000 0.003 Hit text/html 1024 - -",
  );
});

test("the preamble names the fields in one line, with single spaces", () => {
  assert.equal(ACCESS_LOG_FIELDS.length, 33);
  assert.match(ACCESS_LOG_PREAMBLE, /^#Version: 1\.0\n#Fields: date time x-edge-location \S.*\S sc-range-end\n$/);
});

const ROWS: readonly (readonly [claim: string, asked: Case, wanted: Partial<Record<FieldName, string>>])[] = [
  ["nothing that is not there is left empty", {}, { "cs(Referer)": "-", "cs(User-Agent)": "-", "cs(Cookie)": "-" }],
  ["plain HTTP has no TLS", {}, { "ssl-protocol": "-", "ssl-cipher": "-", "cs-protocol": "http" }],
  ["no query is a dash", {}, { "cs-uri-query": "-" }],
  ["a bare question mark is one too", { request: { query: "" } }, { "cs-uri-query": "-" }],
  ["field-level encryption is not there", {}, { "fle-status": "-", "fle-encrypted-fields": "-" }],
  ["the time is that of the end", { takenMs: 100 }, { date: "2026-11-21", time: "00:00:00", "time-taken": "0.100" }],
  [
    "tabs and line breaks in fields cannot break a line",
    { fields: [["User-Agent", "a\tb\r\nc"]] },
    { "cs(User-Agent)": "a%09b%0D%0Ac" },
  ],
  [
    "cookies on several lines are one value",
    {
      fields: [
        ["Cookie", "a=1"],
        ["cookie", "b=2"],
      ],
    },
    { "cs(Cookie)": "a=1;%20b=2" },
  ],
  [
    "cookies are left out unless the distribution wants them",
    { fields: [["Cookie", "a=1"]], distribution: { ...DISTRIBUTION, logsCookies: false } },
    { "cs(Cookie)": "-" },
  ],
  [
    "X-Forwarded-For on several lines is one list",
    {
      fields: [
        ["X-Forwarded-For", "198.51.100.1, 198.51.100.2"],
        ["X-Forwarded-For", "2001:db8::1"],
      ],
    },
    { "x-forwarded-for": "198.51.100.1,%20198.51.100.2,%202001:db8::1" },
  ],
  [
    "the host is the distribution's own, beside the one that was asked",
    { request: { host: "www.example.com:8080" } },
    { "cs(Host)": "d1.cloudfront.localhost", "x-host-header": "www.example.com:8080" },
  ],
  [
    "a request that no distribution has says so",
    { distribution: undefined, result: "Error", answer: { status: 403, madeHere: "bad-request" } },
    { "cs(Host)": "-", "x-edge-result-type": "Error", "x-edge-detailed-result-type": "InvalidRequest" },
  ],
  ["a zone of an address is encoded", { request: { viewerAddress: "fe80::1%eth0" } }, { "c-ip": "fe80::1%25eth0" }],
  [
    "a viewer that has gone has no address",
    { request: { viewerAddress: "", viewerPort: undefined } },
    { "c-ip": "-", "c-port": "-" },
  ],
  ["HTTP/2 is 2.0", { request: { httpVersion: "2.0" } }, { "cs-protocol-version": "HTTP/2.0" }],
  ["a WebSocket is ws", { request: { upgrade: "websocket" } }, { "cs-protocol": "ws" }],
  ["over TLS it is wss", { request: { upgrade: "websocket", scheme: "https" } }, { "cs-protocol": "wss" }],
  [
    "bytes from the viewer are head and body",
    { request: { body: { length: 500, chunks: (async function* () {})(), received: 300 } } },
    { "cs-bytes": "420" },
  ],
  ["bytes to the viewer are head and body", { headBytes: 321, bodyBytes: 5_000_000_000 }, { "sc-bytes": "5000000321" }],
  [
    "a 304 has no content",
    { answer: { status: 304, body: { kind: "none" } }, contentType: "text/html", bodyBytes: 0 },
    { "sc-content-type": "-", "sc-content-len": "-", "x-edge-result-type": "Hit", "sc-bytes": "400" },
  ],
  [
    "a body of unknown length has none",
    { answer: { body: { kind: "stream", length: undefined, chunks: (async function* () {})() } } },
    { "sc-content-len": "-" },
  ],
  ["an empty body has length 0", { answer: { body: { kind: "none" } } }, { "sc-content-len": "0" }],
  ["a 204 has no length", { answer: { status: 204, body: { kind: "none" } } }, { "sc-content-len": "-" }],
  [
    "a part of what is stored has its range, and the type of all of it",
    {
      answer: { status: 206, part: { first: 7, last: 106 }, body: { kind: "bytes", bytes: new Uint8Array(100) } },
      contentType: "video/mp4",
    },
    { "sc-content-type": "video/mp4", "sc-content-len": "100", "sc-range-start": "7", "sc-range-end": "106" },
  ],
  [
    "a part that the origin has cut has its range",
    {
      answer: {
        status: 206,
        prepared: prepareFields([["Content-Type", "video/mp4"]]),
        fields: [["Content-Range", "bytes 100-199/5000"]],
        body: { kind: "bytes", bytes: new Uint8Array(100) },
      },
      contentType: "video/mp4",
    },
    { "sc-content-type": "video/mp4", "sc-content-len": "100", "sc-range-start": "100", "sc-range-end": "199" },
  ],
  [
    "several parts have none, and the type of their frame",
    {
      answer: { status: 206, fields: [["Content-Type", "multipart/byteranges; boundary=x"]] },
      contentType: "text/css",
    },
    { "sc-content-type": "multipart/byteranges;%20boundary=x", "sc-range-start": "-", "sc-range-end": "-" },
  ],
  [
    "an unsatisfiable range has none",
    { answer: { status: 416, fields: [["Content-Range", "bytes */5000"]], madeHere: "range" }, result: "Error" },
    { "sc-range-start": "-", "sc-range-end": "-", "x-edge-detailed-result-type": "Error" },
  ],
  [
    "a viewer that leaves in mid-answer is an error that was to be a hit",
    { outcome: "viewer-left", bodyBytes: 10 },
    {
      "sc-status": "200",
      "x-edge-result-type": "Error",
      "x-edge-response-result-type": "Hit",
      "x-edge-detailed-result-type": "ClientCommError",
      "sc-bytes": "410",
    },
  ],
  [
    "an origin that breaks off is an error that was to be a miss",
    { outcome: "broke-off", result: "Miss" },
    {
      "x-edge-result-type": "Error",
      "x-edge-response-result-type": "Miss",
      "x-edge-detailed-result-type": "OriginCommError",
    },
  ],
  [
    "a viewer that leaves before its answer has status 000, and its distribution by the host",
    { answer: undefined, outcome: "viewer-left", headBytes: 0, bodyBytes: 0, firstByteAfterMs: undefined, takenMs: 50 },
    {
      "sc-status": "000",
      "cs(Host)": "d1.cloudfront.localhost",
      "x-edge-result-type": "Error",
      "x-edge-response-result-type": "Error",
      "x-edge-detailed-result-type": "ClientCommError",
      "x-edge-request-id": "-",
      "sc-bytes": "0",
      "time-taken": "0.050",
      "time-to-first-byte": "0.050",
      "sc-content-type": "-",
      "sc-content-len": "-",
    },
  ],
  [
    "a refusal for want of capacity says so",
    { answer: { status: 503, madeHere: "capacity" }, result: "Error" },
    { "x-edge-result-type": "CapacityExceeded", "x-edge-detailed-result-type": "CapacityExceeded" },
  ],
  [
    "a redirect is one",
    { answer: { status: 301 }, result: "Redirect" },
    { "x-edge-result-type": "Redirect", "x-edge-detailed-result-type": "Redirect" },
  ],
  [
    "an origin whose name is not known is told apart",
    { answer: { status: 502, madeHere: "origin-dns" }, result: "Error", contentType: "text/html" },
    { "x-edge-result-type": "Error", "x-edge-detailed-result-type": "OriginDnsError", "sc-content-type": "text/html" },
  ],
  [
    "a message that is no request is logged with what is known of it",
    {
      refused: { status: 400, reason: "bad-target", viewerAddress: "192.0.2.9", method: "GET", target: "/a b" },
      distribution: undefined,
      result: "Error",
      answer: { status: 400, madeHere: "bad-request" },
    },
    {
      "c-ip": "192.0.2.9",
      "cs-method": "GET",
      "cs-uri-stem": "/a%20b",
      "sc-status": "400",
      "cs(Host)": "-",
      "x-host-header": "-",
      "cs-protocol-version": "-",
    },
  ],
  [
    "one of which nothing is known has dashes",
    {
      refused: { status: 408, reason: "head-timeout", viewerAddress: "192.0.2.9" },
      distribution: undefined,
      result: "Error",
      answer: { status: 408, madeHere: "request-timeout" },
    },
    { "cs-method": "-", "cs-uri-stem": "-", "x-edge-detailed-result-type": "ClientHungUpRequest" },
  ],
];

for (const [claim, asked, wanted] of ROWS) {
  test(claim, () => {
    const { of } = logged(asked);
    for (const [name, value] of Object.entries(wanted)) assert.equal(of(name as FieldName), value, name);
  });
}

/** Of the words that the log has. [CFDG AccessLogs] */
const DETAILED =
  /^(?:Redirect|CapacityExceeded|ClientCommError|ClientGeoBlocked|ClientHungUpRequest|Error|InvalidRequest(?:Certificate|Header|Method)?|Origin(?:Comm|Connect|ContentRangeLength|Dns)?Error)$/;

for (const reason of Object.keys(REASONS) as ReasonName[]) {
  test(`${reason} has a detailed result type that the real service has`, () => {
    assert.match(logged({ answer: { madeHere: reason }, result: "Error" }).of("x-edge-detailed-result-type"), DETAILED);
  });
}

test("what is prepared of one request does not reach another", () => {
  const lines: string[] = [];
  const traffic = openTraffic();
  const { onServed: record } = openRecorder({
    domainSuffix: "cloudfront.localhost",
    edgeNumber: 1,
    traffic,
    logs: [
      openLineLog(POP, (line) => void lines.push(line)),
      {
        ...openLineLog(POP, (line) => void lines.push(`2 ${line}`)),
        wants: (distribution) => distribution?.id === "E2",
      },
    ],
    find: () => undefined,
    later: (write) => write(),
  });
  const memos = [newRequestMemo(), newRequestMemo()];
  for (let count = 0; count < 8; count++) {
    const label = `d${1 + (count & 1)}`;
    const agent = `agent-${(count >> 1) & 1}`;
    const memo = memos[(count >> 1) & 1];
    assert.ok(memo !== undefined);
    record(
      {
        method: "GET",
        target: `/${count}`,
        path: `/${count}`,
        query: undefined,
        httpVersion: "1.1",
        scheme: "http",
        host: "h",
        fields: [["User-Agent", agent]],
        field: (lowerName) => (lowerName === "user-agent" ? agent : undefined),
        body: undefined,
        viewerAddress: "192.0.2.1",
        headBytes: 10,
        memo,
      },
      {
        status: 200,
        fields: [],
        body: { kind: "none" },
        served: servedAs(
          {
            distribution: { id: `E${1 + (count & 1)}`, label, logsCookies: false } as unknown as EffectiveDistribution,
          },
          "Hit",
          undefined,
        ),
        requestId: `id-${count}`,
      },
      1,
      0,
      epochMs(0),
      epochMs(0),
      "whole",
      epochMs(count * 600),
    );
    const values = lines.find((line) => !line.startsWith("2 ") && line.includes(`id-${count}\t`))?.split("\t") ?? [];
    assert.deepEqual(
      [values[1], values[6], values[7], values[10]],
      [`00:00:0${Math.floor((count * 600) / 1000)}`, `${label}.cloudfront.localhost`, `/${count}`, agent],
    );
  }
  assert.equal(lines.filter((line) => line.startsWith("2 ")).length, 4);
  assert.equal(totalTraffic(traffic.snapshot()).requests, 8);
});

test("lines are written at the end of the turn, in the order in which answers ended, of many sooner, or when it is asked for", () => {
  const lines: string[] = [];
  const ends: (() => void)[] = [];
  const { onServed: record, flush } = openRecorder({
    domainSuffix: "cloudfront.localhost",
    edgeNumber: 1,
    traffic: openTraffic(),
    logs: [openLineLog(POP, (line) => void lines.push(line.split("\t")[1] ?? ""))],
    find: () => undefined,
    later: (write) => void ends.push(write),
  });
  const end = (count: number): void => {
    const refused = { method: "GET", target: "/", viewerAddress: "192.0.2.1" } as RefusedRequest;
    record(refused, undefined, 0, 0, epochMs(0), undefined, "broke-off", epochMs(count * 1000));
  };
  for (const second of [0, 1, 2]) end(second);
  assert.deepEqual([lines, ends.length], [[], 1]);
  ends.pop()?.();
  assert.deepEqual(lines, ["00:00:00", "00:00:01", "00:00:02"]);
  for (let count = 0; count < 1000; count++) end(3);
  assert.ok(lines.length > 500 && lines.length < 1003, `${lines.length} lines`);
  assert.equal(ends.length, 1, "it is asked for once, however many come meanwhile");
  ends.pop()?.();
  assert.equal(lines.length, 1003);
  end(4);
  flush();
  assert.equal(lines.length, 1004);
});
