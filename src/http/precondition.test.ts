import assert from "node:assert/strict";
import { test } from "node:test";

import { epochMs } from "../vocabulary/time.ts";
import { evaluatePrecondition } from "./precondition.ts";

const NOW = epochMs(Date.UTC(2026, 10, 20, 12));
const MODIFIED = "Thu, 19 Nov 2026 08:00:00 GMT";
const BEFORE = "Thu, 19 Nov 2026 07:59:59 GMT";
const AFTER = "Fri, 20 Nov 2026 08:00:00 GMT";

interface Row {
  readonly method?: string;
  readonly inm?: string;
  readonly ims?: string;
  readonly status?: number;
  readonly etag?: string;
  readonly modified?: string;
  readonly expected: string;
}

test("a stored response is answered 304 where the viewer has it [RFC 9110 §13.2.2] [RFC 9111 §4.3.2]", () => {
  const rows: Row[] = [
    { etag: '"a"', expected: "proceed no-condition" },
    // If-None-Match
    { inm: '"a"', etag: '"a"', expected: "not-modified if-none-match" },
    { method: "HEAD", inm: '"a"', etag: '"a"', expected: "not-modified if-none-match" },
    { inm: 'W/"a"', etag: '"a"', expected: "not-modified if-none-match" }, // weak comparison
    { inm: '"a"', etag: 'W/"a"', expected: "not-modified if-none-match" },
    { inm: '"x", "a"', etag: '"a"', expected: "not-modified if-none-match" },
    { inm: '"b"', etag: '"a"', expected: "proceed if-none-match" },
    { inm: '"a"', expected: "proceed if-none-match" },
    { inm: "*", etag: '"a"', expected: "not-modified if-none-match" },
    { inm: "*", expected: "not-modified if-none-match" },
    { inm: "a", etag: '"a"', expected: "proceed if-none-match" },
    { inm: "a", etag: "a", expected: "proceed if-none-match" }, // equal, but no entity tag
    { inm: '"a', etag: '"a"', expected: "proceed if-none-match" },
    // If-Modified-Since
    { ims: MODIFIED, modified: MODIFIED, expected: "not-modified if-modified-since" },
    { ims: AFTER, modified: MODIFIED, expected: "not-modified if-modified-since" },
    { ims: BEFORE, modified: MODIFIED, expected: "proceed if-modified-since" },
    { ims: "Thursday, 19-Nov-26 08:00:00 GMT", modified: MODIFIED, expected: "not-modified if-modified-since" },
    { ims: "yesterday", modified: MODIFIED, expected: "proceed not-applicable" },
    { ims: `${AFTER}, ${AFTER}`, modified: MODIFIED, expected: "proceed not-applicable" },
    { ims: AFTER, expected: "not-modified if-modified-since" }, // Date stands for a missing Last-Modified
    { ims: BEFORE, expected: "proceed if-modified-since" },
    { ims: AFTER, modified: "last week", expected: "proceed if-modified-since" },
    // Both: the entity tag alone decides
    { inm: '"b"', ims: AFTER, etag: '"a"', modified: MODIFIED, expected: "proceed if-none-match" },
    { inm: '"a"', ims: BEFORE, etag: '"a"', modified: MODIFIED, expected: "not-modified if-none-match" },
    // Where conditions mean nothing
    { method: "POST", inm: '"a"', etag: '"a"', expected: "proceed not-applicable" },
    { method: "OPTIONS", ims: AFTER, modified: MODIFIED, expected: "proceed not-applicable" },
    { status: 404, inm: '"a"', etag: '"a"', expected: "proceed not-applicable" },
    { status: 301, inm: "*", expected: "proceed not-applicable" },
    { status: 206, inm: '"a"', etag: '"a"', expected: "not-modified if-none-match" },
  ];
  for (const row of rows) {
    const outcome = evaluatePrecondition(
      { method: row.method ?? "GET", ifNoneMatch: row.inm, ifModifiedSince: row.ims },
      {
        status: row.status ?? 200,
        entityTag: row.etag,
        lastModified: row.modified,
        date: epochMs(Date.UTC(2026, 10, 19, 8, 0, 0, 400)),
      },
      NOW,
    );
    assert.equal(`${outcome.kind} ${outcome.rule}`, row.expected, JSON.stringify(row));
  }
});
