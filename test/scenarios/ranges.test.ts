// Ranges of what is stored whole: one, several, and what is not answered in parts. The body with several parts is read by a
// parser of its own here.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { openWorld, scenario, type Got } from "./harness.ts";

scenario("a range that is not stored is the origin's, and its part is not stored", "RFC 9110 §14.2", {}, [
  {
    viewer: { target: "/a", headers: { Range: "bytes=0-1" } },
    origin: { status: 206, headers: { "Content-Range": "bytes 0-1/4" }, body: "ab" },
    expect: { status: 206, result: "Miss", body: "ab", askedWith: { range: "bytes=0-1" } },
  },
  { viewer: "GET /a", origin: { body: "abcd" }, expect: { status: 200, result: "Miss", body: "abcd" } },
]);

const ranged = (range: string, more: Record<string, string> = {}) => ({
  target: "/a",
  headers: { Range: range, ...more },
});

scenario("a range of what is stored is cut from it, and the origin is not asked", "CFDG RangeGETs", {}, [
  { viewer: "GET /a", origin: { headers: { ETag: '"1"' }, body: "0123456789" }, expect: { result: "Miss" } },
  {
    viewer: ranged("bytes=2-4"),
    expect: { status: 206, result: "Hit", body: "234", fields: { "content-range": "bytes 2-4/10" }, asked: [] },
  },
  { viewer: ranged("bytes=-3"), expect: { status: 206, body: "789", fields: { "content-range": "bytes 7-9/10" } } },
  { viewer: ranged("bytes=2-4", { "If-Range": '"1"' }), expect: { status: 206, body: "234" } },
  { viewer: ranged("bytes=2-4", { "If-Range": '"0"' }), expect: { status: 200, body: "0123456789" } },
  { viewer: ranged("bytes=4-5,0-1"), expect: { status: 200, body: "0123456789" } },
  { viewer: ranged("bytes=2-4", { "If-Match": '"0"' }), expect: { status: 200, body: "0123456789" } },
  { viewer: ranged("bytes=2-4", { "If-Match": '"1"' }), expect: { status: 206, body: "234" } },
  {
    viewer: { ...ranged("bytes=2-4"), method: "HEAD" },
    expect: { status: 200, fields: { "content-range": undefined } },
  },
  { viewer: ranged("bytes=2-4", { "If-None-Match": '"1"' }), expect: { status: 304, body: "" } },
  {
    viewer: ranged("bytes=10-"),
    expect: { status: 416, result: "Error", fields: { "content-range": "bytes */10" }, asked: [] },
  },
  {
    viewer: "GET /a",
    expect: { status: 200, result: "Hit", body: "0123456789", fields: { "content-range": undefined } },
  },
]);

scenario("a range of what was validated is cut from it", "RFC 9110 §14.2", {}, [
  {
    viewer: "GET /a",
    origin: { headers: { "Cache-Control": "max-age=10", ETag: '"1"' }, body: "0123456789" },
    expect: { result: "Miss" },
  },
  { advanceSeconds: 11 },
  {
    viewer: ranged("bytes=1-2"),
    origin: { status: 304, headers: { ETag: '"1"' } },
    expect: { status: 206, result: "RefreshHit", body: "12", askedWith: { range: undefined } },
  },
]);

scenario("ranges of errors and redirects are answered whole", "RFC 9110 §14.2", {}, [
  { viewer: "GET /a", origin: { status: 404, body: "not here" }, expect: { status: 404 } },
  { viewer: ranged("bytes=0-1"), expect: { status: 404, body: "not here", asked: [] } },
  { viewer: "GET /b", origin: { status: 301, headers: { Location: "/c" }, body: "moved" }, expect: { status: 301 } },
  {
    viewer: { target: "/b", headers: { Range: "bytes=0-1" } },
    expect: { status: 301, body: "moved", fields: { location: "/c" }, asked: [] },
  },
]);

interface ReadPart {
  readonly type: string | undefined;
  readonly range: string | undefined;
  readonly bytes: string;
}

