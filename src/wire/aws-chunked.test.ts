import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import * as fc from "fast-check";
import { openChunkReader, type ChunkEvent, type ChunkReader } from "./aws-chunked.ts";

const SIGNATURE = "ab".repeat(32);
const OTHER = "cd".repeat(32);

function open(isSigned: boolean): ChunkReader {
  return openChunkReader({ isSigned, lineBytesMax: 128, trailersMax: 3 });
}

/** Events as one text; bytes of neighboring events run together. */
function show(events: readonly ChunkEvent[]): string {
  let text = "";
  for (const event of events) {
    if (event.kind === "chunk") text += `<${event.bytes}${event.signature === undefined ? "" : ` ${event.signature}`}>`;
    else if (event.kind === "bytes") text += Buffer.from(event.bytes).toString("latin1");
    else if (event.kind === "trailer") text += `{${event.name}=${event.value}}`;
    else text += `[${event.kind}]`;
  }
  return text;
}

function read(reader: ChunkReader, ...pieces: readonly Uint8Array[]): string {
  return show(pieces.flatMap((piece) => [...reader.push(piece)]));
}

const GOOD: readonly (readonly [claim: string, isSigned: boolean, body: string, shown: string])[] = [
  ["nothing but its end", false, "0\r\n\r\n", "<0>[end]"],
  ["one chunk", false, "5\r\nhello\r\n0\r\n\r\n", "<5>hello<0>[end]"],
  ["a chunk that looks like framing", false, "A\r\n\r\n0\r\n\r\n0\r\n\r\n0\r\n\r\n", "<10>\r\n0\r\n\r\n0\r\n<0>[end]"],
  ["a trailer", false, "0\r\nX-Amz-Checksum-CRC32: AAAAAA== \r\n\r\n", "<0>{x-amz-checksum-crc32=AAAAAA==}[end]"],
  ["a trailer's lines without carriage return", false, "0\r\na:b\n\n", "<0>{a=b}[end]"],
  ["one line end too many", false, "0\r\na:b\r\n\r\n\r\n", "<0>{a=b}[end]"],
  [
    "signatures",
    true,
    `2;chunk-signature=${SIGNATURE}\r\nhi\r\n0;chunk-signature=${OTHER}\r\n\r\n`,
    `<2 ${SIGNATURE}>hi<0 ${OTHER}>[end]`,
  ],
];

for (const [claim, isSigned, body, shown] of GOOD) {
  test(`${claim} is read alike however it is cut`, () => {
    const bytes = Buffer.from(body, "latin1");
    assert.equal(read(open(isSigned), bytes), shown);
    assert.equal(read(open(isSigned), ...Array.from(bytes, (byte) => Uint8Array.of(byte))), shown);
    for (let one = 0; one <= bytes.length; one++) {
      for (let other = one; other <= bytes.length; other += 3) {
        const pieces = [bytes.subarray(0, one), bytes.subarray(one, other), bytes.subarray(other)];
        assert.equal(read(open(isSigned), ...pieces), shown, `cut at ${one} and ${other}`);
      }
    }
  });
}

const BAD: readonly (readonly [claim: string, isSigned: boolean, body: string])[] = [
  ["no size", false, "\r\n"],
  ["a size that is none", false, "g\r\n"],
  ["a sign", false, "+5\r\nhello\r\n"],
  ["a prefix", false, "0x5\r\nhello\r\n"],
  ["white space", false, "5 \r\nhello\r\n"],
  ["a size beyond all objects", false, "fffffffffffff\r\n"],
  ["an extension", false, "5;name=value\r\nhello\r\n"],
  ["a line feed alone after a size", false, "5\nhello\r\n"],
  ["a carriage return alone", false, "5\rhello\r\n"],
  ["more bytes than the size", false, "4\r\nhello\r\n"],
  ["a line feed alone after the bytes", false, "5\r\nhello\n0\r\n\r\n"],
  ["a signature where none is expected", false, `0;chunk-signature=${SIGNATURE}\r\n\r\n`],
  ["no signature where one is expected", true, "0\r\n\r\n"],
  ["a short signature", true, `0;chunk-signature=${SIGNATURE.slice(1)}\r\n\r\n`],
  ["an upper-case signature", true, `0;chunk-signature=${SIGNATURE.toUpperCase()}\r\n\r\n`],
  ["two signatures", true, `0;chunk-signature=${SIGNATURE};chunk-signature=${SIGNATURE}\r\n\r\n`],
  ["an endless line", false, "1".repeat(200)],
  ["an endless trailer line", false, `0\r\na:${"b".repeat(200)}\r\n`],
  ["too many trailers", false, "0\r\na:1\r\nb:2\r\nc:3\r\nd:4\r\n\r\n"],
  ["a trailer without colon", false, "0\r\nabc\r\n\r\n"],
  ["a trailer without name", false, "0\r\n:abc\r\n\r\n"],
  ["a control character in a trailer", false, "0\r\na:\x01\r\n\r\n"],
  ["bytes after the end", false, "0\r\n\r\nGET / HTTP/1.1"],
];

for (const [claim, isSigned, body] of BAD) {
  test(`${claim} is malformed, and nothing is read after it`, () => {
    const bytes = Buffer.from(body, "latin1");
    assert.match(read(open(isSigned), bytes), /\[malformed\]$/);
    const reader = open(isSigned);
    const shown = read(reader, ...Array.from(bytes, (byte) => Uint8Array.of(byte)), Buffer.from("0\r\n\r\n"));
    assert.match(shown, /^[^]*?\[malformed\](?:\[malformed\])*$/);
  });
}

test("whatever comes, the bytes read are never more than came, and it never throws", () => {
  const soup = fc.array(
    fc.oneof(
      fc.constantFrom("0", "1", "5", "a", "\r\n", "\n", ";chunk-signature=", SIGNATURE, "x:y", ":", "hello"),
      fc.string({ maxLength: 4 }),
    ),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(soup, fc.boolean(), fc.nat(20), (parts, isSigned, cut) => {
      const bytes = Buffer.from(parts.join(""), "latin1");
      const whole = open(isSigned).push(bytes);
      const reader = open(isSigned);
      const pieces = [...reader.push(bytes.subarray(0, cut)), ...reader.push(bytes.subarray(cut))];
      const [first = ""] = show(whole).split("[malformed]");
      assert.equal(show(pieces).split("[malformed]")[0], first);
      let count = 0;
      for (const event of whole) if (event.kind === "bytes") count += event.bytes.length;
      assert(count <= bytes.length);
    }),
    { seed: 4, numRuns: process.env["WARMFRONT_NIGHTLY"] === "1" ? 200_000 : 3000 },
  );
});
