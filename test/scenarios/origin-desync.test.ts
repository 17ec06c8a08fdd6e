// What origins send that is not, or not only, the answer to what they were asked: refused or made regular, and never a
// byte of it in another viewer's answer.

import assert from "node:assert/strict";
import { test } from "node:test";
import { openRawOrigin } from "../support/raw-origin.ts";
import { list, openWorld, type DistributionDraft, type World } from "./harness.ts";

function draft(port: number): DistributionDraft {
  return {
    origin: {
      CustomOriginConfig: {
        HTTPPort: port,
        HTTPSPort: port,
        OriginProtocolPolicy: "http-only",
        OriginSslProtocols: list("TLSv1.2"),
        OriginReadTimeout: 5,
        OriginKeepaliveTimeout: 5,
      },
    },
    behavior: { MinTTL: 0, DefaultTTL: 0, MaxTTL: 0 },
  };
}

const OK = "HTTP/1.1 200 OK\r\n";
const POISON = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nPOISON";
const own = (line: string): string => {
  const body = `own ${line}`;
  return `${OK}Content-Length: ${body.length}\r\n\r\n${body}`;
};

// What is written for the first request; status, and body if it is one, that its viewer gets.
const ROWS: readonly (readonly [what: string, bytes: string, status: number, body?: string])[] = [
  ["two lengths that differ", `${OK}Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc`, 502],
  ["two lengths in one field", `${OK}Content-Length: 2, 3\r\n\r\nabc`, 502],
  ["a length and chunks", `${OK}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 502],
  ["chunks and a length", `${OK}Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n`, 502],
  ["a negative length", `${OK}Content-Length: -1\r\n\r\nabc`, 502],
  ["a length with a sign", `${OK}Content-Length: +3\r\n\r\nabc`, 502],
  ["a length in hex", `${OK}Content-Length: 0x3\r\n\r\nabc`, 502],
  ["an empty length", `${OK}Content-Length: \r\n\r\nabc`, 502],
  ["a length with a space within", `${OK}Content-Length: 1 2\r\n\r\nabc`, 502],
  ["a length beyond all bounds", `${OK}Content-Length: 99999999999999999999999\r\n\r\nabc`, 502],
  ["a length of 16 digits", `${OK}Content-Length: 9007199254740993\r\n\r\nabc`, 502],
  ["an unknown transfer coding", `${OK}Transfer-Encoding: gzip\r\n\r\nabc`, 502],
  ["chunked, and something after it", `${OK}Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n`, 502],
  ["chunked twice", `${OK}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 502],
  ["chunked with a vertical tab", `${OK}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`, 502],
  ["identity", `${OK}Transfer-Encoding: identity\r\n\r\nabc`, 502],
  ["a transfer coding in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 502],
  ["lines that end with LF alone", "HTTP/1.1 200 OK\nContent-Length: 3\n\nabc", 502],
  ["one line that ends with LF alone", `${OK}X: a\nContent-Length: 3\r\n\r\nabc`, 502],
  ["lines that end with CR alone", `${OK}X: a\rContent-Length: 3\r\n\r\nabc`, 502],
  ["a folded field", `${OK}X: a\r\n b\r\nContent-Length: 3\r\n\r\nabc`, 502],
  ["a folded first field", `${OK} X: a\r\nContent-Length: 3\r\n\r\nabc`, 502],
  ["a NUL in a value", `${OK}X: a\0b\r\nContent-Length: 3\r\n\r\nabc`, 502],
  ["a NUL in a name", `${OK}X\0: a\r\nContent-Length: 3\r\n\r\nabc`, 502],
  ["a space before the colon", `${OK}Content-Length : 3\r\n\r\nabc`, 502],
  ["a space in a name", `${OK}Content Length: 3\r\n\r\nabc`, 502],
  ["a line without colon", `${OK}nothing\r\nContent-Length: 3\r\n\r\nabc`, 502],
  ["a name that is empty", `${OK}: a\r\nContent-Length: 3\r\n\r\nabc`, 502],
  ["HTTP/0.9", "abc", 502],
  ["a status line of HTTP/0.9", "HTTP/0.9 200 OK\r\nContent-Length: 3\r\n\r\nabc", 502],
  ["a status line of HTTP/2.0", "HTTP/2.0 200 OK\r\nContent-Length: 3\r\n\r\nabc", 502],
  ["the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 502],
  ["a settings frame of HTTP/2", "\0\0\0\x04\0\0\0\0\0", 502],
  ["a request", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 502],
  ["another protocol", "SSH-2.0-x\r\n", 502],
  ["a status of 099", "HTTP/1.1 099 X\r\nContent-Length: 3\r\n\r\nabc", 502],
  ["a status of 1000", "HTTP/1.1 1000 X\r\nContent-Length: 3\r\n\r\nabc", 502],
  ["a status of 600", "HTTP/1.1 600 X\r\nContent-Length: 3\r\n\r\nabc", 502],
  ["a status of two digits", "HTTP/1.1 20 OK\r\nContent-Length: 3\r\n\r\nabc", 502],
  ["a negative status", "HTTP/1.1 -200 OK\r\nContent-Length: 3\r\n\r\nabc", 502],
  ["a 101 that nobody asked for", "HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nabc", 502],
  ["a status line and nothing more", OK, 502],
  ["nothing", "", 502],
  ["the same length twice", `${OK}Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc`, 502],
  ["a 204 with a length", `HTTP/1.1 204 X\r\nContent-Length: 3\r\n\r\nabc${POISON}`, 204, ""],
  ["a 204 with chunks", `HTTP/1.1 204 X\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n${POISON}`, 204, ""],
  ["bytes after the body", `${OK}Content-Length: 3\r\n\r\nabcdef`, 200, "abc"],
  ["two answers at once", `${OK}Content-Length: 3\r\n\r\nabc${POISON}`, 200, "abc"],
  [
    "an answer after the last chunk",
    `${OK}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n${POISON}`,
    200,
    "abc",
  ],
  ["an answer after an empty one", `${OK}Content-Length: 0\r\n\r\n${POISON}`, 200, ""],
  [
    "an answer within a field",
    `${OK}X: a\r\nContent-Length: 0\r\n\r\n${POISON}\r\nContent-Length: 3\r\n\r\nabc`,
    200,
    "",
  ],
  [
    "interim answers and another answer behind",
    `HTTP/1.1 103 X\r\n\r\n${OK}Content-Length: 3\r\n\r\nabc${POISON}`,
    200,
    "abc",
  ],
];

// Chunks that are wrong break the viewer's message off.
const BROKEN_ROWS: readonly (readonly [what: string, chunks: string])[] = [
  ["a size that is no number", "xyz\r\nabc\r\n0\r\n\r\n"],
  ["a negative size", "-3\r\nabc\r\n0\r\n\r\n"],
  ["a size with 0x", "0x3\r\nabc\r\n0\r\n\r\n"],
  ["a size beyond all bounds", "fffffffffffffffff\r\nabc\r\n0\r\n\r\n"],
  ["more bytes than the size says", "2\r\nabc\r\n0\r\n\r\n"],
  ["a size line that ends with LF alone", "3\nabc\r\n0\r\n\r\n"],
  ["data that end with LF alone", "3\r\nabc\n0\r\n\r\n"],
  ["an end without last chunk", "3\r\nabc\r\n"],
  ["a last chunk without its end", "3\r\nabc\r\n0\r\n"],
];

async function askTwice(world: World, bytes: string): Promise<void> {
  const other = await world.ask("GET /other");
  assert.deepEqual([other.status, other.body], [200, "own GET /other"], bytes);
}

for (const [what, bytes, status, body] of ROWS) {
  test(`an origin that sends ${what} gives a ${status}, and the next viewer's answer is that viewer's`, async () => {
    await using origin = await openRawOrigin(({ socket, line }) => {
      if (line !== "GET /first") return void socket.write(own(line));
      socket.write(bytes, "latin1");
      // What would be waited for: the origin has said all that it will say.
      if (body === undefined) socket.end();
    });
    await using world = await openWorld();
    world.publish(draft(origin.port));
    const got = await world.ask("GET /first");
    assert.equal(got.status, status);
    assert.equal(got.brokeOff, false);
    assert.ok(!got.body.includes("POISON"));
    if (body !== undefined) assert.equal(got.body, body);
    await askTwice(world, what);
    await askTwice(world, what);
  });
}

for (const [what, chunks] of BROKEN_ROWS) {
  test(`chunks with ${what} break the message off, and nothing of it is stored`, async () => {
    await using origin = await openRawOrigin(({ socket, line }) => {
      if (line !== "GET /first") return void socket.write(own(line));
      socket.write(`${OK}Cache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n`);
      socket.end(chunks, "latin1");
    });
    await using world = await openWorld();
    world.publish({ ...draft(origin.port), behavior: {} });
    const got = await world.ask("GET /first");
    assert.ok(got.status === 502 || got.brokeOff, `${got.status} ${got.body}`);
    assert.equal(world.edge.counters().storedResponses, got.status === 502 ? 1 : 0);
    await askTwice(world, what);
  });
}

test("an answer to HEAD that brings a body does not become the next answer", async () => {
  await using origin = await openRawOrigin(({ socket, line }) => {
    socket.write(line.startsWith("HEAD") ? `${OK}Content-Length: ${POISON.length}\r\n\r\n${POISON}` : own(line));
  });
  await using world = await openWorld();
  world.publish(draft(origin.port));
  const got = await world.ask("HEAD /first");
  assert.deepEqual([got.status, got.body], [200, ""]);
  await askTwice(world, "HEAD");
});

test("what comes on a kept connection while nothing is asked there ends it, and is nobody's answer", async () => {
  await using origin = await openRawOrigin(({ socket, line, index }) => {
    socket.write(own(line));
    if (index === 0) setImmediate(() => socket.write(POISON));
  });
  await using world = await openWorld();
  world.publish(draft(origin.port));
  for (let turn = 0; turn < 20; turn++) {
    const got = await world.ask(`GET /${turn}`);
    assert.deepEqual([got.status, got.body], [200, `own GET /${turn}`]);
    await new Promise((resolve) => setImmediate(resolve));
  }
});
