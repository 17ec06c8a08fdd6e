// Who asks the bucket store, and whether a body is the one that was signed: requests that are right in each way of signing,
// and for each way a table of what is wrong, with S3's code for it. The signatures are made by support/s3-signer.ts; those of
// real clients are in test/clients/s3-signatures.test.ts.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import * as fc from "fast-check";
import { authenticateBucketRequest } from "../../src/buckets/signatures/authenticate.ts";
import type { S3ErrorCode } from "../../src/buckets/errors.ts";
import type { Principal } from "../../src/buckets/access/principal.ts";
import { isS3Failure, type BucketService, type S3Failure } from "../../src/buckets/operation.ts";
import { edgeCredential } from "../../src/model/edge-credential.ts";
import { crc32 } from "node:zlib";
import { openMemoryStore } from "../../src/store/memory/open-memory-store.ts";
import { distributionDraft, identityDraft, NOW as STORE_NOW, PLENTY } from "../../src/store/contract/samples.ts";
import type { AccessKeyId, AccountId, ResourceId } from "../../src/vocabulary/ids.ts";
import { DEFAULT_LIMITS } from "../../src/vocabulary/limits.ts";
import { epochMs } from "../../src/vocabulary/time.ts";
import {
  frameChunks,
  sha256,
  signChunks,
  signHeader,
  signOlderHeader,
  signOlderQuery,
  signQuery,
  toBucketRequest,
  type S3Key,
  type S3Request,
} from "../support/s3-signer.ts";

const NOW = Date.UTC(2026, 10, 20, 12);
const ACCOUNT = "111122223333" as AccountId;
const KEY: S3Key = { accessKeyId: "AKIAALICE", secret: "alice's/secret+key" };
const SESSION: S3Key = { accessKeyId: "ASIAALICE", secret: "of the session", sessionToken: "tok/en+==" };
const OVER: S3Key = { accessKeyId: "ASIAOVER", secret: "of the session", sessionToken: "over" };
const SECRET = Buffer.alloc(32, 7);
const IDENTITY = identityDraft(1);
const DISTRIBUTION = distributionDraft(2);

const service = await openService();

async function openService(): Promise<BucketService> {
  const store = await openMemoryStore();
  await store.credentials.createKey({
    accessKeyId: KEY.accessKeyId as AccessKeyId,
    secret: KEY.secret,
    account: ACCOUNT,
    userName: "alice",
    access: "full",
    createdAtMs: epochMs(0),
  });
  for (const [session, expires] of [
    [SESSION, NOW + 60_000],
    [OVER, NOW],
  ] as const) {
    await store.credentials.createSession(
      {
        accessKeyId: session.accessKeyId as AccessKeyId,
        secret: session.secret,
        token: session.sessionToken ?? "",
        parent: KEY.accessKeyId as AccessKeyId,
        expiresAtMs: epochMs(expires),
      },
      epochMs(0),
    );
  }
  for (const draft of [IDENTITY, DISTRIBUTION]) await store.resources.create(draft, PLENTY, STORE_NOW);
  return {
    store,
    clock: { now: () => epochMs(NOW) },
    random: () => new Uint8Array(0),
    limits: DEFAULT_LIMITS,
    isDefaultKeyAllowed: true,
    serviceSecret: SECRET,
    files: undefined as never,
    reportFault: (fault) => assert.fail(String(fault)),
    reportRefusal: () => undefined,
  };
}

const HOST: readonly [string, string] = ["Host", "127.0.0.1:7400"];
const HELLO = Buffer.from("hello");
const GET: S3Request = { method: "GET", path: "/bucket/key", query: "", fields: [HOST], body: new Uint8Array(0) };
const PUT: S3Request = { ...GET, method: "PUT", body: HELLO };

interface Outcome {
  readonly principal: Principal;
  readonly body: string;
  readonly length: number | undefined;
  readonly trailers: Record<string, string>;
}

async function authenticate(request: S3Request, pieceBytes?: number, by = service): Promise<Outcome | S3Failure> {
  const sent = toBucketRequest(request, pieceBytes);
  const answer = await authenticateBucketRequest(sent, { kind: "service" }, by);
  if ("kind" in answer) return answer;
  const pieces: Uint8Array[] = [];
  try {
    for await (const piece of answer.body) pieces.push(piece);
  } catch (thrown) {
    if (isS3Failure(thrown)) return thrown;
    throw thrown;
  }
  return {
    principal: answer.principal,
    body: Buffer.concat(pieces).toString("latin1"),
    length: answer.bodyLength,
    trailers: Object.fromEntries(answer.trailers()),
  };
}

