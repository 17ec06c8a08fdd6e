// Both ends of the connection between workers over a real socket, without the pipeline behind them.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { viewerRequest } from "../../../test/scenarios/harness.ts";
import { eventually } from "../../../test/scenarios/wired.ts";
import type { FeedNumber } from "../../vocabulary/ids.ts";
import type { Authorized } from "../exchange.ts";
import { newRequestMemo } from "../request-memo.ts";
import type { Answer, Field, ViewerRequest } from "../transport/message.ts";
import type { Forwarded } from "./forwarded-request.ts";
import { FRAME, PREFACE, writeFrameHead, type FrameKind } from "./peer-frames.ts";
import type { Arrival, Exchanged } from "./peer-ask.ts";
import { openPeerLink, type PeerLink } from "./peer-link.ts";
import { openPeerListener, type PeerListener } from "./peer-listener.ts";

interface Asked {
  readonly forwarded: Forwarded;
  readonly tell: (answer: Answer | undefined, isUnshareable?: boolean) => void;
  isGone: boolean;
}

interface Pair extends AsyncDisposable {
  readonly link: PeerLink;
  readonly listener: PeerListener;
  readonly path: string;
  /** What the owner was asked, in order. */
  readonly asked: Asked[];
  ask(changes?: Partial<ViewerRequest>, told?: { onInterim?: (status: number) => void }): Promise<Exchanged>;
  /** Asks, and has it answered so. */
  answer(answer: Partial<Answer>, changes?: Partial<ViewerRequest>): Promise<Arrival>;
}

const DISTRIBUTION = { id: "E1", version: 17 };

async function openPair(): Promise<Pair> {
  const directory = mkdtempSync(join(tmpdir(), "link-"));
  const path = join(directory, "requests.sock");
  const asked: Asked[] = [];
  const listener = openPeerListener({
    answer(forwarded, tell) {
      const one: Asked = {
        forwarded,
        tell: (answer, isUnshareable = false) => tell(answer, isUnshareable),
        isGone: false,
      };
      forwarded.request.onGone?.(() => (one.isGone = true));
      asked.push(one);
    },
    fault: () => ({ status: 500, fields: [], body: { kind: "none" } }),
    streamsMax: 1000,
  });
  await new Promise<void>((resolve) => listener.server.listen({ path }, resolve));
  const link = openPeerLink(path, 2);
  const ask: Pair["ask"] = (changes = {}, { onInterim } = {}) =>
    new Promise((settle) => {
      const request = { ...viewerRequest("GET /a"), ...changes };
      const { path: at, query } = request;
      const exchange = { request, distribution: DISTRIBUTION, path: at, query } as unknown as Authorized;
      link.ask({ exchange, through: 21.5 as FeedNumber, onInterim, settle });
    });
  return {
    link,
    listener,
    path,
    asked,
    ask,
    async answer(answer, changes) {
      const before = asked.length;
      const asking = ask(changes);
      await eventually(() => asked.length > before);
      asked.at(-1)?.tell({ status: 200, fields: [], body: { kind: "none" }, ...answer });
      return arrivalOf(await asking);
    },
    async [Symbol.asyncDispose]() {
      link.cut();
      await listener.drain(0);
      rmSync(directory, { recursive: true });
    },
  };
}

function arrivalOf(exchanged: Exchanged): Arrival {
  assert(exchanged.kind === "arrived", exchanged.kind);
  return exchanged.arrival;
}

async function readBody({ body }: Arrival): Promise<Buffer> {
  if (body.kind === "bytes") return Buffer.from(body.bytes);
  const pieces: Uint8Array[] = [];
  if (body.kind === "stream") for await (const piece of body.chunks) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

const FIELDS: readonly Field[] = [["X-A", "b"]];
const bytesOf = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, at) => at * 31));

