import assert from "node:assert/strict";
import { constants, type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders } from "node:http2";
import { test } from "node:test";

import { openHttp2Bench, textAnswer } from "../../../test/support/http2-bench.ts";
import type { Answer, ViewerRequest } from "./message.ts";

interface Got {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** `undefined` after a clean end. */
  readonly resetWith: number | undefined;
}

async function read(stream: ClientHttp2Stream): Promise<Got> {
  let headers: IncomingHttpHeaders = {};
  let body = "";
  let hasEnded = false;
  stream.on("response", (given) => (headers = given));
  stream.on("data", (piece: Buffer) => (body += piece.toString("latin1")));
  stream.on("end", () => (hasEnded = !stream.aborted));
  stream.on("error", () => undefined);
  await new Promise((resolve) => stream.once("close", resolve));
  return { headers, body, resetWith: hasEnded && stream.rstCode === 0 ? undefined : stream.rstCode };
}

function ask(session: ClientHttp2Session, headers: Record<string, string> = {}, body?: string): Promise<Got> {
  const stream = session.request({ ":authority": "a.test", ...headers }, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  return read(stream);
}

function streamed(chunks: AsyncIterable<Uint8Array>, length?: number): Answer {
  return { status: 200, fields: [], body: { kind: "stream", length, chunks } };
}

test("a request arrives as it was sent, and its answer goes back", { timeout: 10_000 }, async () => {
  let seen: ViewerRequest | undefined;
  await using bench = await openHttp2Bench((request) => {
    seen = request;
    return textAnswer("hello", [
      ["Set-Cookie", "a"],
      ["Set-Cookie", "b"],
    ]);
  });
  const session = await bench.connect();
  const got = await ask(session, { ":path": "/a?b", cookie: "c=1; d=2", x: "y" });
  assert.equal(got.body, "hello");
  assert.equal(got.headers["content-length"], "5");
  assert.deepEqual(got.headers["set-cookie"], ["a", "b"]);
  assert.equal(got.resetWith, undefined);
  assert.ok(seen !== undefined);
  const { method, path, query, host, httpVersion, scheme, viewerAddress, body } = seen;
  assert.deepEqual(
    { method, path, query, host, httpVersion, scheme, viewerAddress, body },
    {
      method: "GET",
      path: "/a",
      query: "b",
      host: "a.test",
      httpVersion: "2.0",
      scheme: "https",
      viewerAddress: "127.0.0.1",
      body: undefined,
    },
  );
  assert.deepEqual(seen.fields, [
    ["host", "a.test"],
    ["cookie", "c=1; d=2"],
    ["x", "y"],
  ]);
});

test("a streamed body is ended when it is whole, and reset when it breaks off", { timeout: 10_000 }, async () => {
  await using bench = await openHttp2Bench((request) =>
    streamed(
      (async function* () {
        yield Buffer.from("one ");
        yield Buffer.from("two");
        await new Promise((resolve) => setImmediate(resolve));
        if (request.path === "/broken") throw new Error("the origin left");
      })(),
      request.query === undefined ? undefined : 7,
    ),
  );
  const session = await bench.connect();
  for (const query of ["", "?sized"]) {
    const whole = await ask(session, { ":path": `/whole${query}` });
    assert.deepEqual([whole.body, whole.resetWith], ["one two", undefined]);
    const broken = await ask(session, { ":path": `/broken${query}` });
    assert.deepEqual([broken.body, broken.resetWith], ["one two", constants.NGHTTP2_INTERNAL_ERROR]);
  }
});

test("a request's body is streamed, and so is what is made of it", { timeout: 10_000 }, async () => {
  await using bench = await openHttp2Bench((request) => {
    assert.ok(request.body !== undefined);
    return streamed(request.body.chunks);
  });
  const session = await bench.connect();
  const sent = "x".repeat(1_000_000);
  const got = await ask(session, { ":method": "POST" }, sent);
  assert.equal(got.body.length, sent.length);
  assert.equal(got.resetWith, undefined);
});