async function accepted(request: S3Request, pieceBytes?: number): Promise<Outcome> {
  const outcome = await authenticate(request, pieceBytes);
  assert(!("kind" in outcome), JSON.stringify(outcome));
  return outcome;
}

const header = (request: S3Request, more: object = {}): S3Request =>
  signHeader(request, { key: KEY, at: NOW, ...more }).request;
const query = (request: S3Request, more: object = {}): S3Request =>
  signQuery(request, { key: KEY, at: NOW, expires: 60, ...more }).request;
const older = (request: S3Request, more: object = {}, resource?: string): S3Request =>
  signOlderHeader(request, { key: KEY, at: NOW, ...more }, resource);
const olderQuery = (request: S3Request, more: object = {}, resource?: string): S3Request =>
  signOlderQuery(request, { key: KEY, at: NOW, expires: 60, ...more }, resource);

const crc = (body: Uint8Array): string => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return bytes.toString("base64");
};
const md5 = (body: Uint8Array): string => createHash("md5").update(body).digest("base64");
const CRC: readonly [string, string] = ["x-amz-checksum-crc32", crc(HELLO)];

const trailing = (more: object = {}, trailer: readonly (readonly [string, string])[] = [CRC]): S3Request =>
  header(frameChunks(PUT, { sizes: [2, 3], trailer }), { payload: "STREAMING-UNSIGNED-PAYLOAD-TRAILER", ...more });
const chunked = (trailer?: readonly (readonly [string, string])[], key = KEY): S3Request =>
  signChunks(PUT, { key, at: NOW }, { sizes: [3, 2], ...(trailer !== undefined && { trailer }) });

const withFields = (request: S3Request, ...fields: (readonly [string, string])[]): S3Request => ({
  ...request,
  fields: [...request.fields, ...fields],
});
const withField = (request: S3Request, name: string, value: string | undefined): S3Request => {
  const others = request.fields.filter(([other]) => other.toLowerCase() !== name.toLowerCase());
  return { ...request, fields: value === undefined ? others : [...others, [name, value]] };
};
const rewritten = (request: S3Request, name: string, change: (value: string) => string): S3Request => ({
  ...request,
  fields: request.fields.map(([other, value]) =>
    other.toLowerCase() === name.toLowerCase() ? [other, change(value)] : [other, value],
  ),
});
const queryOf = (request: S3Request, change: (text: string) => string): S3Request => ({
  ...request,
  query: change(request.query),
});
const bodyOf = (request: S3Request, from: string | RegExp, to: string): S3Request => {
  const text = Buffer.from(request.body).toString("latin1");
  const changed = text.replace(from, to);
  assert.notEqual(changed, text, "the row changes something");
  return { ...request, body: Buffer.from(changed, "latin1") };
};

const VIRTUAL: S3Request = { ...GET, path: "/key", fields: [["Host", "Bucket.s3.localhost:7400"]] };

// What is right, and whose it is found to be.
const GOOD: readonly (readonly [claim: string, request: S3Request])[] = [
  ["a header over an empty body", header(GET)],
  ["a header over a body", header(PUT)],
  ["a header that leaves the body unsigned", header(PUT, { payload: "UNSIGNED-PAYLOAD" })],
  ["any region", header(GET, { region: "mars-north-1" })],
  ["a clock that is slow", header(GET, { at: NOW - 900_000 })],
  ["a clock that is fast", header(GET, { at: NOW + 900_000 })],
  ["a path that looks untidy", header({ ...GET, path: "/bucket//a/../b/./c/" })],
  ["a path with escapes", header({ ...GET, path: "/bucket/a%20b%2Bc%C3%BC" })],
  ["a path with needless escapes", header({ ...GET, path: "/bucket/%41" })],
  ["a path with an escaped slash", header({ ...GET, path: "/bucket/a%2Fb" })],
  ["a path with what others escape", header({ ...GET, path: "/bucket/!$&'()*+,;=:@" })],
  ["a query", header({ ...GET, query: "list-type=2&prefix=a%2Fb&delimiter" })],
  ["a query in the header's form, in its order", header({ ...GET, query: "b=2&a=1&a=0" })],
  ["a body's hash in upper case", header(PUT, { payload: sha256(HELLO).toUpperCase() })],
  ["an address", query(GET)],
  ["an address for a week", query(GET, { expires: 604_800, at: NOW - 604_799_000 })],
  ["an address to put to", query(PUT)],
  ["an address that signs its body", query(PUT, { payload: "UNSIGNED-PAYLOAD" })],
  ["an address with a hash that it does not sign", withFields(query(PUT), ["x-amz-content-sha256", sha256(HELLO)])],
  ["the edge's mark beside a signature", withFields(header(GET), ["X-Amz-Cf-Id", "abc"])],
  ["signed chunks", chunked()],
  ["signed chunks with a signed trailer", chunked([CRC])],
  ["chunks with a trailer", trailing()],
  ["Content-MD5", header(withFields(PUT, ["Content-MD5", md5(HELLO)]))],
  ["a checksum in the head", header(withFields(PUT, CRC))],
  [
    "a checksum of the whole object beside a list of its parts",
    header(withFields({ ...PUT, method: "POST", query: "uploadId=x" }, ["x-amz-checksum-crc32", "AAAAAA=="])),
  ],
  ["the older header", older(GET)],
  ["the older header with a body", older(withFields(PUT, ["Content-Type", "text/plain"], ["Content-MD5", md5(HELLO)]))],
  ["the older header with fields of S3", older(withFields(PUT, ["x-amz-meta-b", "2"], ["x-amz-acl", "private"]))],
  ["the older header with what selects an operation", older({ ...GET, query: "acl&prefix=x" }, {}, "/bucket/key?acl")],
  [
    "the older header with several of these",
    older({ ...PUT, query: "uploadId=a%2Bb&partNumber=2" }, {}, "/bucket/key?partNumber=2&uploadId=a+b"),
  ],
  ["the older header to a bucket's own name", older(VIRTUAL, {}, "/bucket/key")],
  ["the older address", olderQuery(GET)],
  [
    "the older address with what changes the answer",
    olderQuery(
      { ...GET, query: "response-content-type=text%2Fplain" },
      {},
      "/bucket/key?response-content-type=text/plain",
    ),
  ],
];

