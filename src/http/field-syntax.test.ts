import assert from "node:assert/strict";
import { test } from "node:test";

import { isFieldValue, isToken } from "./field-syntax.ts";

test("of the 256 bytes, 77 can stand in a token and all but 32 in a field value", () => {
  const all = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code));
  const inToken = all.filter(isToken).join("");
  assert.equal(inToken, "!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~");
  const notInValue = all.filter((byte) => !isFieldValue(byte)).map((byte) => byte.charCodeAt(0));
  assert.deepEqual(notInValue, [...Array.from({ length: 32 }, (_, code) => code).filter((code) => code !== 9), 127]);
  assert.equal(isToken(""), false);
  assert.equal(isFieldValue(""), true);
  assert.equal(isFieldValue("\u2603"), false); // no byte
});