async function* inPieces(bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

for (const length of [0, 1, 65_536, 65_537, 3_000_000]) {
  for (const size of [0, 1000, 20_000, 500_000]) {
    if (length / Math.max(1, size) > 5000) continue;
    const how = size === 0 ? "at once" : `in pieces of ${size}`;
    test(`a body of ${length} bytes that is there ${how} comes as it was`, async () => {
      await using pair = await openPair();
      const bytes = bytesOf(length);
      const chunks = inPieces(bytes, size);
      const body: Answer["body"] = size === 0 ? { kind: "bytes", bytes } : { kind: "stream", length, chunks };
      const arrival = await pair.answer({ fields: FIELDS, body });
      assert.ok(bytes.equals(await readBody(arrival)));
      assert.equal(pair.link.busy(), 0);
    });
  }
}

test("what one viewer repeats is told once, and each gets its own answer whatever their order", async () => {
  await using pair = await openPair();
  const memo = newRequestMemo();
  const { fields } = viewerRequest({ target: "/", headers: { Accept: "x" } });
  const asking = Array.from({ length: 100 }, (_, at) =>
    pair.ask({ target: `/${at}?q`, path: `/${at}`, query: "q", memo: at % 2 === 0 ? memo : newRequestMemo(), fields }),
  );
  await eventually(() => pair.asked.length === 100);
  for (const { forwarded, tell } of pair.asked.toReversed()) {
    const { path, query } = forwarded.request;
    tell({ status: 200, fields: [], body: { kind: "bytes", bytes: Buffer.from(`${path}?${query}`) } });
  }
  const got = await Promise.all(asking.map(async (one) => (await readBody(arrivalOf(await one))).toString()));
  assert.deepEqual(
    got,
    Array.from({ length: 100 }, (_, at) => `/${at}?q`),
  );
  assert.equal(new Set(pair.asked.map(({ forwarded }) => forwarded.request.memo)).size, 51);
  const [first] = pair.asked;
  assert.deepEqual([first?.forwarded.slot, first?.forwarded.through, first?.forwarded.version], [2, 21, 17]);
});

test("more viewers than the owner remembers are told apart all the same", async () => {
  await using pair = await openPair();
  const memos = Array.from({ length: 700 }, () => newRequestMemo());
  for (let round = 0; round < 3; round++) {
    const asking = memos.map(async (memo, at) => pair.ask({ memo, host: `h${at}.example` }));
    await eventually(() => pair.asked.length === 700);
    assert.deepEqual(
      pair.asked.map(({ forwarded }) => forwarded.request.host),
      memos.map((_, at) => `h${at}.example`),
    );
    for (const { tell } of pair.asked.splice(0)) tell({ status: 204, fields: [], body: { kind: "none" } });
    await Promise.all(asking);
    memos.push(...memos.splice(0, 100));
    for (let at = 0; at < 700; at++) memos[at] = newRequestMemo();
  }
});

test("a viewer who takes nothing holds up no other, and the owner sends no more than is agreed", async () => {
  await using pair = await openPair();
  const piece = Buffer.alloc(50_000);
  let given = 0;
  const endless: AsyncIterable<Uint8Array> = {
    async *[Symbol.asyncIterator]() {
      for (;;) {
        given += piece.length;
        yield piece;
      }
    },
  };
  const slow = await pair.answer({ body: { kind: "stream", length: undefined, chunks: endless } });
  assert(slow.body.kind === "stream");
  const bytes = bytesOf(2_000_000);
  for (let round = 0; round < 3; round++) {
    const arrival = await pair.answer({
      body: { kind: "stream", length: bytes.length, chunks: inPieces(bytes, 60_000) },
    });
    assert.ok(bytes.equals(await readBody(arrival)));
  }
  assert.ok(given <= 262_144 + 2 * piece.length, `${given} bytes were taken from the origin`);
  const chunks = slow.body.chunks[Symbol.asyncIterator]();
  for (let read = 0; read < 1_000_000;) read += ((await chunks.next()).value as Uint8Array).length;
  await chunks.return?.();
  await eventually(() => pair.link.busy() === 0);
});

test("a viewer who leaves before its answer is gone at the owner, and disturbs no other", async () => {
  await using pair = await openPair();
  let leave = (): void => undefined;
  const left = pair.ask({ onGone: (listener) => (leave = listener) });
  const stays = pair.ask();
  await eventually(() => pair.asked.length === 2);
  leave();
  assert.equal((await left).kind, "left");
  await eventually(() => pair.asked[0]?.isGone === true);
  assert.equal(pair.asked[1]?.isGone, false);
  for (const { tell } of pair.asked) tell({ status: 204, fields: [], body: { kind: "none" } });
  assert.equal(arrivalOf(await stays).head.status, 204);
});

test("a viewer who leaves in the middle of a body has it given up at the owner", async () => {
  await using pair = await openPair();
  let isReturned = false;
  const chunks: AsyncIterable<Uint8Array> = {
    async *[Symbol.asyncIterator]() {
      try {
        for (;;) yield Buffer.alloc(100_000);
      } finally {
        isReturned = true;
      }
    },
  };
  const { body } = await pair.answer({ body: { kind: "stream", length: undefined, chunks } });
  assert(body.kind === "stream");
  const iterator = body.chunks[Symbol.asyncIterator]();
  await iterator.next();
  await iterator.return?.();
  await eventually(() => isReturned);
});

for (const [what, length, sent] of [
  ["throws", undefined, 1000],
  ["is shorter than it said", 2000, 1000],
  ["is longer than it said", 500, 1000],
] as const) {
  test(`a body that ${what} at the owner breaks off, and nothing else does`, async () => {
    await using pair = await openPair();
    const chunks: AsyncIterable<Uint8Array> = {
      async *[Symbol.asyncIterator]() {
        yield Buffer.alloc(sent);
        if (length === undefined) throw new Error("the origin is gone");
      },
    };
    const stays = pair.ask();
    await eventually(() => pair.asked.length === 1);
    await assert.rejects(readBody(await pair.answer({ body: { kind: "stream", length, chunks } })));
    pair.asked[0]?.tell({ status: 204, fields: [], body: { kind: "none" } });
    assert.equal(arrivalOf(await stays).head.status, 204);
  });
}

test("HEAD, 304 and 204 have no body, whatever the answer brings; hints come before", async () => {
  await using pair = await openPair();
  let isReturned = false;
  const chunks: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({
      next: async () => assert.fail("nobody reads it"),
      return: async () => ((isReturned = true), { done: true, value: undefined }),
    }),
  };
  const head = await pair.answer({ body: { kind: "stream", length: 7, chunks } }, { method: "HEAD" });
  assert.deepEqual([head.body.kind, "length" in head.body && head.body.length, isReturned], ["stream", 7, true]);
  const modified = await pair.answer({ status: 304, body: { kind: "bytes", bytes: Buffer.from("x") } });
  assert.equal(modified.body.kind, "none");

  const hints: number[] = [];
  const asking = pair.ask({}, { onInterim: (status) => hints.push(status) });
  await eventually(() => pair.asked.length === 3);
  const { request } = pair.asked[2]?.forwarded ?? assert.fail();
  request.interim?.(request, 103, FIELDS);
  pair.asked[2]?.tell(undefined);
  assert.equal((await asking).kind, "refused");
  assert.deepEqual(hints, [103]);
});

