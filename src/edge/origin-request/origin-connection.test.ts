import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { test } from "node:test";
import type { BodyFlow } from "../transport/flowing-body.ts";
import { openDueTimes } from "./due-times.ts";
import { OriginConnection, type ArrivedBody, type Exchange } from "./origin-connection.ts";

const BODY_BYTES = 1000;

interface World extends AsyncDisposable {
  readonly connection: OriginConnection;
  /** The origin's end. */
  readonly far: Socket;
  /** How often the connection has become free. */
  readonly frees: () => number;
}

async function openConnection(): Promise<World> {
  const server = createServer({ noDelay: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  let frees = 0;
  const owner = { onFree: () => void frees++, onGone: () => undefined };
  const accepted = once(server, "connection");
  const connection = new OriginConnection(owner, 20_480, (onread) => connect({ port, host: "127.0.0.1", onread }));
  const [far] = (await accepted) as [Socket];
  far.on("error", () => undefined).resume();
  return {
    connection,
    far,
    frees: () => frees,
    async [Symbol.asyncDispose]() {
      connection.destroy();
      far.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** Asks, and gives the body once the head is there. */
function ask(connection: OriginConnection): Promise<ArrivedBody> {
  return new Promise((resolve, reject) => {
    const exchange: Exchange = {
      bounds: { dueTimes: openDueTimes(), gapMs: 10_000, gapWhy: "paused", bytesMax: Infinity },
      takesTruncated: true,
      onInterim: () => undefined,
      onHead: (_head, body) => resolve(body),
      onFailed: reject,
      onDue: () => undefined,
      onOver: () => undefined,
    };
    connection.take(exchange);
    connection.ask("GET", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "none");
  });
}

const HEAD = `HTTP/1.1 200 OK\r\nContent-Length: ${BODY_BYTES}\r\n\r\n`;

test("bytes that a paused reader holds stay as they are, also when the connection has gone on to the next response", async () => {
  await using world = await openConnection();
  const { connection, far } = world;
  const asked = ask(connection);
  far.write(HEAD);
  const first = await asked;
  assert.ok(first.kind === "stream");
  const ends: string[] = [];
  const { promise: taken, resolve } = Promise.withResolvers<Uint8Array>();
  const flow: BodyFlow = first.body.open({
    take(bytes) {
      flow.pause();
      resolve(bytes);
      return true;
    },
    end: () => void ends.push("whole"),
    fail: ({ message }) => void ends.push(message),
  });
  flow.resume();
  far.write("a".repeat(BODY_BYTES));
  const held = await taken;
  // All of it has come, so the connection is free, although its last bytes are still in use.
  assert.equal(world.frees(), 1);
  const again = ask(connection);
  far.write(`${HEAD}${"b".repeat(BODY_BYTES)}`);
  const second = await again;
  assert.ok(second.kind === "whole" && Buffer.from(second.bytes).equals(Buffer.alloc(BODY_BYTES, "b")));
  assert.ok(Buffer.from(held).equals(Buffer.alloc(BODY_BYTES, "a")), "the bytes were written over");
  assert.deepEqual(ends, [], "nothing is told to who has paused");
  flow.resume();
  assert.deepEqual(ends, ["whole"]);
});

test("a long body comes as it was sent, read at once or held now and then, and what is held stays as it is", async () => {
  await using world = await openConnection();
  const sent = Buffer.alloc(3_000_000);
  for (let at = 0; at < sent.length; at += 4) sent.writeUInt32BE(at, at);
  const head = `HTTP/1.1 200 OK\r\nContent-Length: ${sent.length}\r\n\r\n`;
  for (const holdsEach of [1, 2, 7]) {
    const asked = ask(world.connection);
    world.far.write(head);
    world.far.write(sent);
    const body = await asked;
    assert.ok(body.kind === "stream");
    const received: Buffer[] = [];
    const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
    let count = 0;
    const flow: BodyFlow = body.body.open({
      take(bytes) {
        if (++count % holdsEach > 0) received.push(Buffer.from(bytes));
        else {
          flow.pause();
          setImmediate(() => {
            received.push(Buffer.from(bytes));
            flow.resume();
          });
        }
        return true;
      },
      end: resolve,
      fail: reject,
    });
    flow.resume();
    await ended;
    assert.ok(Buffer.concat(received).equals(sent), `held each ${holdsEach}.`);
  }
  assert.equal(world.frees(), 3);
});

test("pieces that are iterated over are the iterator's, however long it keeps them", async () => {
  await using world = await openConnection();
  const sent = Buffer.alloc(1_000_000, "0123456789");
  const asked = ask(world.connection);
  world.far.write(`HTTP/1.1 200 OK\r\nContent-Length: ${sent.length}\r\n\r\n`);
  world.far.write(sent);
  const body = await asked;
  assert.ok(body.kind === "stream");
  // Some of it waits in the connection's buffer by then.
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
  const pieces: Uint8Array[] = [];
  for await (const piece of body.body) pieces.push(piece);
  assert.ok(Buffer.concat(pieces).equals(sent));
});

test("nothing is read while the reader holds what came, and what is queued meanwhile comes when it goes on", async () => {
  await using world = await openConnection();
  const asked = ask(world.connection);
  world.far.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  const body = await asked;
  assert.ok(body.kind === "stream");
  let received = "";
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const flow: BodyFlow = body.body.open({
    take(bytes) {
      received += Buffer.from(bytes).toString();
      flow.pause();
      setImmediate(() => flow.resume());
      return true;
    },
    end: resolve,
    fail: () => resolve(),
  });
  flow.resume();
  for (const piece of ["one", "two", "three"]) world.far.write(`${piece.length}\r\n${piece}\r\n`);
  world.far.write("4\r\nfour\r\n4\r\nfive\r\n0\r\n\r\n");
  await ended;
  assert.equal(received, "onetwothreefourfive");
  assert.equal(world.frees(), 1);
});

test("a reader that gives up closes the connection, and one that has all leaves it to others", async () => {
  await using world = await openConnection();
  const asked = ask(world.connection);
  world.far.write(HEAD);
  const body = await asked;
  assert.ok(body.kind === "stream");
  body.body.stop();
  assert.ok(world.connection.isGone);
  assert.equal(world.frees(), 0);
});
