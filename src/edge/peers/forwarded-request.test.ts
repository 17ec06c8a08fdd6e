import assert from "node:assert/strict";
import { test } from "node:test";
import { viewerRequest } from "../../../test/scenarios/harness.ts";
import type { Authorized } from "../exchange.ts";
import type { FeedNumber } from "../../vocabulary/ids.ts";
import type { Field, ViewerRequest } from "../transport/message.ts";
import { formatAsked, formatSection, readAsked, readFields, readSection } from "./forwarded-request.ts";

function exchanged(changes: Partial<ViewerRequest>, exchange: Partial<Authorized> = {}): Authorized {
  const request: ViewerRequest = { ...viewerRequest("GET /a"), ...changes };
  const { path, query } = request;
  const distribution = { id: "E1", version: 17 };
  return { request, distribution, path, query, country: undefined, ...exchange } as unknown as Authorized;
}

function forwarded(changes: Partial<ViewerRequest>, exchange: Partial<Authorized> = {}) {
  const told = exchanged(changes, exchange);
  const section = readSection(formatSection(told, 3) ?? assert.fail("no section"));
  assert(section !== undefined);
  const way = { onGone: () => undefined, interim: () => undefined };
  return readAsked(formatAsked(told) ?? assert.fail("cannot be said"), section, 21 as FeedNumber, way);
}

/** Fields that would frame, route or end a message of HTTP/1.1, and others that are merely odd. */
const ODD_FIELDS: readonly Field[] = [
  ["Host", "d1.cloudfront.localhost"],
  ["host", "another.example"],
  ["Content-Length", "0"],
  ["Transfer-Encoding", "chunked"],
  ["Connection", "close, upgrade"],
  ["Upgrade", "websocket"],
  ["X-Colons", "a: b:c"],
  ["-Accept", "a hyphen in front"],
  ["Accept", ""],
  ["Accept", "again"],
  ["X-Bytes", "\x80\xff\t and blanks"],
];

test("a viewer's request comes to the owner with everything that counts, whatever its fields are called", () => {
  const got = forwarded(
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
    assert.equal(forwarded({}, { query })?.request.query, query);
  });
}

test("a body that is told to be empty is told to the owner", () => {
  const none = { length: 0, async *[Symbol.asyncIterator]() {} };
  assert.equal(forwarded({ body: { length: 0, chunks: none } })?.request.body?.length, 0);
});

for (const path of ["/with blank", "/umlaut\u00e4", "/line\r\nbreak", "no-slash"]) {
  test(`a configured path like ${JSON.stringify(path)} cannot be said to the owner`, () => {
    assert.equal(formatAsked(exchanged({}, { path })), undefined);
  });
}

test("what is no section of a worker's is none", () => {
  const good = formatSection(exchanged({ fields: [["Accept", "*/*"]] }), 3) ?? "";
  assert.notEqual(readSection(good), undefined);
  for (const text of [
    "",
    "\n",
    "nonsense\n",
    good.slice(0, -1),
    `${good}:no name\n`,
    `${good}no colon\n`,
    `1${good}\n`,
  ]) {
    assert.equal(readSection(text), undefined, JSON.stringify(text));
  }
});

test("lines of fields are read as they were written, and nothing else is", () => {
  const lines = (separator: string, end: string): string =>
    ODD_FIELDS.map(([name, value]) => name + separator + value + end).join("");
  assert.deepEqual(readFields(lines(": ", "\r\n"), 0, ": ", "\r\n"), ODD_FIELDS);
  assert.deepEqual(readFields(`facts\n${lines(":", "\n")}`, 6, ":", "\n"), ODD_FIELDS);
  assert.deepEqual(readFields("", 0, ": ", "\r\n"), []);
  for (const text of ["a", "a: b", "a b\r\n", ": b\r\n", "a\r\n: b\r\n"]) {
    assert.equal(readFields(text, 0, ": ", "\r\n"), undefined, JSON.stringify(text));
  }
});
