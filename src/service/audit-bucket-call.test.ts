import assert from "node:assert/strict";
import { test } from "node:test";
import type { BucketCallNotes } from "../buckets/call-notes.ts";
import type { Caller } from "../callers/caller.ts";
import { parseAccountId, type AccessKeyId } from "../vocabulary/ids.ts";
import { auditedBucketCall } from "./audit-bucket-call.ts";

const request = {
  method: "PUT",
  fields: [
    ["Authorization", "AWS4-HMAC-SHA256 Credential=AKIAABCDEFGHIJKLMNOP/20261121/us-east-1/s3/aws4_request"],
  ] as const,
  rawQuery: "policy&X-Amz-Signature=0123",
  remoteAddress: "127.0.0.1",
};
const OF_BUCKET: BucketCallNotes = { operation: "PutBucketPolicy", bucket: "b", isAboutObjects: false, requestId: "R" };
const OF_OBJECT: BucketCallNotes = {
  operation: "PutObject",
  bucket: "b",
  key: "k",
  isAboutObjects: true,
  requestId: "R",
};

const AS_IS = { status: 200, hasObjects: false } as const;
const account = parseAccountId("123456789012") ?? assert.fail();
const CALLER: Caller = { account, accessKeyId: "K" as AccessKeyId, userName: "u", access: "full", isSession: false };

for (const [about, notes, hasObjects, told] of [
  ["a bucket's setting", OF_BUCKET, false, "s3:PutBucketPolicy arn:aws:s3:::b"],
  ["an object", OF_OBJECT, false, undefined],
  ["an object, where they are wanted", OF_OBJECT, true, "s3:PutObject arn:aws:s3:::b/k"],
  ["many objects", { ...OF_BUCKET, operation: "DeleteObjects", isAboutObjects: true }, false, undefined],
  ["all buckets", { operation: "ListBuckets", isAboutObjects: false }, false, "s3:ListBuckets undefined"],
  ["an object for a viewer", { ...OF_OBJECT, isByEdge: true }, true, undefined],
  ["nothing that there is", { requestId: "R" }, true, undefined],
  ["a key with blanks", { ...OF_OBJECT, key: "a b\n%\u00fc" }, true, "s3:PutObject arn:aws:s3:::b/a%20b%0A%25\u00fc"],
] as const satisfies readonly (readonly [string, BucketCallNotes, boolean, string | undefined])[]) {
  test(`a call about ${about} is told as ${told ?? "nothing"}`, () => {
    const call = auditedBucketCall(request, notes, { status: 200, hasObjects });
    assert.equal(call && `${call.operation} ${call.resource}`, told);
  });
}

test("reads are known as such, callers by their key, and strangers by the key that they named", () => {
  const read = auditedBucketCall(request, { operation: "GetBucketPolicy", bucket: "b", caller: CALLER }, AS_IS);
  assert.deepEqual([read?.isRead, read?.caller, read?.claimedKey], [true, CALLER, undefined]);
  const stranger = auditedBucketCall(request, { ...OF_BUCKET, code: "InvalidAccessKeyId" }, { ...AS_IS, status: 403 });
  assert.deepEqual(
    [stranger?.isRead, stranger?.claimedKey, stranger?.code, stranger?.status],
    [false, "AKIAABCDEFGHIJKLMNOP", "InvalidAccessKeyId", 403],
  );
  assert.ok(!JSON.stringify(stranger).includes("0123"), "no query is in it");
});