test("an answer that cannot be sent is a fault of ours, and costs nobody else anything", async () => {
  await using pair = await openPair();
  const broken = await pair.answer({ fields: [["X-A", "a\r\nb"]] });
  assert.equal(broken.head.status, 500);
  assert.equal((await pair.answer({})).head.status, 200);
});

test("an owner that ends has what is under way finished, and is asked nothing more over that connection", async () => {
  await using pair = await openPair();
  const early = pair.ask();
  await eventually(() => pair.asked.length === 1);
  const drained = pair.listener.drain(30);
  await eventually(() => !pair.listener.server.listening);
  const late = pair.ask();
  pair.asked[0]?.tell({ status: 200, fields: [], body: { kind: "bytes", bytes: Buffer.from("page") } });
  assert.equal((await readBody(arrivalOf(await early))).toString(), "page");
  // Asked before it was known, or of nobody.
  let isSettled = false;
  void late.then(() => (isSettled = true));
  await eventually(() => isSettled || pair.asked.length === 2);
  pair.asked[1]?.tell({ status: 204, fields: [], body: { kind: "none" } });
  assert.ok(["arrived", "lost"].includes((await late).kind));
  await drained;
  assert.equal((await pair.ask()).kind, "lost");
});

test("what breaks off with the connection is lost, or breaks off in mid-body; then it can be asked again", async () => {
  await using pair = await openPair();
  const waits = pair.ask();
  await eventually(() => pair.asked.length === 1);
  const never: AsyncIterable<Uint8Array> = {
    async *[Symbol.asyncIterator]() {
      yield Buffer.from("begin");
      await new Promise(() => undefined);
    },
  };
  const begun = await pair.answer({ body: { kind: "stream", length: 100, chunks: never } });
  const broken = assert.rejects(readBody(begun));
  pair.link.cut();
  assert.equal((await waits).kind, "lost");
  await broken;
  await eventually(() => pair.asked[0]?.isGone === true);
  assert.equal((await pair.answer({})).head.status, 200);
});

