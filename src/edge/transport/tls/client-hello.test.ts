import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { test } from "node:test";
import { connect, createServer as createTlsServer, type ConnectionOptions } from "node:tls";
import * as fc from "fast-check";

import { makeLeaf, makeRoot } from "../../../service/make-certificate.ts";
import { addSeconds, seconds, systemClock } from "../../../vocabulary/time.ts";
import { readClientHello } from "./client-hello.ts";

const MAX = 16_384;
const LIFESPAN = {
  from: addSeconds(systemClock.now(), seconds(-60)),
  to: addSeconds(systemClock.now(), seconds(3600)),
};
const LEAF = makeLeaf(["a.b"], LIFESPAN, makeRoot(undefined, LIFESPAN));

/** What node:tls says first with these options: a hello as OpenSSL writes it. */
async function firstBytes(options: ConnectionOptions): Promise<Buffer> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const viewer = connect({ host: "127.0.0.1", port, rejectUnauthorized: false, ...options });
  viewer.on("error", () => undefined);
  const [socket] = (await once(server, "connection")) as [Socket];
  const [chunk] = (await once(socket, "data")) as [Buffer];
  viewer.destroy();
  socket.destroy();
  server.close();
  return chunk;
}

const HELLO = await firstBytes({ servername: "Shop.Example", ALPNProtocols: ["h2", "http/1.1"] });
const READ = { serverName: "shop.example", protocols: ["h2", "http/1.1"], versionMax: 0x0304, ticketName: undefined };

/** The same handshake in records of the given sizes, the last one for the rest. */
function inRecords(hello: Buffer, sizes: readonly number[]): Buffer {
  const message = hello.subarray(5);
  const parts: Buffer[] = [];
  let at = 0;
  for (const size of [...sizes, message.length]) {
    const fragment = message.subarray(at, at + size);
    at += fragment.length;
    if (fragment.length > 0) parts.push(Buffer.from([22, 3, 1, fragment.length >> 8, fragment.length & 255]), fragment);
  }
  return Buffer.concat(parts);
}

test("what OpenSSL says first is read: name, protocols, newest version [RFC 8446 §4.1.2]", async () => {
  const rows: [ConnectionOptions, object][] = [
    [{ servername: "shop.example", ALPNProtocols: ["h2", "http/1.1"] }, READ],
    [{ servername: "shop.example" }, { ...READ, protocols: [] }],
    [{}, { serverName: undefined, protocols: [], versionMax: 0x0304, ticketName: undefined }],
    [
      { servername: "a.b", maxVersion: "TLSv1.2" },
      { serverName: "a.b", protocols: [], versionMax: 0x0303, ticketName: undefined },
    ],
    [
      { minVersion: "TLSv1", maxVersion: "TLSv1", ciphers: "ALL:@SECLEVEL=0", ALPNProtocols: ["http/1.1"] },
      { serverName: undefined, protocols: ["http/1.1"], versionMax: 0x0301, ticketName: undefined },
    ],
  ];
  for (const [options, hello] of rows) {
    assert.deepEqual(readClientHello(await firstBytes(options), MAX), { kind: "hello", hello });
  }
});

test("a session that is to be taken up tells by its ticket the name of the keys", async () => {
  const ticketKeys = Buffer.from(Array.from({ length: 48 }, (_, index) => index + 100));
  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    const server = createTlsServer({ cert: LEAF.certificate, key: LEAF.key, ticketKeys });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const options = { servername: "a.b", minVersion: version, maxVersion: version } as const;
    const viewer = connect({ ...options, host: "127.0.0.1", port, rejectUnauthorized: false });
    const [session] = (await once(viewer.resume(), "session")) as [Buffer];
    viewer.destroy();
    server.close();
    const read = readClientHello(await firstBytes({ ...options, session }), MAX);
    assert(read.kind === "hello", version);
    assert.deepEqual(Buffer.from(read.hello.ticketName ?? []), ticketKeys.subarray(0, 16), version);
  }
});

test("a hello is read the same however it is cut into records [RFC 8446 §5.1]", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 40 });
  fc.assert(
    fc.property(sizes, (cut) => {
      assert.deepEqual(readClientHello(inRecords(HELLO, cut), MAX), { kind: "hello", hello: READ });
    }),
    { seed: 8446, numRuns: 300 },
  );
});

