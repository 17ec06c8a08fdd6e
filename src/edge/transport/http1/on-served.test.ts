import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { Duplex } from "node:stream";
import { test } from "node:test";

import { DEFAULT_LIMITS } from "../../../vocabulary/limits.ts";
import { epochMs } from "../../../vocabulary/time.ts";
import { prepareFields, type Answer, type AnswerBody, type Respond, type ViewerRequest } from "../message.ts";
import { openViewerListener } from "../viewer-listener.ts";

interface Told {
  readonly of: string;
  readonly status: number | undefined;
  readonly headBytes: number;
  readonly bodyBytes: number;
  readonly outcome: string;
}

/** What is told of these bytes of a viewer, who reads to the end, or leaves once it has read `leavesAfter` bytes. */
async function toldOf(bytes: string, respond: Respond, leavesAfter?: number): Promise<[Told[], received: string]> {
  const told: Told[] = [];
  await using listener = await openViewerListener({
    host: "127.0.0.1",
    port: 0,
    limits: DEFAULT_LIMITS,
    clock: { now: () => epochMs(1_000_000) },
    respond(request) {
      if (leavesAfter === 0) socket.resetAndDestroy();
      return respond(request);
    },
    onServed(request, answer, headBytes, bodyBytes, startedAt, firstByteAt, outcome, endedAt) {
      assert.equal(startedAt, 1_000_000);
      assert.equal(firstByteAt, answer && 1_000_000);
      assert.equal(endedAt, 1_000_000);
      const of = "reason" in request ? request.reason : request.target;
      told.push({ of, status: answer?.status, headBytes, bodyBytes, outcome });
    },
  });
  const socket = connect(listener.address.port, "127.0.0.1").setEncoding("latin1");
  let received = "";
  socket.on("data", (piece: string) => {
    received += piece;
    if (leavesAfter !== undefined && received.length >= leavesAfter) socket.resetAndDestroy();
  });
  socket.on("connect", () => socket.write(bytes, "latin1"));
  socket.on("error", () => undefined); // a reset is one of the ends that are looked at
  await once(socket, "close");
  while (listener.connections() > 0) await new Promise((resolve) => setImmediate(resolve));
  return [told, received];
}

function answer(body: AnswerBody, status = 200): Answer {
  return { status, fields: [["X", "y"]], body };
}

function ask(target: string, method = "GET", version = "1.1"): string {
  return `${method} ${target} HTTP/${version}\r\nHost: a\r\n\r\n`;
}

const LAST = "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

async function* pieces(...parts: (string | Error)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (part instanceof Error) throw part;
    yield Buffer.from(part);
  }
}

const bodies: Readonly<Record<string, () => AnswerBody>> = {
  "/none": () => ({ kind: "none" }),
  "/small": () => ({ kind: "bytes", bytes: Buffer.alloc(10) }),
  "/large": () => ({ kind: "bytes", bytes: Buffer.alloc(300_000) }),
  "/sized": () => ({ kind: "stream", length: 6, chunks: pieces("abc", "def") }),
  "/chunked": () => ({ kind: "stream", length: undefined, chunks: pieces("abc", "def") }),
  "/broken": () => ({ kind: "stream", length: 6, chunks: pieces("abc", new Error("broke off")) }),
  "/endless": () => ({
    kind: "stream",
    length: undefined,
    chunks: (async function* () {
      for (;;) yield Buffer.alloc(100_000);
    })(),
  }),
};

const respond: Respond = ({ target }) => answer(bodies[target]?.() ?? { kind: "none" });

test("every answer is told once, with its bytes and how it ended", { timeout: 20_000 }, async () => {
  const rows: [asked: string, told: [of: string, bodyBytes: number, outcome: string][]][] = [
    [ask("/none"), [["/none", 0, "whole"]]],
    [ask("/small"), [["/small", 10, "whole"]]],
    [ask("/small", "HEAD"), [["/small", 0, "whole"]]],
    [ask("/large"), [["/large", 300_000, "whole"]]],
    [ask("/sized"), [["/sized", 6, "whole"]]],
    [ask("/chunked"), [["/chunked", 6, "whole"]]],
    [ask("/broken"), [["/broken", 3, "broke-off"]]],
    [
      ask("/small") + ask("/large") + ask("/none"),
      [
        ["/small", 10, "whole"],
        ["/large", 300_000, "whole"],
        ["/none", 0, "whole"],
      ],
    ],
  ];
  for (const [asked, expected] of rows) {
    const [told, received] = await toldOf(asked + LAST, respond);
    const isWhole = expected.every(([, , outcome]) => outcome === "whole");
    const all = isWhole ? [...expected, ["/last", 0, "whole"]] : expected;
    assert.deepEqual(
      told.map(({ of, bodyBytes, outcome }) => [of, bodyBytes, outcome]),
      all,
      asked,
    );
    for (const { status } of told) assert.equal(status, 200);
    // What was handed to the socket of a message that breaks off need not have left.
    if (!isWhole) continue;
    const heads = received.match(/HTTP\/1\.1 200 OK\r\n.*?\r\n\r\n/gs) ?? [];
    assert.deepEqual(
      told.map(({ headBytes }) => headBytes),
      heads.map(({ length }) => length),
    );
  }
});

