// HPACK both ways: the RFC's own examples, node:http2's client as the other end, and properties over drawn fields.

import assert from "node:assert/strict";
import { connect } from "node:http2";
import { Duplex } from "node:stream";
import { test } from "node:test";

import { mulberry32 } from "../../../../test/support/generated-requests.ts";
import type { Field } from "../message.ts";
import { HpackDecoder, type BlockBounds } from "./hpack-decoder.ts";
import { encodedBlock, HpackEncoder } from "./hpack-encoder.ts";
import { decodeHuffman, huffmanLength, writeHuffman } from "./hpack-huffman.ts";
import { FrameReader } from "./http2-frame-reader.ts";
import { FLAG, FRAME, settingsFrame, writeFrameHead } from "./http2-frames.ts";
import { lineOf } from "./http2-field-lines.ts";

const BOUNDS: BlockBounds = { bytesMax: 65_536, linesMax: 1000 };
const SEED = 20_261_121;

function decode(decoder: HpackDecoder, block: Buffer, bounds = BOUNDS): string[] | string {
  const lines: string[] = [];
  const ending = decoder.decode(block, 0, block.length, bounds, lines);
  return ending === "whole" ? lines : ending;
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

const REQUEST = [":method", "GET", ":scheme", "http", ":path", "/", ":authority", "www.example.com"];
const NO_CACHE = [...REQUEST, "cache-control", "no-cache"];
const CUSTOM = [
  [":method", "GET", ":scheme", "https", ":path", "/index.html", ":authority", "www.example.com"],
  ["custom-key", "custom-value"],
].flat();
const COOKIE = "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1";
const RESPONSE = (status: string, second: string): string[] => [
  ":status",
  status,
  "cache-control",
  "private",
  "date",
  `Mon, 21 Oct 2013 20:13:${second} GMT`,
  "location",
  "https://www.example.com",
];
const LAST_RESPONSE = [...RESPONSE("200", "22"), "content-encoding", "gzip", "set-cookie", COOKIE];

// Bytes the table may take, blocks of one connection, what they say. [RFC 7541], appendix C
const EXAMPLES: readonly (readonly [id: string, table: number, ...(readonly [block: string, lines: string[]])[]])[] = [
  [
    "C.2.1",
    4096,
    ["400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572", ["custom-key", "custom-header"]],
  ],
  ["C.2.2", 4096, ["040c 2f73 616d 706c 652f 7061 7468", [":path", "/sample/path"]]],
  ["C.2.3", 4096, ["1008 7061 7373 776f 7264 0673 6563 7265 74", ["password", "secret"]]],
  ["C.2.4", 4096, ["82", [":method", "GET"]]],
  [
    "C.3",
    4096,
    ["8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d", REQUEST],
    ["8286 84be 5808 6e6f 2d63 6163 6865", NO_CACHE],
    ["8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65", CUSTOM],
  ],
  [
    "C.4",
    4096,
    ["8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff", REQUEST],
    ["8286 84be 5886 a8eb 1064 9cbf", NO_CACHE],
    ["8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf", CUSTOM],
  ],
  [
    "C.5",
    256,
    [
      `4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 54
       6e17 6874 7470 733a 2f2f 7777 772e 6578 616d 706c 652e 636f 6d`.replaceAll(/\s/g, ""),
      RESPONSE("302", "21"),
    ],
    ["4803 3330 37c1 c0bf", RESPONSE("307", "21")],
    [
      `88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f 6f3d
       4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572
       7369 6f6e 3d31`.replaceAll(/\s/g, ""),
      LAST_RESPONSE,
    ],
  ],
  [
    "C.6",
    256,
    [
      `4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b
       97c8 e9ae 82ae 43d3`.replaceAll(/\s/g, ""),
      RESPONSE("302", "21"),
    ],
    ["4883 640e ffc1 c0bf", RESPONSE("307", "21")],
    [
      `88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf
       cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07`.replaceAll(/\s/g, ""),
      LAST_RESPONSE,
    ],
  ],
];

test("the RFC's examples are read as they stand there", () => {
  for (const [id, table, ...blocks] of EXAMPLES) {
    const decoder = new HpackDecoder(table);
    for (const [block, lines] of blocks) assert.deepEqual(decode(decoder, hex(block)), lines, id);
  }
});

// What is no HPACK, or not to the end.
const BROKEN: readonly (readonly [what: string, block: string])[] = [
  ["index 0", "80"],
  ["an index into nothing", "be"],
  ["an index far beyond", "ffffffff07"],
  ["an integer without end", "ffffffffffffffffffff01"],
  ["an integer that is cut off", "ff"],
  ["a literal without a value", "04"],
  ["a literal whose name is not whole", "0005 61"],
  ["a string that is longer than the block", "047f 80 01 61"],
  ["a size beyond what was offered", "3fe2 1f"],
  ["a change of size behind a field line", "82 20"],
  ["a code that is padded by a byte", "0482 1fff"],
  ["a code that is padded with zeros", "0481 00"],
  ["a code with the end of a string in it", "0484 ffff fffc"],
];

test("what is no HPACK is told as such", () => {
  for (const [what, block] of BROKEN) assert.equal(decode(new HpackDecoder(), hex(block)), "broken", what);
});

test("a block beyond the bounds is read to its end, and the next one as if nothing had been", () => {
  const entry = Buffer.concat([hex("40 01 78 7f a1 1e"), Buffer.alloc(4000, "y")]);
  const bomb = Buffer.concat([entry, Buffer.alloc(100_000, 0xbe), hex("41 01 61")]);
  const decoder = new HpackDecoder();
  const lines: string[] = [];
  assert.equal(decoder.decode(bomb, 0, bomb.length, { bytesMax: 40_960, linesMax: 512 }, lines), "too-large");
  assert.equal(lines.length, 20);
  assert.deepEqual(decode(decoder, hex("be")), [":authority", "a"]);
  assert.equal(decode(decoder, Buffer.alloc(513, 0x82), { bytesMax: 65_536, linesMax: 512 }), "too-large");
});

test("a table forgets the oldest first, all of it at size 0, and goes on with the size that it is given", () => {
  const decoder = new HpackDecoder(100);
  assert.deepEqual(decode(decoder, hex("4001 6101 31 4001 6201 32")), ["a", "1", "b", "2"]);
  assert.deepEqual(decode(decoder, hex("bebf")), ["b", "2", "a", "1"]);
  assert.deepEqual(decode(decoder, hex("4001 6301 33 bebf")), ["c", "3", "c", "3", "b", "2"]);
  assert.equal(decode(decoder, hex("c0")), "broken");
  assert.deepEqual(decode(decoder, hex("20 3f45 82")), [":method", "GET"]);
  assert.equal(decode(decoder, hex("be")), "broken");
  // Larger than the table: it is emptied, which is no error. [RFC 7541 §4.4]
  assert.deepEqual(decode(decoder, Buffer.concat([hex("4001 617f 00"), Buffer.alloc(127, "x")])), [
    "a",
    "x".repeat(127),
  ]);
});

test("every byte is coded and read back, alone and among others", () => {
  const random = mulberry32(SEED);
  const texts = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte));
  for (let n = 0; n < 500; n++) {
    texts.push(Array.from({ length: Math.floor(random() * 60) }, () => texts[Math.floor(random() * 256)]).join(""));
  }
  for (const text of texts) {
    const coded = Buffer.alloc(huffmanLength(text) + 1);
    const end = writeHuffman(coded, 0, text);
    assert.equal(end, huffmanLength(text), JSON.stringify(text));
    assert.equal(decodeHuffman(coded, 0, end), text, JSON.stringify(text));
    // As part of something larger, and not a byte beyond its end.
    const within = Buffer.concat([Buffer.from([0]), coded.subarray(0, end), Buffer.from([0])]);
    assert.equal(decodeHuffman(within, 1, end + 1), text);
  }
});

