import assert from "node:assert/strict";
import { test } from "node:test";
import type { FeedNumber } from "../../vocabulary/ids.ts";
import { epochMs, seconds } from "../../vocabulary/time.ts";
import { newRequestMemo } from "../request-memo.ts";
import type { StoredHead } from "../storage/cache-storage.ts";
import type { Field, ViewerRequest } from "../transport/message.ts";
import { chooseStoredPart } from "./stored-part.ts";

const NOW = epochMs(Date.UTC(2026, 10, 20, 12));
const MODIFIED = "Fri, 20 Nov 2026 10:00:00 GMT";
const LENGTH = 10;
const RANGES_MAX = 3;

function requestWith(method: string, fields: readonly Field[]): ViewerRequest {
  const field = (lowerName: string): string | undefined =>
    fields.find(([name]) => name.toLowerCase() === lowerName)?.[1];
  return { method, fields, field, memo: newRequestMemo() } as ViewerRequest;
}

function headWith(status: number, fields: readonly Field[]): StoredHead {
  return {
    status,
    fields,
    began: 0 as FeedNumber,
    respondedAtMs: NOW,
    ageThen: seconds(0),
    lifetime: { seconds: seconds(60), rule: "max-age", stated: seconds(60) },
  };
}

const MADE: readonly Field[] = [
  ["ETag", '"v1"'],
  ["Last-Modified", MODIFIED],
  ["Date", "Fri, 20 Nov 2026 11:00:00 GMT"],
];

// Range, the part of ten bytes: first and last, "whole" or "none"
const RANGES = [
  ["bytes=0-0", [0, 0]],
  ["bytes=2-5", [2, 5]],
  ["bytes=5-", [5, 9]],
  ["bytes=5-99", [5, 9]],
  ["bytes=-3", [7, 9]],
  ["bytes=-99", [0, 9]],
  ["bytes=10-", "none"],
  ["bytes=-0", "none"],
  // Several: parts where all are valid, ascend and lie apart [CFDG RangeGETs]
  ["bytes=0-1,4-5", "parts 0-1 4-5"],
  ["bytes=0-1, ,4-", "parts 0-1 4-9"],
  ["bytes=0-0,2-2,4-99", "parts 0-0 2-2 4-9"],
  ["bytes=0-1,2-3", "parts 0-1 2-3"],
  ["bytes=0-1,1-3", "whole"],
  ["bytes=4-5,0-1", "whole"],
  ["bytes=4-,6-7", "whole"],
  ["bytes=0-1,-2", "whole"],
  ["bytes=0-1,20-21", "whole"],
  ["bytes=20-21,30-31", "none"],
  ["bytes=20-,-0", "none"],
  ["bytes=0-0,2-2,4-4,6-6", "whole"], // more than are allowed
  ["bytes=0-1,5-2", "whole"],
  ["bytes=5-2", "whole"],
  ["bytes=a-b", "whole"],
  ["items=0-1", "whole"],
  ["", "whole"],
] as const;

for (const [range, wanted] of RANGES) {
  test(`"Range: ${range}" of ten bytes is ${JSON.stringify(wanted)}`, () => {
    const part = chooseStoredPart(requestWith("GET", [["Range", range]]), headWith(200, MADE), LENGTH, RANGES_MAX, NOW);
    if (wanted === "whole") assert.equal(part.kind, "whole");
    else if (typeof wanted === "string" && part.kind === "parts") {
      assert.equal(`parts ${part.ranges.map(({ first, last }) => `${first}-${last}`).join(" ")}`, wanted);
    } else if (wanted === "none") assert.equal(part.kind, "unsatisfiable");
    else assert.deepEqual(part, { kind: "part", range: { first: wanted[0], last: wanted[1] } });
  });
}

