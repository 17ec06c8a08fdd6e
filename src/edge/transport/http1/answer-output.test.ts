import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { connect, createServer, type TLSSocket } from "node:tls";

import { makeLeaf, makeRoot } from "../../../service/make-certificate.ts";
import { addSeconds, seconds, systemClock } from "../../../vocabulary/time.ts";
import { AnswerOutput } from "./answer-output.ts";

const now = systemClock.now();
const LIFESPAN = { from: addSeconds(now, seconds(-60)), to: addSeconds(now, seconds(3600)) };
const LEAF = makeLeaf(["localhost"], LIFESPAN, makeRoot(undefined, LIFESPAN));

async function openPair(): Promise<{ readonly ours: TLSSocket; readonly viewer: TLSSocket; close(): void }> {
  const server = createServer({ cert: LEAF.certificate, key: LEAF.key });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const accepted = once(server, "secureConnection");
  const viewer = connect({ host: "127.0.0.1", port, rejectUnauthorized: false });
  const [ours] = (await accepted) as [TLSSocket];
  return {
    ours,
    viewer,
    close() {
      viewer.destroy();
      ours.destroy();
      server.close();
    },
  };
}

// All connections gather into one buffer: this is about the moment at which it may be written over.
test("over TLS the bytes of an answer are those that were gathered, whatever is gathered next and however slow the viewer is", async () => {
  const one = await openPair();
  const other = await openPair();
  const [first, second] = [new AnswerOutput(one.ours), new AnswerOutput(other.ours)];
  one.viewer.pause();
  other.viewer.pause();
  let expected = "";
  // Far more than fits into the kernel, and several writes of a connection within one event.
  for (let turn = 0; turn < 600; turn++) {
    const letter = String.fromCharCode(97 + (turn % 26));
    for (let each = 0; each < 1 + (turn % 3); each++) {
      const text = `${turn}.${each} `;
      const body = letter.repeat(1 + ((turn * 977) % 20_000));
      first.gather(text, Buffer.from(body));
      first.flush();
      expected += text + body;
      second.gather("-", Buffer.alloc(30_000, "-"));
      second.flush();
    }
    if (turn % 5 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  assert(one.ours.writableLength > 0, "the viewer is not slow enough for this test");
  let received = "";
  one.viewer.setEncoding("latin1").on("data", (text: string) => (received += text));
  one.viewer.resume();
  other.viewer.resume();
  one.ours.end();
  await once(one.viewer, "end");
  assert(received === expected, "bytes of another answer");
  one.close();
  other.close();
});
