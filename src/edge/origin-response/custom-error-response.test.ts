import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer } from "../transport/message.ts";
import { openRequestIds } from "../request-ids.ts";
import { chooseErrorPage, dressPage } from "./custom-error-response.ts";

const PAGES = new Map([400, 403, 404, 416, 500, 502, 503, 504].map((code) => [code, { path: "/e", status: 200 }]));

// status, why the edge made it (none: the origin's) → is there a page?
const CHOICES = [
  [404, undefined, "replace"],
  [500, undefined, "replace"],
  [405, undefined, "keep"],
  [200, undefined, "keep"],
  [416, "range", "replace"],
  [502, "origin-dns", "replace"],
  [502, "origin-connect", "replace"],
  [504, "origin-closed", "replace"],
  [502, "origin-address", "replace"],
  [403, "geo-restricted", "replace"],
  [503, "capacity", "keep"],
  [403, "bad-request", "keep"],
  [403, "method-not-allowed", "keep"],
  [403, "not-enforced", "keep"],
  [400, "viewer-body", "keep"],
  [500, "fault", "keep"],
] as const;

for (const [status, madeHere, kind] of CHOICES) {
  test(`${status} ${madeHere ?? "of the origin"}: ${kind}`, () => {
    const answer = madeHere === undefined ? { status } : { status, madeHere };
    assert.equal(chooseErrorPage(PAGES, answer).kind, kind);
    assert.equal(chooseErrorPage(undefined, answer).kind, "keep");
  });
}

test("a page has the id of the request that failed, and its place; what could not be had keeps its own", () => {
  const ids = openRequestIds((count) => new Uint8Array(count));
  const answered = (status: number): Answer => ({
    status,
    fields: [],
    body: { kind: "none" },
    requestId: ids.next(),
    idDraw: ids.draw,
    idPlace: ids.place,
  });
  const failed = answered(404);
  const dressed = dressPage(answered(200), { path: "/e", status: 404 }, failed);
  assert.deepEqual([dressed.requestId, dressed.idPlace], [failed.requestId, failed.idPlace]);
  const missing = answered(403);
  const kept = dressPage(missing, { path: "/e", status: 404 }, failed);
  assert.deepEqual([kept.requestId, kept.idPlace], [missing.requestId, missing.idPlace]);
});