/** By the grammar of [RFC 2046 §5.1.1], and by nothing that the edge knows. */
function readParts(got: Got): readonly ReadPart[] {
  const type = got.field("content-type") ?? "";
  const boundary = /^multipart\/byteranges; boundary=([0-9a-f]{32})$/.exec(type)?.[1];
  assert.ok(boundary !== undefined, type);
  const pieces = `\r\n${got.body}`.split(`\r\n--${boundary}`);
  assert.equal(pieces[0], "");
  assert.equal(pieces.at(-1), "--\r\n");
  return pieces.slice(1, -1).map((piece) => {
    assert.ok(piece.startsWith("\r\n"));
    const end = piece.indexOf("\r\n\r\n");
    const fields = new Map(
      piece
        .slice(2, end)
        .split("\r\n")
        .map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 2)] as const),
    );
    return { type: fields.get("content-type"), range: fields.get("content-range"), bytes: piece.slice(end + 4) };
  });
}

test("several ranges that ascend and lie apart are answered in parts [CFDG RangeGETs]", async () => {
  await using world = await openWorld();
  world.origin.answer({ headers: { "Content-Type": "text/plain", ETag: '"1"' }, body: "0123456789" });
  await world.ask("GET /a");
  const got = await world.ask(ranged("bytes=0-1,4-5,8-"));
  assert.deepEqual([got.status, got.result, got.field("content-range")], [206, "Hit", undefined]);
  assert.deepEqual(readParts(got), [
    { type: "text/plain", range: "bytes 0-1/10", bytes: "01" },
    { type: "text/plain", range: "bytes 4-5/10", bytes: "45" },
    { type: "text/plain", range: "bytes 8-9/10", bytes: "89" },
  ]);
});

test("whatever ranges are asked for, what comes is what was asked for, and never much more than the whole", async () => {
  await using world = await openWorld({}, { limits: { viewerRangesMax: 6 } });
  const body = Array.from({ length: 500 }, (_, index) => String.fromCharCode(97 + ((index * 7) % 26))).join("");
  world.origin.answer({ body });
  await world.ask("GET /a");
  const spec = fc.oneof(
    fc.tuple(fc.nat(600), fc.nat(100)).map(([first, more]) => `${first}-${first + more}`),
    fc.nat(600).map((first) => `${first}-`),
    fc.nat(600).map((count) => `-${count}`),
  );
  const ascending = fc
    .uniqueArray(fc.nat(499), { minLength: 2, maxLength: 16 })
    .map((points) => points.toSorted((one, other) => one - other))
    .map((points) => points.flatMap((at, index) => (index % 2 === 1 ? [`${points[index - 1]}-${at}`] : [])));
  let severals = 0;
  await fc.assert(
    fc.asyncProperty(fc.oneof(ascending, fc.array(spec, { minLength: 1, maxLength: 8 })), async (specs) => {
      const got = await world.ask(ranged(`bytes=${specs.join(",")}`));
      assert.ok(got.body.length <= body.length + 200 * 8);
      if (got.status === 200) assert.equal(got.body, body);
      else if (got.status === 416) assert.equal(got.field("content-range"), `bytes */${body.length}`);
      else if (got.field("content-range") !== undefined) assertCut(got.field("content-range"), got.body);
      else {
        const parts = readParts(got);
        severals++;
        assert.ok(specs.length > 1 && specs.length === parts.length && parts.length <= 6);
        for (const { range, bytes } of parts) assertCut(range, bytes);
      }
    }),
    { seed: 20_261_120, numRuns: 300 },
  );
  assert.ok(severals > 30, String(severals));
  assert.equal(world.origin.asked.length, 1);

  function assertCut(range: string | undefined, bytes: string): void {
    const [, first, last] = /^bytes (\d+)-(\d+)\/500$/.exec(range ?? "") ?? [];
    assert.equal(bytes, body.slice(Number(first), Number(last) + 1));
  }
});
