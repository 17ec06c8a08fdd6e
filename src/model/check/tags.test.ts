import assert from "node:assert/strict";
import test from "node:test";
import { assertAnswer, many, rowsOf, type Row } from "../../../test/refusal-rows.ts";
import { DEFAULT_LIMITS } from "../../vocabulary/limits.ts";
import { acceptTagKeys, acceptTags } from "../accept-config.ts";

const KEY = /^The tag key .+ is not valid: it must have 1 to 128 letters/;

const ROWS: readonly Row[] = [
  ["Items", undefined, "ok"],
  ["Items", [], "ok"],
  ["Items", [{ Key: "Größe é 名_.:/=+-@1", Value: "" }, { Key: "b" }], "ok"],
  ["Items", many(50).map((key) => ({ Key: key, Value: "v" })), "ok"],
  [
    "Items",
    many(51).map((key) => ({ Key: key, Value: "v" })),
    ["InvalidTagging", "The request has 51 tags; a resource can have at most 50."],
  ],
  ["Items", [{ Key: "", Value: "v" }], ["InvalidTagging", KEY]],
  ["Items", [{ Key: "k".repeat(128), Value: "v".repeat(256) }], "ok"],
  ["Items", [{ Key: "k".repeat(129), Value: "v" }], ["InvalidTagging", KEY]],
  ["Items", [{ Key: "k!", Value: "v" }], ["InvalidTagging", KEY]],
  ["Items", [{ Key: "aws:k", Value: "v" }], ["InvalidTagging", /keys that begin with aws: are reserved/]],
  [
    "Items",
    [{ Key: "k", Value: "v".repeat(257) }],
    ["InvalidTagging", /^The value of the tag "k" is not valid: it must have at most 256/],
  ],
  ["Items", [{ Key: "k", Value: "<" }], ["InvalidTagging", /^The value of the tag "k"/]],
  [
    "Items",
    [
      { Key: "k", Value: "1" },
      { Key: "k", Value: "2" },
    ],
    ["InvalidTagging", /^The tag key "k" is there more than once/],
  ],
];

rowsOf(ROWS, (member, value) => acceptTags({ [member]: value }, DEFAULT_LIMITS));

test("tags are taken in the order sent, and one without a value has an empty one", () => {
  const accepted = acceptTags({ Items: [{ Key: "b", Value: "1" }, { Key: "a" }] }, DEFAULT_LIMITS);
  assert.deepEqual(accepted, {
    kind: "ok",
    tags: [
      { Key: "b", Value: "1" },
      { Key: "a", Value: "" },
    ],
  });
});

test("keys to remove are held against the same rules", () => {
  assert.deepEqual(acceptTagKeys({ Items: ["b", "a"] }), { kind: "ok", keys: ["b", "a"] });
  assert.deepEqual(acceptTagKeys({}), { kind: "ok", keys: [] });
  assertAnswer(acceptTagKeys({ Items: ["a", ""] }), ["InvalidTagging", KEY]);
});
