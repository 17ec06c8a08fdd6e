// Uploads and downloads through the listener, the bucket store and the disk: what breaks off leaves nothing behind, and what is
// refused is refused before a byte of it is kept.

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { openObjectFiles } from "../../src/buckets/files/open-object-files.ts";
import { serveBuckets } from "../../src/buckets/serve-buckets.ts";
import { openApiListener } from "../../src/service/api-listener.ts";
import { DEFAULT_LIMITS } from "../../src/vocabulary/limits.ts";
import { sha256, signHeader } from "../support/s3-signer.ts";
import { openBucketStage, START } from "./bucket-stage.ts";

const KEY = { accessKeyId: "AKIAOWNEROWNEROWNER1", secret: "secret-of-AKIAOWNEROWNEROWNER1" };
const HOST = "127.0.0.1";

interface Sockets {
  readonly dial: () => Socket;
  /** A signed head; the body's hash and length are as told, whatever comes after it. */
  readonly head: (method: string, path: string, body: { readonly hash?: string; readonly length: number }) => string;
  /** Files of objects, finished or not. */
  readonly files: () => readonly string[];
  /** Settles when the next request was answered, or would have been. */
  readonly served: () => Promise<void>;
  readonly faults: readonly unknown[];
}

async function open(t: TestContext): Promise<Sockets> {
  const stage = await openBucketStage(t);
  const folder = mkdtempSync(join(tmpdir(), "warmfront-uploads-"));
  const reportFault = (fault: unknown): void => void stage.faults.push(fault);
  const files = await openObjectFiles({ folder, random: randomBytes, reportFault, removeAfterMs: 0 });
  const service = { ...stage.service, files };
  let tell: () => void = () => undefined;
  const listener = await openApiListener({
    host: HOST,
    port: 0,
    limits: { ...DEFAULT_LIMITS, bucketIdleTimeoutSeconds: 1 },
    handle: async () => ({ status: 404, fields: [], body: "" }),
    refuse: (why) => ({ status: 400, fields: [], body: why }),
    buckets: {
      handle: async (request) => {
        const answer = await serveBuckets(request, service);
        tell();
        return answer;
      },
      reportFault,
    },
  });
  t.after(async () => {
    await listener.drain(0);
    await files[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });
  assert.equal((await stage.ask("PUT /shop")).status, 200);
  const head: Sockets["head"] = (method, path, { hash = "UNSIGNED-PAYLOAD", length }) => {
    const unsigned = { method, path, query: "", fields: [["Host", HOST] as const], body: new Uint8Array(0) };
    const { request } = signHeader(unsigned, { key: KEY, at: START, payload: hash });
    const lines = [...request.fields, ["Content-Length", String(length)] as const];
    return `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
  };
  return {
    dial: () => {
      const socket = connect(listener.address.port, HOST);
      socket.on("error", () => undefined);
      t.after(() => socket.destroy());
      return socket;
    },
    head,
    files: () =>
      readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
        statSync(join(folder, name)).isFile(),
      ),
    served: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      tell = resolve;
      return promise;
    },
    faults: stage.faults,
  };
}

/** The status of the next answer. */
async function statusOf(socket: Socket): Promise<number> {
  const [first] = (await once(socket, "data")) as [Buffer];
  return Number(first.toString("latin1").split(" ")[1]);
}

test("an upload that breaks off leaves no object and no file", { timeout: 20_000 }, async (t) => {
  const sockets = await open(t);
  const socket = sockets.dial();
  const served = sockets.served();
  socket.write(sockets.head("PUT", "/shop/key", { length: 10_000_000 }));
  socket.write(Buffer.alloc(3_000_000), () => socket.destroy());
  await served;
  assert.deepEqual(sockets.files(), []);
  const asking = sockets.dial();
  asking.write(sockets.head("GET", "/shop/key", { length: 0 }));
  assert.equal(await statusOf(asking), 404);
  assert.deepEqual(sockets.faults, []);
});

test("an upload that stands still is refused, and leaves nothing", { timeout: 20_000 }, async (t) => {
  const sockets = await open(t);
  const socket = sockets.dial();
  socket.write(sockets.head("PUT", "/shop/key", { length: 10_000_000 }));
  socket.write(Buffer.alloc(100_000));
  assert.equal(await statusOf(socket), 400);
  await once(socket, "close");
  assert.deepEqual(sockets.files(), []);
  assert.deepEqual(sockets.faults, []);
});

test(
  "a body that is not the one that was signed leaves nothing, and what was there stays",
  { timeout: 20_000 },
  async (t) => {
    const sockets = await open(t);
    const socket = sockets.dial();
    const good = Buffer.alloc(500_000, "good");
    socket.write(sockets.head("PUT", "/shop/key", { hash: sha256(good), length: good.length }));
    socket.write(good);
    assert.equal(await statusOf(socket), 200);
    const before = sockets.files();
    assert.equal(before.length, 1);
    socket.write(sockets.head("PUT", "/shop/key", { hash: sha256(good), length: good.length }));
    socket.write(Buffer.alloc(good.length, "evil"));
    assert.equal(await statusOf(socket), 400);
    assert.deepEqual(sockets.files(), before);
    assert.deepEqual(sockets.faults, []);
  },
);

test("a refused upload is not written, not even in part", { timeout: 20_000 }, async (t) => {
  const sockets = await open(t);
  const socket = sockets.dial();
  socket.write(sockets.head("PUT", "/nobody-has-this/key", { length: 5_000_000 }));
  socket.write(Buffer.alloc(5_000_000));
  assert.equal(await statusOf(socket), 404);
  assert.deepEqual(sockets.files(), []);
  assert.deepEqual(sockets.faults, []);
});