test("what is no request is told by its reason, as far as it could be read", { timeout: 10_000 }, async () => {
  const [told, received] = await toldOf("GET /x HTTP/1.1\r\n\r\n", respond);
  assert.equal(told.length, 1);
  const [{ of, status, headBytes, bodyBytes, outcome } = assert.fail()] = told;
  assert.deepEqual([of, status, outcome, headBytes + bodyBytes], ["missing-host", 400, "whole", received.length]);
});

test("a viewer that leaves is told as gone, before its answer or within it", { timeout: 20_000 }, async () => {
  const [early] = await toldOf(ask("/late"), () => new Promise<Answer>(() => undefined), 0);
  assert.deepEqual(early, [{ of: "/late", status: undefined, headBytes: 0, bodyBytes: 0, outcome: "viewer-left" }]);
  const [within] = await toldOf(ask("/endless"), respond, 1);
  assert.equal(within.length, 1);
  assert.deepEqual([within[0]?.status, within[0]?.outcome], [200, "viewer-left"]);
  assert.ok((within[0]?.bodyBytes ?? 0) >= 100_000);
});

test("a tunnel is told when it is over, with what went through it to the viewer", { timeout: 10_000 }, async () => {
  const asked = `${ask("/chat").slice(0, -2)}Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`;
  const far = new Duplex({
    read() {
      this.push("hello");
      this.push(null);
    },
    write: (_chunk, _encoding, done) => done(),
  });
  const ends: number[] = [];
  const tunnel = { far, ended: ({ bytesToViewer }: { bytesToViewer: number }) => void ends.push(bytesToViewer) };
  const [told, received] = await toldOf(asked, () => answer({ kind: "tunnel", tunnel }, 101));
  const headBytes = received.length - "hello".length;
  assert.deepEqual(told, [{ of: "/chat", status: 101, headBytes, bodyBytes: 5, outcome: "whole" }]);
  assert.deepEqual(ends, [5]);
});

test(
  "requests of a connection share a memo exactly as long as their header block repeats",
  { timeout: 10_000 },
  async () => {
    const seen: ViewerRequest[] = [];
    const other = "GET /c HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n";
    const absolute = "GET http://b/d HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n";
    await toldOf(ask("/a") + ask("/b", "HEAD") + other + other + absolute + ask("/e") + LAST, (request) => {
      seen.push(request);
      return answer({ kind: "none" });
    });
    const numbers = new Map([...new Set(seen.map(({ memo }) => memo))].map((memo, index) => [memo, index]));
    // A host that the request line brings along is not the fields': what was kept for them does not hold.
    assert.deepEqual(
      seen.map(({ memo }) => numbers.get(memo)),
      [0, 0, 1, 1, 2, 3, 4],
    );
  },
);

test("prepared fields stand in front of an answer's own, and are written out once", { timeout: 10_000 }, async () => {
  const prepared = prepareFields([["A", "1"]]);
  const made: Answer = { status: 200, prepared, fields: [["B", "2"]], body: { kind: "none" } };
  const [, received] = await toldOf(ask("/a") + LAST, () => made);
  const head = "HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\nContent-Length: 0\r\nConnection: ";
  assert.equal(received, `${head}keep-alive\r\n\r\n${head}close\r\n\r\n`);
  assert.equal(prepared.http1, "A: 1\r\n");
  const bad = prepareFields([["A", "1\r\nSet-Cookie: x"]]);
  const [, refused] = await toldOf(LAST, () => ({ ...made, prepared: bad }));
  assert.match(refused, /^HTTP\/1\.1 500 /);
});
