import assert from "node:assert/strict";
import { test } from "node:test";
import { viewerRequest } from "../../../test/scenarios/harness.ts";
import type { Authorized } from "../exchange.ts";
import type { FeedNumber } from "../../vocabulary/ids.ts";
import { DEFAULT_LIMITS } from "../../vocabulary/limits.ts";
import { newRequestMemo } from "../request-memo.ts";
import { RequestReader } from "../transport/http1/http1-request-reader.ts";
import type { Field, ViewerRequest } from "../transport/message.ts";
import { formatForwarded, readForwarded } from "./forwarded-request.ts";

function forwarded(changes: Partial<ViewerRequest>, exchange: Partial<Authorized> = {}) {
  const request: ViewerRequest = { ...viewerRequest("GET /a"), ...changes };
  const asked = {
    request,
    distribution: { id: "E1", version: 17 },
    path: "/a",
    query: undefined,
    country: undefined,
    ...exchange,
  } as unknown as Authorized;
  return formatForwarded(asked, 3, 21.25 as FeedNumber);
}

function read(text: string) {
  const reader = new RequestReader(DEFAULT_LIMITS, "http");
  reader.feed(Buffer.from(text, "latin1"));
  const head = reader.next();
  assert.equal(head.kind, "head");
  assert(head.kind === "head");
  assert.equal(reader.isBetweenRequests, true, "the message has no body");
  assert.equal(head.keepsAlive, true);
  assert.equal(head.upgrade, undefined);
  return readForwarded({ ...viewerRequest("GET /"), ...head, body: undefined, memo: newRequestMemo() });
}

/** Fields that would frame, route or end a message, and others that are merely odd. */
const ODD_FIELDS: readonly Field[] = [
  ["Host", "d1.cloudfront.localhost"],
  ["host", "another.example"],
  ["Content-Length", "0"],
  ["Transfer-Encoding", "chunked"],
  ["Connection", "close, upgrade"],
  ["Upgrade", "websocket"],
  ["Expect", "100-continue"],
  ["Warmfront-Peer", "0 E9 99 99 https 1.1 127.0.0.1 DE - owner"],
  ["-Accept", "a name that begins as ours do"],
  ["Accept", ""],
  ["Accept", "again"],
  ["X-Bytes", "\x80\xff\t and blanks"],
];

test("a viewer's request comes to the owner with everything that counts, whatever its fields are called", () => {
  const text = forwarded(
    {
      method: "HEAD",
      fields: ODD_FIELDS,
      scheme: "https",
      httpVersion: "2.0",
      viewerAddress: "2001:db8::1",
      host: "d1.example:8443",
    },
    { path: "/index.html", query: "b=1&a=%2f?", country: "DE" },
  );
  assert(text !== undefined);
  const got = read(text);
  assert(got !== undefined);
  const { slot, distribution, version, through, country, request } = got;
  assert.deepEqual([slot, distribution, version, through, country], [3, "E1", 17, 21, "DE"]);
  assert.deepEqual(request.fields, ODD_FIELDS);
  const { method, path, query, scheme, httpVersion, viewerAddress, host, body } = request;
  assert.deepEqual(
    { method, path, query, scheme, httpVersion, viewerAddress, host, body },
    {
      method: "HEAD",
      path: "/index.html",
      query: "b=1&a=%2f?",
      scheme: "https",
      httpVersion: "2.0",
      viewerAddress: "2001:db8::1",
      host: "d1.example:8443",
      body: undefined,
    },
  );
  assert.equal(request.field("accept"), "");
  assert.equal(request.field("absent"), undefined);
});

for (const query of [undefined, ""]) {
  test(`a query that is ${JSON.stringify(query)} stays so`, () => {
    assert.equal(read(forwarded({}, { query }) ?? "")?.request.query, query);
  });
}

test("a body that is told to be empty is told to the owner", () => {
  const none = { length: 0, async *[Symbol.asyncIterator]() {} };
  const got = read(forwarded({ body: { length: 0, chunks: none } }) ?? "");
  assert.equal(got?.request.body?.length, 0);
});

for (const path of ["/with blank", "/umlaut\u00e4", "/line\r\nbreak", "no-slash"]) {
  test(`a configured path like ${JSON.stringify(path)} cannot be said to the owner`, () => {
    assert.equal(forwarded({}, { path }), undefined);
  });
}

test("what a viewer might send to the workers' socket is no message of a worker's", () => {
  for (const head of [
    "GET / HTTP/1.1\r\nHost: owner\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: owner\r\nWarmfront-Peer: nonsense\r\n\r\n",
    `${(forwarded({}) ?? "").slice(0, -2)}Accept: */*\r\n\r\n`,
  ]) {
    assert.equal(read(head), undefined);
  }
});
