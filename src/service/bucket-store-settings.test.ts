import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { readBucketStores } from "./bucket-store-settings.ts";

const folder = mkdtempSync(join(tmpdir(), "bucket-stores-"));
after(() => rmSync(folder, { recursive: true }));
const path = join(folder, "stores.json");

function read(content: unknown): ReturnType<typeof readBucketStores> {
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return readBucketStores({ bucketStores: path });
}

const ROW = {
  buckets: ["photos", "logs-*"],
  endpoint: "https://minio.example.com:9000",
  region: "eu-west-1",
  accessKeyId: "AKIAEXAMPLE",
  secretAccessKey: "the-secret",
  allow: { accounts: ["123456789012"], identities: ["E1IDENTITY"] },
};

test("no file is no other store", () => {
  assert.deepEqual(readBucketStores({ bucketStores: "" }), { kind: "ok", stores: [] });
});

test("a row reads as a store, path style unless it says otherwise", () => {
  assert.deepEqual(read([ROW]), {
    kind: "ok",
    stores: [
      {
        buckets: ["photos", "logs-*"],
        scheme: "https",
        host: "minio.example.com",
        port: 9000,
        region: "eu-west-1",
        accessKeyId: "AKIAEXAMPLE",
        secretAccessKey: "the-secret",
        sessionToken: undefined,
        addressing: "path",
        allow: { accounts: ["123456789012"], identities: ["E1IDENTITY"], distributions: [], logs: [] },
      },
    ],
  });
});

const ENDPOINTS: readonly (readonly [endpoint: string, scheme: string, host: string, port: number])[] = [
  ["http://127.0.0.1:9000", "http", "127.0.0.1", 9000],
  ["http://[::1]:9000/", "http", "::1", 9000],
  ["https://s3.example.com", "https", "s3.example.com", 443],
  ["http://s3.example.com", "http", "s3.example.com", 80],
];
for (const [endpoint, scheme, host, port] of ENDPOINTS) {
  test(`${endpoint} is an endpoint`, () => {
    const outcome = read([{ ...ROW, endpoint }]);
    assert(outcome.kind === "ok", JSON.stringify(outcome));
    const [store] = outcome.stores;
    assert.deepEqual([store?.scheme, store?.host, store?.port], [scheme, host, port]);
  });
}

const WRONG: readonly (readonly [content: unknown, told: RegExp])[] = [
  ["{", /is not JSON$/],
  [{ stores: [] }, /must be a list of stores/],
  [["x"], /store 1: it must be an object/],
  [[ROW, { ...ROW, buckets: [] }], /store 2: "buckets" must be a list/],
  [[{ ...ROW, buckets: ["Photos"] }], /"buckets" must be/],
  [[{ ...ROW, buckets: "photos" }], /"buckets" must be/],
  [[{ ...ROW, endpoint: "minio:9000" }], /"endpoint" must be/],
  [[{ ...ROW, endpoint: "ftp://minio" }], /"endpoint" must be/],
  [[{ ...ROW, endpoint: "http://minio/path" }], /"endpoint" must be/],
  [[{ ...ROW, endpoint: "http://user:word@minio" }], /"endpoint" must be/],
  [[{ ...ROW, endpoint: "http://minio?x" }], /"endpoint" must be/],
  [[{ ...ROW, endpoint: undefined }], /"endpoint" must be/],
  [[{ ...ROW, region: "" }], /"region" must be/],
  [[{ ...ROW, accessKeyId: "a/b" }], /"accessKeyId" must be/],
  [[{ ...ROW, accessKeyId: "a,b" }], /"accessKeyId" must be/],
  [[{ ...ROW, secretAccessKey: 7 }], /"secretAccessKey" must be/],
  [[{ ...ROW, sessionToken: "a b" }], /"sessionToken" must be/],
  [[{ ...ROW, addressing: "host" }], /"addressing" must be "path" or "virtual"/],
  [[{ ...ROW, endpoint: "http://127.0.0.1", addressing: "virtual" }], /an endpoint that is an address/],
  [[{ ...ROW, allow: undefined }], /"allow" must be who may use the keys/],
  [[{ ...ROW, allow: [] }], /"allow" must be/],
  [[{ ...ROW, allow: { accounts: ["1"] } }], /"accounts" must be/],
  [[{ ...ROW, allow: { accounts: "*" } }], /"accounts" must be/],
  [[{ ...ROW, allow: { logs: ["E1"] } }], /"logs" must be a list of account ids/],
  [[{ ...ROW, allow: { identites: ["E1"] } }], /"identites" is not a member of it; did you mean "identities"\?/],
  [[{ ...ROW, secretAcessKey: "x" }], /"secretAcessKey" is not a member of it; did you mean "secretAccessKey"\?/],
];
for (const [content, told] of WRONG) {
  test(`${JSON.stringify(content).slice(0, 40)}… is told: ${told.source}`, () => {
    const outcome = read(content);
    assert(outcome.kind === "failure", "accepted");
    assert.match(outcome.message, told);
    assert.match(outcome.message, /^bucketStores: /);
    assert.doesNotMatch(outcome.message, /the-secret/);
  });
}

test("a file that is not there is told by its path", () => {
  const outcome = readBucketStores({ bucketStores: join(folder, "absent.json") });
  assert(outcome.kind === "failure");
  assert.match(outcome.message, /absent\.json cannot be read: ENOENT/);
});
