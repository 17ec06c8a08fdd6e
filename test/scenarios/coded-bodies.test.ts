// When the edge compresses, condition by condition: what viewers get, decoded, and what it says of itself.

import { list, scenario, type Ask, type BehaviorDraft, type OriginAnswer } from "./harness.ts";

const PAGE = "CFDG ServingCompressedFiles";
const TEXT = "<p>A line that comes again and again.</p>\n".repeat(60);
const COMPRESS: BehaviorDraft = { Compress: true };

function page(more: Readonly<Record<string, string>> = {}, body = TEXT, status = 200): OriginAnswer {
  return { status, headers: { "Content-Type": "text/html", "Cache-Control": "max-age=60", ...more }, body };
}

const taking = (coding: string): Ask => ({ target: "/a", headers: { "Accept-Encoding": coding } });

scenario("who takes gzip gets it, and who does not gets the page as it is", PAGE, { behavior: COMPRESS }, [
  {
    viewer: taking("gzip, deflate, br"),
    origin: page({ ETag: '"1"' }),
    expect: {
      status: 200,
      result: "Miss",
      decoded: TEXT,
      fields: { "content-encoding": "gzip", etag: 'W/"1"', vary: "Accept-Encoding" },
    },
  },
  {
    viewer: taking("gzip"),
    expect: { result: "Hit", decoded: TEXT, fields: { "content-encoding": "gzip" }, asked: [] },
  },
  { viewer: "GET /a", expect: { body: TEXT, fields: { "content-encoding": undefined, etag: '"1"' } } },
]);

for (const [tag, seen] of [
  ['"1"', 'W/"1"'],
  ['W/"1"', 'W/"1"'],
  ["1", undefined],
] as const) {
  scenario(`the entity tag ${tag} of what is compressed becomes ${seen ?? "none"}`, PAGE, { behavior: COMPRESS }, [
    {
      viewer: taking("gzip"),
      origin: page({ ETag: tag }),
      expect: { decoded: TEXT, fields: { "content-encoding": "gzip", etag: seen } },
    },
  ]);
}

// what is not so → the behavior, the request, the answer
const NOT_COMPRESSED: readonly (readonly [string, BehaviorDraft, Ask, OriginAnswer])[] = [
  ["the behavior does not say Compress", {}, taking("gzip"), page()],
  ["the viewer does not take gzip", COMPRESS, taking("deflate"), page()],
  ["the viewer speaks HTTP/1.0", COMPRESS, { ...taking("gzip"), httpVersion: "1.0" }, page()],
  ["it is coded already", COMPRESS, taking("gzip"), page({ "Content-Encoding": "identity" })],
  ["its type is not in the list", COMPRESS, taking("gzip"), page({ "Content-Type": "image/png" })],
  ["it has less than 1,000 bytes", COMPRESS, taking("gzip"), page({}, TEXT.slice(0, 999))],
  ["its status is 500", COMPRESS, taking("gzip"), page({}, TEXT, 500)],
  [
    "all headers are forwarded, so that nothing is stored",
    { ...COMPRESS, ForwardedValues: { Headers: list("*") } },
    taking("gzip"),
    page(),
  ],
  ["all TTLs are 0", { ...COMPRESS, MinTTL: 0, DefaultTTL: 0, MaxTTL: 0 }, taking("gzip"), page()],
];
for (const [why, behavior, viewer, origin] of NOT_COMPRESSED) {
  scenario(`nothing is compressed where ${why}`, PAGE, { behavior }, [
    {
      viewer,
      origin,
      expect: {
        status: origin.status ?? 200,
        body: String(origin.body),
        fields: { "content-encoding": origin.headers?.["Content-Encoding"] as string | undefined },
      },
    },
  ]);
}

// what is so → the answer
const COMPRESSED: readonly (readonly [string, OriginAnswer])[] = [
  ["it has 1,000 bytes", page({}, TEXT.slice(0, 1000))],
  ["its type has parameters", page({ "Content-Type": "application/json; charset=utf-8" })],
  ["its status is 404", page({}, TEXT, 404)],
  ["its status is 403", page({}, TEXT, 403)],
];
for (const [why, origin] of COMPRESSED) {
  scenario(`a body is compressed where ${why}`, PAGE, { behavior: COMPRESS }, [
    {
      viewer: taking("gzip"),
      origin,
      expect: {
        status: origin.status ?? 200,
        decoded: String(origin.body),
        fields: { "content-encoding": "gzip" },
      },
    },
  ]);
}

scenario("legacy settings never give brotli", PAGE, { behavior: COMPRESS }, [
  { viewer: taking("br"), origin: page(), expect: { body: TEXT, fields: { "content-encoding": undefined } } },
]);

scenario("nothing is compressed where it has more than 10,000,000 bytes", PAGE, { behavior: COMPRESS }, [
  {
    viewer: taking("gzip"),
    origin: page({}, "0123456789".repeat(1_000_000) + "x"),
    expect: { status: 200, fields: { "content-encoding": undefined, "content-length": "10000001" }, brokeOff: false },
  },
  {
    viewer: { ...taking("gzip"), target: "/b" },
    origin: page({}, "0123456789".repeat(1_000_000)),
    expect: { status: 200, fields: { "content-encoding": "gzip" }, brokeOff: false },
  },
]);