for (const [claim, request] of GOOD) {
  test(`${claim} is its key's`, async () => {
    for (const pieceBytes of [1, 7, 65_536]) {
      const outcome = await accepted(request, pieceBytes);
      assert.equal(outcome.principal.kind, "caller");
      assert(outcome.principal.kind === "caller" && outcome.principal.caller.account === ACCOUNT);
      assert.equal(outcome.body, request.method === "GET" ? "" : "hello");
      assert.equal(outcome.length, outcome.body.length);
    }
  });
}

test("trailers are told once the body is read", async () => {
  assert.deepEqual((await accepted(trailing())).trailers, { "x-amz-checksum-crc32": crc(HELLO) });
  assert.deepEqual((await accepted(chunked([CRC]))).trailers, { "x-amz-checksum-crc32": crc(HELLO) });
});

test("a session is its key's, in every form", async () => {
  for (const signed of [
    header(GET, { key: SESSION }),
    query(GET, { key: SESSION }),
    older(GET, { key: SESSION }),
    chunked(undefined, SESSION),
  ]) {
    const { principal } = await accepted(signed);
    assert(principal.kind === "caller" && principal.caller.isSession && principal.caller.userName === "alice");
  }
});

test("without a signature it is nobody, whatever the fields say", async () => {
  const claims: (readonly [string, string])[] = [
    ["x-amz-request-payer", "requester"],
    ["x-amz-source-account", ACCOUNT],
    ["x-amz-security-token", "tok/en+=="],
    ["x-amz-grant-full-control", `id=${ACCOUNT}`],
  ];
  assert.equal((await accepted(withFields(GET, ...claims))).principal.kind, "anonymous");
  const framed = frameChunks(PUT, { sizes: [5], trailer: [CRC] });
  const body = withFields(framed, ["x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"]);
  assert.deepEqual((await accepted(body)).body, "hello");
});

const IDENTITY_KEY = edgeCredential({ kind: "identity", id: IDENTITY.id }, SECRET);
const DISTRIBUTION_KEY = edgeCredential(
  { kind: "distribution", account: DISTRIBUTION.account, id: DISTRIBUTION.id },
  SECRET,
);

test("an edge is the identity or the distribution that it asks for, as long as that is there", async () => {
  const identity = header(GET, { key: IDENTITY_KEY, payload: "UNSIGNED-PAYLOAD" });
  assert.deepEqual((await accepted(identity)).principal, {
    kind: "identity",
    id: IDENTITY.id,
    account: IDENTITY.account,
    canonicalUserId: IDENTITY.handle,
  });
  const distribution = header(GET, { key: DISTRIBUTION_KEY, payload: "UNSIGNED-PAYLOAD" });
  const { account, id } = DISTRIBUTION;
  assert.deepEqual((await accepted(distribution)).principal, { kind: "service", account, distribution: id });

  const own = await openService();
  for (const { kind, account: owner, id: gone } of [IDENTITY, DISTRIBUTION]) {
    const found = await own.store.resources.get(kind, owner, gone);
    assert(found !== undefined);
    await own.store.resources.delete(found, STORE_NOW);
  }
  for (const request of [identity, distribution]) {
    const outcome = await authenticate(request, undefined, own);
    assert("kind" in outcome && outcome.code === "InvalidAccessKeyId");
  }
});

