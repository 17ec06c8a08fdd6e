import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeUrlSafe, encodeUrlSafe } from "./url-safe-base64.ts";

test("what is encoded is decoded again, and has only characters that a query carries", () => {
  for (let length = 1; length < 300; length++) {
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 151 + length * 7) % 256);
    const text = encodeUrlSafe(bytes);
    assert.match(text, /^[A-Za-z0-9~-]+_{0,2}$/);
    assert.deepEqual(new Uint8Array(decodeUrlSafe(text) ?? []), bytes);
    assert.deepEqual(new Uint8Array(decodeUrlSafe(text.replace(/_+$/, "")) ?? []), bytes, "padding may be missing");
  }
});

test("bytes have one spelling, and everything else is none", () => {
  const wrong = [
    "",
    "_",
    "__",
    "A",
    "AA_",
    "AAA__",
    "AAAA_",
    "AAAAA",
    "AB",
    "AAB",
    "AA=",
    "AA==",
    "A+",
    "+/==",
    "A A=",
    "AA%5F",
    "AA__A",
    "Aé",
    "AAA\n",
  ];
  for (const text of wrong) assert.equal(decodeUrlSafe(text), undefined, JSON.stringify(text));
  assert.deepEqual(decodeUrlSafe("-~-~"), Buffer.from("+/+/", "base64"));
});