test(`drawn bytes are read or refused, never thrown over (seed ${SEED})`, () => {
  const random = mulberry32(SEED);
  for (let n = 0; n < 20_000; n++) {
    const decoder = new HpackDecoder();
    const block = Buffer.from(Array.from({ length: Math.floor(random() * 40) }, () => Math.floor(random() * 256)));
    decode(decoder, block);
    decode(decoder, block);
  }
});

const NAMES = ["Content-Type", "server", "X-Cache", "Set-Cookie", "ETag", "Age", "x-a", "x-b", "Cache-Control", "via"];

function drawFields(random: () => number): Field[] {
  const value = (): string => "ab\xe9 c".repeat(Math.floor(random() ** 4 * 500)) + String(Math.floor(random() * 8));
  return Array.from({ length: Math.floor(random() * 12) }, () => [NAMES[Math.floor(random() * 10)] ?? "", value()]);
}

test(`what is encoded is decoded to the same, whatever the table's size (seed ${SEED})`, () => {
  const random = mulberry32(SEED);
  for (let connection = 0; connection < 60; connection++) {
    const encoder = new HpackEncoder();
    const decoder = new HpackDecoder();
    const shared = Array.from({ length: 3 }, () => drawFields(random));
    const sharedLines = shared.map((fields) => fields.map(lineOf));
    for (let n = 0; n < 100; n++) {
      if (random() < 0.1) encoder.limitTable(Math.floor(random() * 5000));
      if (random() < 0.02) encoder.limitTable(0);
      const choice = Math.floor(random() ** 2 * 3);
      const fields = drawFields(random);
      const status = [200, 304, 404, 299][Math.floor(random() * 4)] ?? 200;
      const length = encoder.encode(status, sharedLines[choice], fields.map(lineOf), n);
      const expected = [":status", String(status)];
      for (const [name, text] of [...(shared[choice] ?? []), ...fields]) expected.push(name.toLowerCase(), text);
      expected.push("content-length", String(n));
      assert.deepEqual(decode(decoder, Buffer.from(encodedBlock().subarray(0, length))), expected);
    }
  }
});