const edge = (changed: Partial<S3Key>): S3Request => header(GET, { key: { ...IDENTITY_KEY, ...changed } });
const elsewhere = edgeCredential(
  { kind: "distribution", account: "999999999999" as AccountId, id: DISTRIBUTION.id },
  SECRET,
);
const nobody = edgeCredential({ kind: "identity", id: "E0000000000000" as ResourceId }, SECRET);

test("who reads the log of a refused signature learns whose it is, and what may be wrong", async () => {
  for (const [request, why] of [
    [
      edge({ secret: "of another time" }),
      `${IDENTITY_KEY.accessKeyId}, by which edges ask. If this service's own edge sent it, the file service-secret was replaced`,
    ],
    [header(GET, { key: { ...KEY, secret: "other" } }), `${KEY.accessKeyId}: another secret access key`],
    [
      header(GET, { key: { ...KEY, accessKeyId: "AKIA0000000000000000" } }),
      "there is no access key AKIA0000000000000000",
    ],
  ] as const) {
    const outcome = await authenticate(request);
    assert("kind" in outcome && outcome.why?.includes(why) === true, JSON.stringify(outcome));
  }
});

const credential = (from: string | RegExp, to: string): S3Request =>
  rewritten(header(GET), "authorization", (value) => value.replace(from, to));
const address = (from: string | RegExp, to: string, request = query(GET)): S3Request =>
  queryOf(request, (text) => {
    assert.notEqual(text.replace(from, to), text, "the row changes something");
    return text.replace(from, to);
  });

