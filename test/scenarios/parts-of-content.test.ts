// Parts of content at an origin that knows ranges: which it is asked for, what is kept of them, and several at once.

import { scenario, type Ask, type OriginAnswer } from "./harness.ts";

const RANGES = "CFDG RangeGETs";
const ORIGIN: OriginAnswer = {
  ranges: true,
  headers: { "Cache-Control": "max-age=60", ETag: '"1"', "Content-Type": "text/plain" },
  body: "0123456789",
};

const part = (range: string): Ask => ({ target: "/a", headers: { Range: `bytes=${range}` } });

scenario("a part that the origin sends is kept, and later parts of it are hits", RANGES, {}, [
  {
    viewer: part("2-7"),
    origin: ORIGIN,
    expect: { status: 206, result: "Miss", body: "234567", fields: { "content-range": "bytes 2-7/10" } },
  },
  {
    viewer: part("3-4"),
    expect: { status: 206, result: "Hit", body: "34", fields: { "content-range": "bytes 3-4/10" }, asked: [] },
  },
]);

scenario("what is missing is fetched, and the whole is there then", RANGES, {}, [
  { viewer: part("0-4"), origin: ORIGIN, expect: { status: 206, body: "01234" } },
  { viewer: "GET /a", expect: { status: 200, body: "0123456789", asked: ["GET /a"] } },
  { viewer: part("8-9"), expect: { status: 206, result: "Hit", body: "89", asked: [] } },
  { viewer: "GET /a", expect: { result: "Hit", body: "0123456789", asked: [] } },
]);

scenario("an origin without ranges gives the whole, and later parts are cut from it", RANGES, {}, [
  {
    viewer: part("2-3"),
    origin: { ...ORIGIN, ranges: false },
    expect: { status: 200, result: "Miss", body: "0123456789" },
  },
  { viewer: part("2-3"), expect: { status: 206, result: "Hit", body: "23", asked: [] } },
]);

scenario("a part that the origin does not have is a 416, which is not kept", RANGES, {}, [
  {
    viewer: part("20-30"),
    origin: ORIGIN,
    expect: { status: 416, result: "Error", fields: { "content-range": "bytes */10" }, asked: ["GET /a"] },
  },
  { viewer: part("20-30"), expect: { status: 416, asked: ["GET /a"] } },
]);

scenario("several parts that ascend and lie apart come as such from what is stored", RANGES, {}, [
  { viewer: "GET /a", origin: ORIGIN, expect: { result: "Miss" } },
  {
    viewer: part("0-1,4-5,8-9"),
    expect: {
      status: 206,
      result: "Hit",
      parts: [
        { range: "bytes 0-1/10", body: "01" },
        { range: "bytes 4-5/10", body: "45" },
        { range: "bytes 8-9/10", body: "89" },
      ],
      asked: [],
    },
  },
]);

for (const [how, range] of [
  ["descend", "4-5,0-1"],
  ["overlap", "0-4,2-6"],
  ["count from the end", "0-1,-2"],
] as const) {
  scenario(`several parts that ${how} bring the whole`, RANGES, {}, [
    { viewer: "GET /a", origin: ORIGIN, expect: { result: "Miss" } },
    { viewer: part(range), expect: { status: 200, body: "0123456789", asked: [] } },
  ]);
}

scenario("a part is of the stored bytes where the behavior compresses", RANGES, { behavior: { Compress: true } }, [
  {
    viewer: { target: "/a", headers: { Range: "bytes=2-3", "Accept-Encoding": "identity" } },
    origin: ORIGIN,
    expect: { status: 206, body: "23", fields: { "content-encoding": undefined } },
  },
]);
