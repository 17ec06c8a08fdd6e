// Blocks that are known against blocks that are read: drawn from few parts, so that most of them repeat, while the table beneath
// them changes. Whoever is mistaken gives one request the fields of another.

import assert from "node:assert/strict";
import { test } from "node:test";

import { mulberry32 } from "../../../../test/support/generated-requests.ts";
import { block, integer } from "../../../../test/support/http2-frames.ts";
import { DEFAULT_LIMITS } from "../../../vocabulary/limits.ts";
import { HpackDecoder, type BlockBounds } from "./hpack-decoder.ts";
import { HeaderBlocks, type BlockReading } from "./http2-header-blocks.ts";
import { readHttp2Fields, readHttp2Head } from "./http2-request-head.ts";

const BOUNDS: BlockBounds = { bytesMax: 40_960, linesMax: 512 };
const SEED = 20_261_121;

/** As each block is read where nothing is remembered but the table. */
function openPlainReader(): (bytes: Buffer) => BlockReading {
  const decoder = new HpackDecoder();
  return (bytes) => {
    const lines: string[] = [];
    const ending = decoder.decode(bytes, 0, bytes.length, BOUNDS, lines);
    if (ending !== "whole") return ending;
    const shared = readHttp2Fields(lines, DEFAULT_LIMITS);
    return shared.kind === "fields" ? readHttp2Head(shared, shared.target, DEFAULT_LIMITS) : shared;
  };
}

function tell(reading: BlockReading): unknown {
  if (typeof reading === "string" || reading.kind !== "head") return reading;
  const { shared, target, path, query, headBytes } = reading;
  const { method, host, fields, bodyLength, expectsContinue } = shared;
  return { method, host, fields, bodyLength, expectsContinue, target, path, query, headBytes };
}

function string(text: string): Buffer {
  return Buffer.concat([integer(text.length, 7), Buffer.from(text, "latin1")]);
}

/** A literal that is put into the table. */
function added(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0x40]), string(name), string(value)]);
}

const GET = Buffer.from([0x82, 0x87]);
const AUTHORITY = Buffer.concat([Buffer.from([0x41]), string("a.test")]);
const path = (value: string, first = 0x04): Buffer => Buffer.concat([Buffer.from([first]), string(value)]);

test("the same bytes over another table are another request", () => {
  const blocks = new HeaderBlocks(DEFAULT_LIMITS, BOUNDS);
  const read = (bytes: Buffer): string | undefined => {
    const reading = blocks.read(bytes, 0, bytes.length);
    assert.ok(typeof reading !== "string" && reading.kind === "head");
    return `${reading.target} ${reading.shared.field("x")}`;
  };
  const again = (value: string): Buffer => Buffer.concat([GET, path(value), Buffer.from([0xbf, 0xbe])]);
  const first = Buffer.concat([GET, path("/"), AUTHORITY, added("x", "1")]);
  assert.equal(read(first), "/ 1");
  for (const value of ["/a", "/b", "/a"]) assert.equal(read(again(value)), `${value} 1`);
  const second = Buffer.concat([GET, path("/"), AUTHORITY, added("x", "2")]);
  assert.equal(read(second), "/ 2");
  for (const value of ["/a", "/b", "/a"]) assert.equal(read(again(value)), `${value} 2`);
});

test(`known blocks are read as unknown ones are (seed ${SEED})`, () => {
  const random = mulberry32(SEED);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const paths = ["/", "/a", "/a?b", "no path", "/\x7f", `/${"x".repeat(200)}`, "*", ""];
  const tails = [
    (): Buffer => Buffer.from([0x80 | (62 + Math.floor(random() * 3))]),
    (): Buffer => Buffer.from([0x80 | pick([16, 17, 38])]),
    (): Buffer => block(["z", pick(["1", "2"])]),
  ];
  /** They change the table, or are wrong. */
  const rare = [
    ...["x", "y", "cookie", "X"].map((name) => (): Buffer => added(name, pick(["1", "2", "x".repeat(900)]))),
    (): Buffer => block([":path", "/spelled"]),
    (): Buffer => path("/twice"),
    (): Buffer => Buffer.from([0x80 | (62 + Math.floor(random() * 9))]),
  ];
  let known = 0;
  for (let connection = 0; connection < 300; connection++) {
    const blocks = new HeaderBlocks(DEFAULT_LIMITS, BOUNDS);
    const plain = openPlainReader();
    const memos = new Set<unknown>();
    const start = Buffer.concat([GET, path("/"), AUTHORITY, added("x", "1"), added("y", "2"), added("x", "3")]);
    for (let n = 0; n < 60; n++) {
      const tail = Array.from({ length: Math.floor(random() * 3) }, () => pick(tails)());
      if (random() < 0.04) tail.push(pick(rare)());
      const host = block([":authority", "a.test"]);
      const bytes =
        n === 0 ? start : Buffer.concat([GET, path(pick(paths), pick([0x04, 0x04, 0x14, 0x05])), host, ...tail]);
      const within = Buffer.concat([Buffer.alloc(3), bytes, Buffer.alloc(3)]);
      const expected = tell(plain(bytes));
      const reading = blocks.read(within, 3, 3 + bytes.length);
      assert.deepEqual(tell(reading), expected, `connection ${connection}, block ${n}: ${bytes.toString("hex")}`);
      if (expected === "broken") break;
      if (typeof reading === "string" || reading.kind !== "head") continue;
      if (memos.has(reading.shared.memo)) known++;
      memos.add(reading.shared.memo);
    }
  }
  assert.ok(known > 1000, `${known} blocks were known`);
});