const BAD: readonly (readonly [claim: string, code: S3ErrorCode, request: S3Request])[] = [
  // The header
  ["another scheme", "InvalidArgument", withFields(GET, ["Authorization", "Bearer abc"])],
  ["another algorithm", "InvalidArgument", credential("HMAC-SHA256", "ECDSA-P256-SHA256")],
  ["no credential", "AuthorizationHeaderMalformed", credential(/Credential=\S+ /, "")],
  ["no signed headers", "AuthorizationHeaderMalformed", credential(/SignedHeaders=\S+ /, "")],
  ["no signature", "AuthorizationHeaderMalformed", credential(/, Signature=\S+/, "")],
  ["a part twice", "AuthorizationHeaderMalformed", credential(/$/, ", Signature=00")],
  ["a part without value", "AuthorizationHeaderMalformed", credential(/$/, ", Signature")],
  ["two Authorizations", "AuthorizationHeaderMalformed", withFields(header(GET), ["Authorization", "Signature=1"])],
  ["a credential with too few parts", "AuthorizationHeaderMalformed", credential("/s3/", "/")],
  ["a credential with too many parts", "AuthorizationHeaderMalformed", credential("/s3/", "/s3/s3/")],
  ["no region", "AuthorizationHeaderMalformed", credential("/us-east-1/", "//")],
  ["another service", "AuthorizationHeaderMalformed", credential("/s3/", "/cloudfront/")],
  ["another end of the scope", "AuthorizationHeaderMalformed", credential("aws4_request", "aws5_request")],
  ["another day", "AuthorizationHeaderMalformed", credential("/20261120/", "/20261119/")],
  ["no date", "AccessDenied", withField(header(GET), "x-amz-date", undefined)],
  ["a date that is none", "AccessDenied", withField(header(GET), "x-amz-date", "20261120T250000Z")],
  ["a host that is not signed", "AccessDenied", header(GET, { unsigned: ["host"] })],
  ["a date that is not signed", "AccessDenied", header(GET, { unsigned: ["x-amz-date"] })],
  ["a field of S3 that is not signed", "AccessDenied", withFields(header(PUT), ["x-amz-acl", "public-read"])],
  [
    "a copy's source that is not signed",
    "AccessDenied",
    withFields(header(PUT), ["x-amz-copy-source", "/other/secret"]),
  ],
  ["a clock that is too slow", "RequestTimeTooSkewed", header(GET, { at: NOW - 901_000 })],
  ["a clock that is too fast", "RequestTimeTooSkewed", header(GET, { at: NOW + 901_000 })],
  ["an unknown key", "InvalidAccessKeyId", header(GET, { key: { ...KEY, accessKeyId: "AKIANOBODY" } })],
  ["another secret", "SignatureDoesNotMatch", header(GET, { key: { ...KEY, secret: "guess" } })],
  ["an empty secret", "SignatureDoesNotMatch", header(GET, { key: { ...KEY, secret: "" } })],
  ["another signature", "SignatureDoesNotMatch", credential(/Signature=../, "Signature=zz")],
  ["another region than was signed", "SignatureDoesNotMatch", credential("us-east-1", "us-east-2")],
  ["another method", "SignatureDoesNotMatch", { ...header(GET), method: "DELETE" }],
  ["another key", "SignatureDoesNotMatch", { ...header(GET), path: "/bucket/other" }],
  ["another bucket", "SignatureDoesNotMatch", { ...header(GET), path: "/bucket2/key" }],
  [
    "a path that was tidied up",
    "SignatureDoesNotMatch",
    { ...header({ ...GET, path: "/bucket//key" }), path: "/bucket/key" },
  ],
  [
    "a path escaped once more",
    "SignatureDoesNotMatch",
    { ...header({ ...GET, path: "/bucket/%41" }), path: "/bucket/%2541" },
  ],
  ["another case of the path", "SignatureDoesNotMatch", { ...header(GET), path: "/bucket/KEY" }],
  ["a parameter more", "SignatureDoesNotMatch", { ...header(GET), query: "acl" }],
  ["another version", "SignatureDoesNotMatch", { ...header({ ...GET, query: "versionId=1" }), query: "versionId=2" }],
  ["another host", "SignatureDoesNotMatch", rewritten(header(GET), "host", () => "secret.s3.localhost:7400")],
  ["a second host", "SignatureDoesNotMatch", withFields(header(GET), ["Host", "elsewhere"])],
  [
    "a signed field that is gone",
    "SignatureDoesNotMatch",
    withField(header(withFields(PUT, ["x-amz-acl", "private"])), "x-amz-acl", undefined),
  ],
  ["no hash of the body", "InvalidRequest", withField(header(PUT), "x-amz-content-sha256", undefined)],
  ["a hash that is none", "InvalidArgument", header(PUT, { payload: "abc" })],
  [
    "a framing that nobody knows",
    "InvalidArgument",
    header(PUT, { payload: "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD" }),
  ],
  [
    "another hash than was signed",
    "SignatureDoesNotMatch",
    rewritten(header(PUT), "x-amz-content-sha256", () => sha256("x")),
  ],
  [
    "a body left unsigned that was signed",
    "SignatureDoesNotMatch",
    rewritten(header(PUT), "x-amz-content-sha256", () => "UNSIGNED-PAYLOAD"),
  ],
  ["another body", "XAmzContentSHA256Mismatch", { ...header(PUT), body: Buffer.from("hallo") }],
  ["a longer body", "XAmzContentSHA256Mismatch", { ...header(PUT), body: Buffer.from("hello!") }],
  ["no body where one was signed", "XAmzContentSHA256Mismatch", { ...header(PUT), body: new Uint8Array(0) }],
  // Sessions
  ["a session without its token", "InvalidAccessKeyId", header(GET, { key: { ...SESSION, sessionToken: undefined } })],
  ["a session with another token", "InvalidToken", header(GET, { key: { ...SESSION, sessionToken: "other" } })],
  ["a lasting key with a token", "InvalidToken", header(GET, { key: { ...KEY, sessionToken: "x" } })],
  ["a session that is over", "ExpiredToken", header(GET, { key: OVER })],
  ["a token that is not signed", "AccessDenied", withFields(header(GET), ["x-amz-security-token", "tok/en+=="])],
  ["an older session that is over", "ExpiredToken", older(GET, { key: OVER })],
  // The address
  ["an address and a header", "InvalidArgument", withFields(query(GET), ["Authorization", "AWS4-HMAC-SHA256 x"])],
  [
    "an address of both versions",
    "InvalidArgument",
    queryOf(query(GET), (text) => `${text}&Signature=x&AWSAccessKeyId=y`),
  ],
  ["an address and the older header", "InvalidArgument", withFields(query(GET), ["Authorization", "AWS a:b"])],
  ["no algorithm", "AuthorizationQueryParametersError", address(/X-Amz-Algorithm=[^&]*&/, "")],
  ["another algorithm in the address", "AuthorizationQueryParametersError", address("HMAC-SHA256", "HMAC-SHA1")],
  ["no credential in the address", "AuthorizationQueryParametersError", address(/X-Amz-Credential=[^&]*&/, "")],
  ["no date in the address", "AuthorizationQueryParametersError", address(/X-Amz-Date=[^&]*&/, "")],
  ["a date of another form", "AuthorizationQueryParametersError", address(/X-Amz-Date=[^&]*/, "X-Amz-Date=2026-11-20")],
  ["no lifetime", "AuthorizationQueryParametersError", address(/X-Amz-Expires=[^&]*&/, "")],
  ["a lifetime that is none", "AuthorizationQueryParametersError", address("Expires=60", "Expires=soon")],
  ["a lifetime below nothing", "AuthorizationQueryParametersError", address("Expires=60", "Expires=-1")],
  ["a lifetime beyond a week", "AuthorizationQueryParametersError", query(GET, { expires: 604_801 })],
  ["a parameter of the signature twice", "AuthorizationQueryParametersError", address(/$/, "&X-Amz-Expires=600")],
  ["no signed headers in the address", "AuthorizationQueryParametersError", address(/&X-Amz-SignedHeaders=[^&]*/, "")],
  ["another service in the address", "AuthorizationQueryParametersError", address("%2Fs3%2F", "%2Fsts%2F")],
  ["an address that is over", "AccessDenied", query(GET, { at: NOW - 61_000 })],
  ["an address of the future", "AccessDenied", query(GET, { at: NOW + 901_000 })],
  ["a longer lifetime than was signed", "SignatureDoesNotMatch", address("Expires=60", "Expires=600")],
  ["an address for another key", "SignatureDoesNotMatch", { ...query(GET), path: "/bucket/other" }],
  ["an address with a parameter more", "SignatureDoesNotMatch", queryOf(query(GET), (text) => `${text}&versionId=1`)],
  ["an address to get that is put to", "SignatureDoesNotMatch", { ...query(GET), method: "PUT", body: HELLO }],
  ["a field of S3 beside an address", "AccessDenied", withFields(query(PUT), ["x-amz-acl", "public-read"])],
  [
    "an address and a body that is not the one that is stated",
    "XAmzContentSHA256Mismatch",
    withFields(query(PUT), ["x-amz-content-sha256", sha256("other")]),
  ],
  // The older signature
  ["an older header without signature", "InvalidArgument", withFields(GET, ["Authorization", "AWS AKIAALICE"])],
  [
    "an older header of an unknown key",
    "InvalidAccessKeyId",
    older(GET, { key: { ...KEY, accessKeyId: "AKIANOBODY" } }),
  ],
  ["an older header without date", "AccessDenied", withField(older(GET), "date", undefined)],
  ["an older header that is too old", "RequestTimeTooSkewed", older(GET, { at: NOW - 901_000 })],
  ["an older header for another key", "SignatureDoesNotMatch", { ...older(GET), path: "/bucket/other" }],
  ["an older header with another operation", "SignatureDoesNotMatch", { ...older(GET), query: "acl" }],
  ["an older header with ownership asked for", "SignatureDoesNotMatch", { ...older(GET), query: "ownershipControls" }],
  ["an older header with a field more", "SignatureDoesNotMatch", withFields(older(PUT), ["x-amz-acl", "public-read"])],
  ["an older header with another type", "SignatureDoesNotMatch", withFields(older(PUT), ["Content-Type", "text/html"])],
  [
    "an older header at another host",
    "SignatureDoesNotMatch",
    rewritten(older(VIRTUAL, {}, "/bucket/key"), "host", () => "other.s3.localhost"),
  ],
  ["both dates", "SignatureDoesNotMatch", withFields(older(GET), ["x-amz-date", new Date(NOW).toUTCString()])],
  ["an older address that is over", "AccessDenied", olderQuery(GET, { expires: -1 })],
  ["an older address without its end", "AccessDenied", address(/&Expires=\d+/, "", olderQuery(GET))],
  [
    "an older address with another end",
    "SignatureDoesNotMatch",
    address(/Expires=\d+/, "Expires=9999999999", olderQuery(GET)),
  ],
  [
    "an older address with an end that is none",
    "AccessDenied",
    address(/Expires=\d+/, "Expires=never", olderQuery(GET)),
  ],
  [
    "an older address with a signature twice",
    "AccessDenied",
    queryOf(olderQuery(GET), (text) => `${text}&Signature=x`),
  ],
  [
    "an older address and chunks that claim to be signed",
    "InvalidRequest",
    olderQuery(withFields(PUT, ["x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"])),
  ],
  // Edges
  ["an edge with a made-up secret", "SignatureDoesNotMatch", edge({ secret: "guess" })],
  ["an edge with a token", "InvalidToken", edge({ sessionToken: "x" })],
  ["an edge for an identity that never was", "InvalidAccessKeyId", header(GET, { key: nobody })],
  ["an edge for a distribution of another account", "InvalidAccessKeyId", header(GET, { key: elsewhere })],
  ["an edge with the older signature", "InvalidAccessKeyId", older(GET, { key: IDENTITY_KEY })],
  [
    "one identity's secret for another principal",
    "SignatureDoesNotMatch",
    header(GET, { key: { ...DISTRIBUTION_KEY, secret: IDENTITY_KEY.secret } }),
  ],
  // Bodies
  ["a chunk that was changed", "SignatureDoesNotMatch", bodyOf(chunked(), "hel", "hal")],
  [
    "a chunk's signature that was changed",
    "SignatureDoesNotMatch",
    bodyOf(chunked(), /chunk-signature=\w{8}/, "chunk-signature=00000000"),
  ],
  ["a chunk that was taken out", "SignatureDoesNotMatch", bodyOf(chunked(), /^3;[^]*?\r\nhel\r\n/, "")],
  ["chunks in another order", "SignatureDoesNotMatch", bodyOf(chunked(), /^(3;[^]*?hel\r\n)(2;[^]*?lo\r\n)/, "$2$1")],
  [
    "a last chunk that is not signed so",
    "SignatureDoesNotMatch",
    bodyOf(chunked(), /0;chunk-signature=\w{8}/, "0;chunk-signature=00000000"),
  ],
  ["chunks without their end", "IncompleteBody", bodyOf(chunked(), /0;chunk-signature=\w+\r\n\r\n$/, "")],
  ["chunks without signatures", "InvalidRequest", bodyOf(chunked(), /;chunk-signature=\w+/g, "")],
  ["a trailer that was changed", "SignatureDoesNotMatch", bodyOf(chunked([CRC]), "crc32:", "crc32:AAAA")],
  [
    "a trailer without its signature",
    "MalformedTrailerError",
    bodyOf(chunked([CRC]), /x-amz-trailer-signature:\w+\r\n/, ""),
  ],
  ["a signed trailer that is wrong", "BadDigest", chunked([["x-amz-checksum-crc32", "AAAAAA=="]])],
  ["a trailer's checksum that is wrong", "BadDigest", bodyOf(trailing(), "he", "ha")],
  ["a trailer that is no checksum", "InvalidRequest", trailing({}, [["x-amz-checksum-crc32", "soup"]])],
  [
    "an announced trailer that does not come",
    "MalformedTrailerError",
    bodyOf(trailing(), /x-amz-checksum-crc32:.*\r\n/, ""),
  ],
  ["a trailer that was not announced", "MalformedTrailerError", bodyOf(trailing(), "0\r\n", "0\r\nx-amz-meta-a:b\r\n")],
  ["two checksums at once", "InvalidRequest", trailing({}, [CRC, ["x-amz-checksum-sha1", "x"]])],
  ["fewer bytes than stated", "IncompleteBody", bodyOf(trailing(), "3\r\nllo\r\n", "")],
  ["more bytes than stated", "IncompleteBody", bodyOf(trailing(), "3\r\nllo\r\n", "3\r\nllo\r\n1\r\n!\r\n")],
  ["a chunk beyond what is stated", "IncompleteBody", bodyOf(trailing(), "3\r\n", "ffffff\r\n")],
  ["chunks that are none", "InvalidRequest", { ...trailing(), body: Buffer.from("hello\r\n") }],
  [
    "no length of what is in the chunks",
    "MissingContentLength",
    header({ ...PUT }, { payload: "STREAMING-UNSIGNED-PAYLOAD-TRAILER" }),
  ],
  ["a Content-MD5 of something else", "BadDigest", header(withFields(PUT, ["Content-MD5", md5(Buffer.from("x"))]))],
  ["a Content-MD5 that is none", "InvalidDigest", header(withFields(PUT, ["Content-MD5", "abc"]))],
  ["a checksum of something else", "BadDigest", header(withFields(PUT, ["x-amz-checksum-crc32", "AAAAAA=="]))],
  ["a checksum that is none", "InvalidRequest", header(withFields(PUT, ["x-amz-checksum-sha256", "AAAAAA=="]))],
];

