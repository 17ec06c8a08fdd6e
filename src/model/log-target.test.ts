// A log's target as text and back, and what is no target.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAccountId } from "../vocabulary/ids.ts";
import { logBucketOf, logFileKey, readLogTarget, writeLogTarget } from "./log-target.ts";

const account = parseAccountId("123456789012") ?? assert.fail();

const TARGETS = [
  { account, distribution: "E1ABCDEFGHIJKL", bucket: "my.logs", prefix: "" },
  { account, distribution: "E1ABCDEFGHIJKL", bucket: "my-logs", prefix: "a b/%41\tc/" },
  { account, distribution: "E1", bucket: "logs", prefix: "ä\u{1F600}'()" },
];

for (const target of TARGETS) {
  test(`the target ${JSON.stringify(target.prefix)} is read as it was written`, () => {
    const text = writeLogTarget(target);
    assert.match(text, /^[\x20-\x7e]+$/);
    assert.deepEqual(readLogTarget(text), target);
  });
}

const NONE = [
  "",
  "123456789012 E1 logs",
  "12345678901 E1 logs ",
  "123456789012 D1 logs ",
  "123456789012 E1 ../logs ",
  "123456789012 E1 logs a b",
  "123456789012 E1 logs %zz",
  "123456789012 E1 logs %ff",
];

for (const text of NONE) {
  test(`${JSON.stringify(text)} is no target`, () => assert.equal(readLogTarget(text), undefined));
}

// prefix → key
const KEYS: readonly (readonly [string, string])[] = [
  ["", "E1.gz"],
  ["cdn", "cdn/E1.gz"],
  ["cdn/", "cdn/E1.gz"],
  ["a/b", "a/b/E1.gz"],
  ["/", "/E1.gz"],
];

for (const [prefix, key] of KEYS) {
  test(`a file below the prefix ${JSON.stringify(prefix)} is ${key}`, () => {
    assert.equal(logFileKey(prefix, "E1.gz"), key);
  });
}

// Logging.Bucket → the bucket
const BUCKETS: readonly (readonly [string, string | undefined])[] = [
  ["my-logs.s3.amazonaws.com", "my-logs"],
  ["My-Logs.s3.eu-west-1.amazonaws.com", "my-logs"],
  ["my-logs.s3.localhost", "my-logs"],
  ["my-logs.s3-website.eu-west-1.amazonaws.com", undefined],
  ["my-logs", undefined],
  ["", undefined],
];

for (const [Bucket, bucket] of BUCKETS) {
  test(`${JSON.stringify(Bucket)} names the bucket ${bucket}`, () => assert.equal(logBucketOf({ Bucket }), bucket));
}
