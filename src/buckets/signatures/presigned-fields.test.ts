import assert from "node:assert/strict";
import test from "node:test";
import { withPresignedFields } from "./presigned-fields.ts";

test("fields that a presigned URL carries count as fields, where the signature covers them", () => {
  const query = new Map([
    ["X-Amz-Signature", "abc"],
    ["X-Amz-Date", "20261120T120000Z"],
    ["x-amz-acl", "public-read"],
    ["X-Amz-Meta-Made-By", "me"],
    ["x-amz-copy-source", "/shop/a"],
    ["x-amz-checksum-crc32", "AAAAAA=="],
    ["versionId", "1"],
  ]);
  const said = (sent: readonly (readonly [string, string])[], of: ReadonlyMap<string, string>) =>
    withPresignedFields(sent, of).map(([name, value]) => `${name}: ${value}`);
  assert.deepEqual(said([["Host", "a"]], query), [
    "Host: a",
    "x-amz-acl: public-read",
    "X-Amz-Meta-Made-By: me",
    "x-amz-copy-source: /shop/a",
  ]);
  assert.deepEqual(said([["X-Amz-Acl", "private"]], new Map([...query].slice(0, 3))), ["X-Amz-Acl: private"]);
  assert.deepEqual(said([["authorization", "AWS4-HMAC-SHA256 …"]], query), ["authorization: AWS4-HMAC-SHA256 …"]);
  const unsigned = new Map([...query].slice(1));
  assert.deepEqual(said([], unsigned), []);
  assert.deepEqual(said([], new Map([["Signature", "of the older version"], ...unsigned])), []);
});