// If-Range, what the stored response says of itself, whether the range counts. [RFC 9110 §13.1.5]
const CONDITIONS: readonly (readonly [ifRange: string, fields: readonly Field[], counts: boolean])[] = [
  ['"v1"', MADE, true],
  ['"v2"', MADE, false],
  ['W/"v1"', MADE, false],
  ['"v1"', [["ETag", 'W/"v1"']], false],
  ['"v1"', [], false],
  [MODIFIED, MADE, true],
  ["Fri, 20 Nov 2026 10:00:01 GMT", MADE, false],
  [MODIFIED, [["Last-Modified", MODIFIED]], false],
  [
    MODIFIED,
    [
      ["Last-Modified", MODIFIED],
      ["Date", MODIFIED],
    ],
    false,
  ],
  ["yesterday", MADE, false],
];

for (const [ifRange, fields, counts] of CONDITIONS) {
  test(`"If-Range: ${ifRange}" against ${JSON.stringify(fields)} ${counts ? "lets" : "does not let"} the range count`, () => {
    const request = requestWith("GET", [
      ["Range", "bytes=0-1"],
      ["If-Range", ifRange],
    ]);
    assert.equal(
      chooseStoredPart(request, headWith(200, fields), LENGTH, RANGES_MAX, NOW).kind,
      counts ? "part" : "whole",
    );
  });
}

// Conditions that only an origin may judge, and whether the viewer gets the part with them or the whole.
const ORIGINS_CONDITIONS: readonly (readonly [name: string, value: string, kind: string])[] = [
  ["If-Match", '"v1"', "part"],
  ["If-Match", '"v0", "v1"', "part"],
  ["If-Match", "*", "part"],
  ["If-Match", '"v0"', "whole"],
  ["If-Match", 'W/"v1"', "whole"],
  ["If-Match", "v1", "whole"],
  ["If-Unmodified-Since", MODIFIED, "part"],
  ["If-Unmodified-Since", "Fri, 20 Nov 2026 09:59:59 GMT", "whole"],
  ["If-Unmodified-Since", "yesterday", "part"],
];

for (const [name, value, kind] of ORIGINS_CONDITIONS) {
  test(`Range with "${name}: ${value}" gets the ${kind} [RFC 9111 §4.3.2]`, () => {
    const request = requestWith("GET", [
      ["Range", "bytes=0-1"],
      [name, value],
    ]);
    assert.equal(chooseStoredPart(request, headWith(200, MADE), LENGTH, RANGES_MAX, NOW).kind, kind);
  });
}

test("coded content is not sent in several parts", () => {
  const head = headWith(200, [["Content-Encoding", "gzip"]]);
  const request = requestWith("GET", [["Range", "bytes=0-1,3-4"]]);
  assert.equal(chooseStoredPart(request, head, LENGTH, RANGES_MAX, NOW).kind, "whole");
});

test("only GET of a 200 is cut", () => {
  const range: readonly Field[] = [["Range", "bytes=0-1"]];
  assert.equal(
    chooseStoredPart(requestWith("HEAD", range), headWith(200, MADE), LENGTH, RANGES_MAX, NOW).kind,
    "whole",
  );
  assert.equal(chooseStoredPart(requestWith("GET", range), headWith(404, MADE), LENGTH, RANGES_MAX, NOW).kind, "whole");
  assert.equal(chooseStoredPart(requestWith("GET", []), headWith(200, MADE), LENGTH, RANGES_MAX, NOW).kind, "whole");
});

test("nothing can be cut from an empty body", () => {
  const part = chooseStoredPart(requestWith("GET", [["Range", "bytes=0-"]]), headWith(200, MADE), 0, RANGES_MAX, NOW);
  assert.equal(part.kind, "unsatisfiable");
});

test("of what a Range asks for one range is kept with the connection, and no list, which may be long", () => {
  const head = headWith(200, []);
  for (const [range, kept] of [
    ["bytes=2-5", 1],
    ["bytes=none", 0],
    ["bytes=0-1,4-5", undefined],
    [`bytes=${"0-,".repeat(5000)}`, undefined],
  ] as const) {
    const request = requestWith("GET", [["Range", range]]);
    const [first, second] = [1, 2].map(() => chooseStoredPart(request, head, LENGTH, RANGES_MAX, NOW));
    assert.deepEqual(first, second);
    assert.equal(request.memo.ranges?.length, kept, range.slice(0, 20));
  }
});