test("what an answer has in common with the one before it takes a byte a line", () => {
  const encoder = new HpackEncoder();
  const shared = NAMES.filter((name) => name !== "Set-Cookie").map((name) => lineOf([name, "a value of some length"]));
  const lengths = Array.from({ length: 4 }, () => encoder.encode(200, shared, [], undefined));
  assert.ok((lengths[0] ?? 0) > 150);
  assert.deepEqual(lengths.slice(2), [1 + shared.length, 1 + shared.length]);
});

// node:http2's client as the other end.

interface Wire {
  readonly duplex: Duplex;
  readonly sent: Buffer[];
}

function openWire(): Wire {
  const sent: Buffer[] = [];
  const duplex = new Duplex({
    read: () => undefined,
    write(chunk: Buffer, _encoding, done) {
      sent.push(chunk);
      done();
    },
  });
  return { duplex, sent };
}

test("what node:http2 sends is read, and what we send is read by it", { timeout: 20_000 }, async () => {
  const random = mulberry32(SEED);
  const { duplex, sent } = openWire();
  const session = connect("http://a.test", { createConnection: () => duplex });
  session.on("error", () => undefined);
  const reader = new FrameReader();
  const decoder = new HpackDecoder();
  const encoder = new HpackEncoder();
  duplex.push(settingsFrame([]).fill(0, 4, 5)); // not an acknowledgment
  for (let n = 0; n < 200; n++) {
    const asked = [
      [":method", "GET", ":authority", "a.test", ":scheme", "https", ":path", `/${"x".repeat(n)}?${n % 7}`],
      ["user-agent", "agent of some length", "cookie", `session=${"~!".repeat(n)}`, "x-n", String(n % 5)],
    ].flat();
    const stream = session.request(asked);
    const answered = new Promise<readonly string[]>((resolve, reject) => {
      stream.once("response", (_headers, _flags, raw: readonly string[]) => resolve(raw));
      stream.once("error", reject);
    });
    let lines: string[] | string = "nothing";
    while (lines === "nothing") {
      await new Promise((resolve) => setImmediate(resolve));
      for (const chunk of sent.splice(0)) {
        reader.feed(chunk);
        for (let step = reader.next(); step !== "more"; step = reader.next()) {
          assert.equal(step, "frame");
          if (reader.type === FRAME.headers) lines = decode(decoder, reader.bytes.subarray(reader.from, reader.to));
        }
      }
    }
    assert.deepEqual(lines, asked);
    const fields = drawFields(random).filter(([name]) => !/age|etag|content-type|server/i.test(name));
    const length = encoder.encode(200, undefined, fields.map(lineOf), 0);
    const frame = Buffer.alloc(9 + length);
    writeFrameHead(frame, 0, length, FRAME.headers, FLAG.endHeaders | FLAG.endStream, stream.id ?? 0);
    encodedBlock().copy(frame, 9, 0, length);
    duplex.push(frame);
    const got = await answered;
    const expected = [":status", "200"];
    for (const [name, value] of fields) expected.push(name.toLowerCase(), value);
    assert.deepEqual(got, [...expected, "content-length", "0"]);
    stream.resume();
  }
  session.destroy();
});
