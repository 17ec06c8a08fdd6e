// What viewers send: bodies on their way to the origin, and WebSocket.

import { ALL_METHODS, scenario, type DistributionDraft } from "./harness.ts";

const ORIGIN_PAGE = "CFDG RequestAndResponseBehaviorCustomOrigin";
const ALL: DistributionDraft = { behavior: { AllowedMethods: ALL_METHODS } };

for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
  scenario(`the body of a ${method} reaches the origin, and its answer is never stored`, ORIGIN_PAGE, ALL, [
    {
      viewer: { method, target: "/a", body: ["first ", "second"], headers: { "Content-Type": "text/plain" } },
      origin: { status: 201, headers: { "Cache-Control": "max-age=60" }, body: "done" },
      expect: {
        status: 201,
        result: "Miss",
        body: "done",
        asked: [`${method} /a`],
        askedBody: "first second",
        askedWith: { "content-type": "text/plain" },
      },
    },
    {
      viewer: { method, target: "/a", body: ["x"] },
      expect: { result: "Miss", asked: [`${method} /a`], askedBody: "x" },
    },
    { viewer: "GET /a", expect: { result: "Miss", asked: ["GET /a"] } },
  ]);
}

scenario("a body in chunks reaches the origin whole", ORIGIN_PAGE, ALL, [
  {
    viewer: {
      raw: "POST /a HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n7\r\n second\r\n0\r\n\r\n",
    },
    expect: { status: 200, asked: ["POST /a"], askedBody: "first second" },
  },
]);

scenario("a body of 100,000 bytes reaches the origin as it is", ORIGIN_PAGE, ALL, [
  {
    viewer: { method: "PUT", target: "/a", body: ["0123456789".repeat(10_000)] },
    expect: { status: 200, askedBody: "0123456789".repeat(10_000) },
  },
]);

const HANDSHAKE = {
  target: "/chat",
  headers: {
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
  },
};
const WEBSOCKET = "CFDG distribution-working-with.websockets";

for (const scheme of ["http", "https"] as const) {
  scenario(`a WebSocket over ${scheme} reaches the origin, and bytes pass both ways`, WEBSOCKET, {}, [
    {
      viewer: { ...HANDSHAKE, scheme, tunnel: "\x81\x85\x00\x00\x00\x00hello" },
      origin: { echoes: true },
      expect: {
        status: 101,
        result: "Miss",
        fields: { upgrade: "websocket", "sec-websocket-accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" },
        asked: ["GET /chat"],
        askedWith: { upgrade: "websocket", connection: /^upgrade$/i, "sec-websocket-version": "13" },
        tunnel: "\x81\x85\x00\x00\x00\x00hello",
      },
    },
  ]);
}

scenario("a handshake passes the cache by", WEBSOCKET, {}, [
  {
    viewer: "GET /chat",
    origin: { headers: { "Cache-Control": "max-age=60" }, body: "a page", echoes: true },
    expect: { result: "Miss" },
  },
  { viewer: { ...HANDSHAKE, tunnel: "x" }, expect: { status: 101, result: "Miss", tunnel: "x", asked: ["GET /chat"] } },
  { viewer: "GET /chat", expect: { result: "Hit", body: "a page", asked: [] } },
]);

scenario("an origin that refuses a handshake is heard", WEBSOCKET, {}, [
  { viewer: { ...HANDSHAKE, tunnel: "x" }, origin: {}, expect: { status: 403, result: "Error", asked: ["GET /chat"] } },
]);

scenario(
  "the viewer protocol policy holds for a handshake",
  WEBSOCKET,
  { behavior: { ViewerProtocolPolicy: "https-only" } },
  [{ viewer: HANDSHAKE, origin: { echoes: true }, expect: { status: 403, says: "Bad request.", asked: [] } }],
);
