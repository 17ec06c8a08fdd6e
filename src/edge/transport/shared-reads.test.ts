import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { DEFAULT_LIMITS } from "../../vocabulary/limits.ts";
import { systemClock } from "../../vocabulary/time.ts";
import type { Answer, ViewerRequest } from "./message.ts";
import { takeOverReads } from "./shared-reads.ts";
import { openViewerListener } from "./viewer-listener.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function received(socket: Socket): Promise<string> {
  let text = "";
  for await (const piece of socket.setEncoding("latin1")) text += String(piece);
  return text;
}

test(
  "this Node lets accepted sockets be taken over, and a server closes when they do",
  { timeout: 10_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "warmfront-reads-"));
    for (const path of [undefined, join(folder, "socket")]) {
      const server = createServer({ allowHalfOpen: true });
      await new Promise<void>((resolve) => server.listen(path ?? { host: "127.0.0.1", port: 0 }, resolve));
      const address = server.address();
      assert.ok(address !== null);
      const accepting = once(server, "connection");
      const viewer = typeof address === "string" ? connect(address) : connect(address.port, "127.0.0.1");
      const [accepted] = (await accepting) as [Socket];
      const reads = takeOverReads(accepted);
      assert.ok(reads !== undefined, "hits would be slower, and nothing else would tell");
      reads.onBytes = (bytes) => reads.socket.end(bytes.toString("latin1").toUpperCase());
      viewer.write("hello");
      assert.equal(await received(viewer), "HELLO");
      viewer.end();
      await once(reads.socket, "close");
      await new Promise((resolve) => server.close(resolve));
    }
    rmSync(folder, { recursive: true, force: true });
  },
);

test("a socket that cannot be taken over is left as it is", () => {
  assert.equal(takeOverReads({ _handle: {} } as unknown as Socket), undefined);
  assert.equal(takeOverReads({ _handle: null } as unknown as Socket), undefined);
});

/** Reads a body only after others have had their turn, and tells what it was. */
async function echoLate(request: ViewerRequest): Promise<Answer> {
  for (let turns = 0; turns < 5; turns++) await turn();
  let body = "";
  for await (const chunk of request.body?.chunks ?? []) {
    await turn();
    body += Buffer.from(chunk).toString("latin1");
  }
  return { status: 200, fields: [], body: { kind: "bytes", bytes: Buffer.from(`<${request.path} ${body}>`) } };
}

test("what one viewer sent is never read as another's, however late it is read", { timeout: 30_000 }, async () => {
  await using listener = await openViewerListener({
    host: "127.0.0.1",
    port: 0,
    limits: DEFAULT_LIMITS,
    clock: systemClock,
    respond: echoLate,
  });
  const { port } = listener.address;
  const ask = async (index: number): Promise<void> => {
    const letter = String.fromCharCode(97 + (index % 26));
    const sized = letter.repeat(50 + 700 * (index % 7));
    const chunked = letter.toUpperCase().repeat(40_000 * (index % 3) + 1);
    const fields = "HTTP/1.1\r\nHost: a\r\n";
    const socket = connect(port, "127.0.0.1");
    const answers = received(socket);
    // The first is slow, so that what came in the same piece behind it waits: a body, a chunked one, a head in two pieces.
    socket.write(
      `GET /slow ${fields}\r\n` +
        `POST /sized ${fields}Content-Length: ${sized.length}\r\n\r\n${sized}` +
        `POST /chunked ${fields}Transfer-Encoding: chunked\r\n\r\n${chunked.length.toString(16)}\r\n${chunked}\r\n0\r\n\r\n` +
        `GET /${letter.repeat(500)}`,
    );
    await turn();
    await turn();
    socket.write(`${letter} ${fields}Connection: close\r\n\r\n`);
    const bodies = (await answers).match(/<[^>]*>/g);
    assert.deepEqual(bodies, ["</slow >", `</sized ${sized}>`, `</chunked ${chunked}>`, `</${letter.repeat(501)} >`]);
  };
  await Promise.all(Array.from({ length: 30 }, (_, index) => ask(index)));
});