test("until it is whole it asks for more, never for more than there will be, and always for at least a byte", () => {
  for (const bytes of [HELLO, inRecords(HELLO, [1, 2, 3, 1, 100, 7])]) {
    for (let length = 0; length < bytes.length; length++) {
      const read = readClientHello(bytes.subarray(0, length), MAX);
      assert(read.kind === "more", `${length}: ${JSON.stringify(read)}`);
      assert(read.bytesMin > length && read.bytesMin <= bytes.length, `${length}: ${read.bytesMin}`);
    }
  }
});

test("what follows the hello is not looked at", () => {
  const more = Buffer.concat([HELLO, Buffer.from([20, 3, 3, 0, 1, 1, 99, 99])]);
  assert.deepEqual(readClientHello(more, MAX), { kind: "hello", hello: READ });
});

test("what is no hello is told apart by its first bytes", () => {
  const rows: [string, Buffer, RegExp][] = [
    ["plain HTTP", Buffer.from("G"), /no handshake/],
    ["SSL 2", Buffer.from([0x80, 0x2e, 1, 3, 1]), /no handshake/],
    ["an alert", Buffer.from([21, 3, 1, 0, 2, 1, 0]), /no handshake/],
    ["a version that is none", Buffer.from([22, 9]), /no version/],
    ["an empty record", Buffer.from([22, 3, 1, 0, 0]), /record of 0 bytes/],
    ["a record that is too long", Buffer.from([22, 3, 1, 0x40, 1]), /record of 16385 bytes/],
    ["a ServerHello", Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 40]), /does not begin with a ClientHello/],
    ["a hello of 16 MB", Buffer.from([22, 3, 1, 0x40, 0, 1, 255, 255, 255]), /more than 16384 bytes/],
    [
      "another record within it",
      Buffer.concat([HELLO.subarray(0, 3), Buffer.from([0, 4]), HELLO.subarray(5, 9), Buffer.from([23])]),
      /no handshake/,
    ],
  ];
  for (const [name, bytes, why] of rows) {
    const read = readClientHello(bytes, MAX);
    assert(read.kind === "not-tls", `${name}: ${JSON.stringify(read)}`);
    assert.match(read.why, why, name);
  }
});

test("a hello in records of one byte stays within its bound", () => {
  const long = Buffer.concat([Buffer.from([1, 0, 0x0f, 0]), Buffer.alloc(4000)]);
  const dribble = Buffer.concat([...long].map((byte) => Buffer.from([22, 3, 1, 0, 1, byte])));
  const read = readClientHello(dribble, MAX);
  assert.deepEqual(read, { kind: "not-tls", why: "a ClientHello of more than 16384 bytes" });
  for (let length = 0; length < 18_000; length += 97) {
    const part = readClientHello(dribble.subarray(0, length), MAX);
    if (part.kind === "more") assert(part.bytesMin <= MAX, `${length}`);
  }
});

test("names that no host has are malformed [RFC 6066 §3]", () => {
  const at = HELLO.indexOf("Shop.Example");
  for (const name of [
    "Shop Example",
    "Shop.Exampl\0",
    "..p.Example",
    "Shop:Example",
    "Shop.Exampl\xe9",
    "Shop/Example",
  ]) {
    const bytes = Buffer.from(HELLO);
    bytes.write(name, at, "latin1");
    assert.deepEqual(readClientHello(bytes, MAX), { kind: "not-tls", why: "a ClientHello that is malformed" }, name);
  }
  const absolute = Buffer.from(HELLO);
  absolute.write("Shop.Exampl.", at, "latin1");
  const read = readClientHello(absolute, MAX);
  assert(read.kind === "hello" && read.hello.serverName === "shop.exampl");
});

test("garbage and damaged hellos are read without a fault, to the same end each time", () => {
  const damage = fc.array(fc.tuple(fc.nat(HELLO.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 8 });
  fc.assert(
    fc.property(damage, fc.nat(HELLO.length), (changes, length) => {
      const bytes = Buffer.from(HELLO);
      for (const [at, value] of changes) bytes[at] = value;
      const read = readClientHello(bytes.subarray(0, length), MAX);
      if (read.kind === "more") assert(read.bytesMin > length && read.bytesMin <= MAX);
    }),
    { seed: 6066, numRuns: 3000 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bare) => {
      const noise = Buffer.from(bare);
      const handshake = Buffer.concat([Buffer.from([22, 3, 1, 1, 44, 1, 0, 1, 40]), noise]);
      for (const bytes of [noise, handshake]) {
        const read = readClientHello(bytes, MAX);
        if (read.kind === "more") assert(read.bytesMin > bytes.length && read.bytesMin <= MAX);
      }
    }),
    { seed: 7301, numRuns: 3000 },
  );
});