function frame(kind: number, stream: number, text: string): Buffer {
  const bytes = Buffer.alloc(9 + text.length);
  bytes.write(text, writeFrameHead(bytes, 0, kind as FrameKind, stream, text.length), "latin1");
  return bytes;
}

const REQUEST = `${"\0".repeat(12)}GET /`;
const SECTION = "2 E1 17 http 1.1 - - - h\n";
for (const [what, ...sent] of [
  ["no preface", Buffer.from("GET / HTTP/1.1\r\nHost: owner\r\n\r\n")],
  ["another version's preface", Buffer.from(PREFACE.replace("1", "0"))],
  ["a request of no section", Buffer.from(PREFACE), frame(FRAME.request, 1, REQUEST)],
  ["half a request", Buffer.from(PREFACE), frame(FRAME.section, 0, SECTION), frame(FRAME.request, 1, "short")],
  ["a section that is none", Buffer.from(PREFACE), frame(FRAME.section, 0, "nonsense")],
  ["a section beyond what is remembered", Buffer.from(PREFACE), frame(FRAME.section, 1024, SECTION)],
  ["an owner's frame", Buffer.from(PREFACE), frame(FRAME.end, 1, "")],
  [
    "the same stream twice",
    Buffer.from(PREFACE),
    frame(FRAME.section, 0, SECTION),
    frame(FRAME.request, 1, REQUEST),
    frame(FRAME.request, 1, REQUEST),
  ],
] as const) {
  test(`${what} closes the connection, and the owner serves on`, async () => {
    await using pair = await openPair();
    const socket = connect({ path: pair.path });
    socket.on("error", () => undefined);
    socket.resume();
    const closed = new Promise((resolve) => socket.once("close", resolve));
    for (const bytes of sent) socket.write(bytes);
    await closed;
    for (const { isGone } of pair.asked.splice(0)) assert.equal(isGone, true);
    assert.equal((await pair.answer({})).head.status, 200);
  });
}

for (const [what, answer] of [
  ["an answer that is none", frame(FRAME.answer, 1, "nonsense")],
  ["a body before its head", frame(FRAME.body, 1, "bytes")],
  ["an end before its head", frame(FRAME.end, 1, "")],
  ["an asker's frame", frame(FRAME.request, 1, "bytes")],
  ["HTTP/1.1", Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")],
] as const) {
  test(`an owner that answers with ${what} is not there`, async () => {
    const directory = mkdtempSync(join(tmpdir(), "link-"));
    const path = join(directory, "requests.sock");
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on("error", () => undefined);
      socket.once("data", () => socket.write(answer));
    });
    await new Promise<void>((resolve) => server.listen({ path }, resolve));
    const link = openPeerLink(path, 0);
    try {
      const exchanged = await new Promise<Exchanged>((settle) => {
        const request = viewerRequest("GET /a");
        const exchange = { request, distribution: DISTRIBUTION, path: "/a" } as unknown as Authorized;
        link.ask({ exchange, through: 1 as FeedNumber, onInterim: undefined, settle });
      });
      assert.equal(exchanged.kind, "lost");
    } finally {
      link.cut();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      rmSync(directory, { recursive: true });
    }
  });
}