test("the table has at least 60 rows, each its own", () => {
  assert(BAD.length >= 60);
  assert.equal(new Set(BAD.map(([claim]) => claim)).size, BAD.length);
});

for (const [claim, code, request] of BAD) {
  test(`${claim}: ${code}`, async () => {
    for (const pieceBytes of [1, 65_536]) {
      const outcome = await authenticate(request, pieceBytes);
      assert("kind" in outcome, `it was accepted: ${JSON.stringify(outcome)}`);
      assert.equal(outcome.code, code, JSON.stringify(outcome));
    }
  });
}

test("a signature that does not match shows what was hashed", async () => {
  const outcome = await authenticate({ ...header(GET), path: "/bucket/other" });
  assert("kind" in outcome);
  const details = new Map(outcome.details);
  assert.equal(details.get("AWSAccessKeyId"), KEY.accessKeyId);
  assert.match(details.get("CanonicalRequest") ?? "", /^GET\n\/bucket\/other\n\nhost:127/);
  assert.match(details.get("StringToSign") ?? "", /^AWS4-HMAC-SHA256\n20261120T120000Z\n20261120\/us-east-1\/s3\//);
  assert.match(details.get("StringToSignBytes") ?? "", /^41 57 53 34 /);
  assert(!JSON.stringify(outcome).includes(KEY.secret));
});

test("the built-in key works only where it may", async () => {
  const request = header(GET, { key: { accessKeyId: "test", secret: "test" } });
  assert.equal((await accepted(request)).principal.kind, "caller");
  const outcome = await authenticate(request, undefined, { ...service, isDefaultKeyAllowed: false });
  assert("kind" in outcome && outcome.code === "InvalidAccessKeyId");
});

test("a signed request with a byte changed anywhere is never its key's", async () => {
  const fields = [HOST, ["x-amz-acl", "private"] as const];
  const put = { ...PUT, path: "/bucket/a%20key", query: "partNumber=1&uploadId=abc", fields };
  const requests = [
    signHeader(put, { key: KEY, at: NOW }).request,
    signQuery({ ...put, fields: [HOST] }, { key: KEY, at: NOW, expires: 60 }).request,
    signChunks(put, { key: KEY, at: NOW }, { sizes: [2, 3], trailer: [CRC] }),
    signOlderHeader(put, { key: KEY, at: NOW }, "/bucket/a%20key?partNumber=1&uploadId=abc"),
    signOlderQuery(
      { ...put, fields: [HOST] },
      { key: KEY, at: NOW, expires: 60 },
      "/bucket/a%20key?partNumber=1&uploadId=abc",
    ),
  ];
  for (const request of requests) assert.equal((await accepted(request)).body, "hello");
  /** Everything that is signed, as one text per place. The older signature covers no body, and a few fields only. */
  const places = (request: S3Request): (readonly [place: string, text: string])[] => [
    ["path", request.path],
    ["query", request.query],
    ...request.fields
      .filter(([name]) => !/^host$/i.test(name) || request.fields.some(([, value]) => value.startsWith("AWS4")))
      .map(([name, value]): [string, string] => [`field ${name}`, value]),
    ...(request.fields.some(([name]) => name === "x-amz-content-sha256")
      ? [["body", Buffer.from(request.body).toString("latin1")] as const]
      : []),
  ];
  const change = (request: S3Request, place: string, text: string): S3Request => {
    if (place === "path") return { ...request, path: text };
    if (place === "query") return { ...request, query: text };
    if (place === "body") return { ...request, body: Buffer.from(text, "latin1") };
    return rewritten(request, place.slice("field ".length), () => text);
  };
  await fc.assert(
    fc.asyncProperty(
      fc.nat(),
      fc.nat(),
      fc.nat(),
      fc.constantFrom("a", "A", "0", "/", "%", "&", "=", ".", " ", "\r", "\n", ";"),
      async (which, where, at, byte) => {
        const request = requests[which % requests.length];
        assert(request !== undefined);
        const all = places(request);
        const [place = "", text = ""] = all[where % all.length] ?? [];
        const index = at % Math.max(1, text.length);
        const changed = text.slice(0, index) + byte + text.slice(index + 1);
        const before = await accepted(request);
        const outcome = await authenticate(change(request, place, changed));
        if ("kind" in outcome) return;
        // What is accepted says the same: an escape in its other spelling, a blank more between the parts of a field.
        const isSame =
          outcome.principal.kind === "anonymous" ||
          (outcome.body === before.body && meaningOf(change(request, place, changed)) === meaningOf(request));
        assert(isSame, `${place}: ${JSON.stringify(text)} as ${JSON.stringify(changed)} was accepted`);
      },
    ),
    { seed: 4, numRuns: process.env["WARMFRONT_NIGHTLY"] === "1" ? 200_000 : 4000 },
  );
});

/** What a request asks for, however it is written. */
function meaningOf({ method, path, query: text, fields }: S3Request): string {
  const decode = (piece: string): string => {
    try {
      return decodeURIComponent(piece.replaceAll("+", " "));
    } catch {
      return piece;
    }
  };
  const asked = text
    .split("&")
    .map((pair) => pair.split("=", 2).map(decode))
    .filter(([name = ""]) => !/^X-Amz-|^Signature$|^AWSAccessKeyId$|^Expires$|^$/.test(name));
  const told = fields.filter(([name]) => name.startsWith("x-amz-acl")).map(([name, value]) => [name, value.trim()]);
  return JSON.stringify([method, decode(path), asked, told]);
}
