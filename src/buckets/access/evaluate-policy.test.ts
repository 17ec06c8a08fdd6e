import assert from "node:assert/strict";
import test from "node:test";
import type { StoredObject } from "../../store/buckets.ts";
import { asking, BOB, CANONICAL, facts, IDENTITY, type FactsSketch, type PrincipalKind } from "./access-samples.ts";
import { evaluatePolicy, type PolicyVerdict } from "./evaluate-policy.ts";
import { parsePolicy } from "./parse-policy.ts";
import { canonicalUserIdOf, identityArn } from "./principal.ts";

const BUCKET = "arn:aws:s3:::photos";
const ALL = `${BUCKET}/*`;
const READ = "s3:GetObject";

/** One statement, an Allow of everything on objects to everyone unless it says otherwise. */
function allow(change: object = {}): object {
  return { Effect: "Allow", Principal: "*", Action: "s3:*", Resource: ALL, ...change };
}
function deny(change: object = {}): object {
  return { ...allow(change), Effect: "Deny" };
}
function to(principal: object | string): object {
  return allow({ Principal: principal });
}
function when(operator: string, key: string, values: unknown): object {
  return allow({ Condition: { [operator]: { [key]: values } } });
}
function list(condition: object): object {
  return allow({ Action: "s3:ListBucket", Resource: BUCKET, Condition: condition });
}

interface More extends FactsSketch {
  readonly action?: string;
  /** "" for the bucket itself. */
  readonly key?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly version?: string;
}
type Row = readonly [PolicyVerdict["kind"], PrincipalKind, object | readonly object[], More?];

const THROUGH_EDGE = { remoteAddress: "127.0.0.1", fields: { "x-amz-cf-id": "x" } };

const LIST = { action: "s3:ListBucket", key: "" };

const ROWS: readonly Row[] = [
  // Effects and their order
  ["allowed", "anonymous", allow()],
  ["denied", "anonymous", deny()],
  ["denied", "anonymous", [allow(), deny()]],
  ["denied", "anonymous", [deny(), allow()]],
  ["denied", "owner", [allow(), deny({ Resource: `${BUCKET}/private/*` })], { key: "private/a" }],
  ["allowed", "owner", [allow(), deny({ Resource: `${BUCKET}/private/*` })], { key: "public/a" }],
  ["silent", "anonymous", deny({ Action: "s3:PutObject" })],
  // Actions
  ["allowed", "anonymous", allow({ Action: READ })],
  ["allowed", "anonymous", allow({ Action: "S3:getobject" })],
  ["allowed", "anonymous", allow({ Action: ["s3:PutObject", READ] })],
  ["allowed", "anonymous", allow({ Action: "s3:Get*" })],
  ["allowed", "anonymous", allow({ Action: "s3:Ge?Object" })],
  ["allowed", "anonymous", allow({ Action: "*" })],
  ["silent", "anonymous", allow({ Action: READ }), { action: "s3:GetObjectVersion" }],
  ["silent", "anonymous", allow({ Action: "s3:Put*" })],
  ["silent", "anonymous", allow({ Action: undefined, NotAction: "s3:Get*" })],
  ["allowed", "anonymous", allow({ Action: undefined, NotAction: "s3:Put*" })],
  ["denied", "owner", deny({ Action: undefined, NotAction: ["s3:GetObject", "s3:List*"] }), { action: "s3:PutObject" }],
  // Resources
  ["allowed", "anonymous", allow({ Resource: `${BUCKET}/a` }), { key: "a" }],
  ["silent", "anonymous", allow({ Resource: `${BUCKET}/a` }), { key: "A" }],
  ["silent", "anonymous", allow({ Resource: `${BUCKET}/a` }), { key: "ab" }],
  ["silent", "anonymous", allow({ Resource: `${BUCKET}/a` }), { key: "a/" }],
  ["allowed", "anonymous", allow({ Resource: `${BUCKET}/a?c` }), { key: "a/c" }],
  ["allowed", "anonymous", allow({ Resource: `${BUCKET}/a*z` }), { key: "a/deep/er/z" }],
  ["silent", "anonymous", allow({ Resource: `${BUCKET}/a*z` }), { key: "a/deep/er/zz?" }],
  ["silent", "anonymous", allow({ Resource: `${BUCKET}/a.b` }), { key: "aXb" }],
  ["allowed", "anonymous", allow({ Resource: `${BUCKET}/${"*a".repeat(20)}` }), { key: "a".repeat(40) }],
  ["silent", "anonymous", allow({ Resource: [BUCKET, ALL], Action: "s3:*" }), { action: "x:GetObject" }],
  ["allowed", "anonymous", allow({ Resource: `${BUCKET}*` }), LIST],
  ["allowed", "anonymous", allow({ Resource: `${BUCKET}*` })],
  ["silent", "anonymous", allow({ Resource: ALL, Action: "s3:*" }), LIST],
  ["silent", "anonymous", allow({ Resource: BUCKET, Action: "s3:*" })],
  ["silent", "anonymous", allow({ Resource: undefined, NotResource: `${BUCKET}/private/*` }), { key: "private/x" }],
  ["allowed", "anonymous", allow({ Resource: undefined, NotResource: `${BUCKET}/private/*` }), { key: "x" }],
  // Principals
  ["allowed", "anonymous", to({ AWS: "*" })],
  ["allowed", "service", to("*")],
  ["allowed", "owner", to({ AWS: "111111111111" })],
  ["allowed", "owner", to({ AWS: "arn:aws:iam::111111111111:root" })],
  ["silent", "other", to({ AWS: "111111111111" })],
  ["allowed", "other", to({ AWS: ["111111111111", BOB] })],
  ["allowed", "other", to({ AWS: `arn:aws:iam::${BOB}:user/bob` })],
  ["silent", "other's reader", to({ AWS: `arn:aws:iam::${BOB}:user/bob` })],
  ["silent", "owner", to({ AWS: `arn:aws:iam::${BOB}:user/alice` })],
  ["silent", "anonymous", to({ AWS: BOB })],
  ["silent", "identity", to({ AWS: "111111111111" })],
  ["silent", "service", to({ AWS: "111111111111" })],
  ["allowed", "identity", to({ AWS: identityArn(IDENTITY) })],
  ["silent", "identity", to({ AWS: `${identityArn(IDENTITY)}X` })],
  ["silent", "owner", to({ AWS: identityArn(IDENTITY) })],
  ["allowed", "identity", to({ CanonicalUser: CANONICAL })],
  ["allowed", "identity", to({ CanonicalUser: CANONICAL.toUpperCase() })],
  ["silent", "identity", to({ CanonicalUser: "0".repeat(64) })],
  ["allowed", "other", to({ CanonicalUser: canonicalUserIdOf(BOB) })],
  ["silent", "anonymous", to({ CanonicalUser: canonicalUserIdOf(BOB) })],
  ["allowed", "service", to({ Service: "cloudfront.amazonaws.com" })],
  ["silent", "service", to({ Service: "logging.s3.amazonaws.com" })],
  ["silent", "identity", to({ Service: "cloudfront.amazonaws.com" })],
  ["allowed", "identity", to({ Service: "cloudfront.amazonaws.com", AWS: identityArn(IDENTITY) })],
  ["denied", "other", deny({ Principal: undefined, NotPrincipal: { AWS: identityArn(IDENTITY) } })],
  ["silent", "identity", deny({ Principal: undefined, NotPrincipal: { AWS: identityArn(IDENTITY) } })],
  ["denied", "anonymous", deny({ Principal: undefined, NotPrincipal: { AWS: BOB } })],
  ["denied", "other", deny({ Principal: undefined, NotPrincipal: { AWS: BOB } })],
  ["denied", "other", deny({ Principal: undefined, NotPrincipal: { AWS: `arn:aws:iam::${BOB}:user/bob` } })],
  ["silent", "other", deny({ Principal: undefined, NotPrincipal: { AWS: [BOB, `arn:aws:iam::${BOB}:user/bob`] } })],
  [
    "denied",
    "other's reader",
    deny({ Principal: undefined, NotPrincipal: { AWS: [BOB, `arn:aws:iam::${BOB}:user/bob`] } }),
  ],
  // Text
  [
    "allowed",
    "service",
    when("StringEquals", "AWS:SourceArn", "arn:aws:cloudfront::111111111111:distribution/E1DISTRIBUTION1"),
  ],
  ["silent", "service", when("StringEquals", "AWS:SourceArn", "arn:aws:cloudfront::111111111111:distribution/*")],
  [
    "silent",
    "service",
    when("StringEquals", "AWS:SourceArn", "arn:aws:cloudfront::222222222222:distribution/E1DISTRIBUTION1"),
  ],
  ["allowed", "service", when("StringEquals", "aws:SourceAccount", ["999999999999", "111111111111"])],
  [
    "silent",
    "anonymous",
    when("StringEquals", "aws:SourceArn", "arn:aws:cloudfront::111111111111:distribution/E1DISTRIBUTION1"),
  ],
  ["allowed", "service", when("StringLike", "aws:SourceArn", "arn:aws:cloudfront::111111111111:*")],
  ["allowed", "service", when("ArnLike", "aws:SourceArn", "arn:aws:cloudfront::111111111111:distribution/*")],
  ["allowed", "service", when("ArnEquals", "aws:SourceArn", "arn:aws:cloudfront::*:distribution/E1*")],
  ["silent", "service", when("ArnLike", "aws:SourceArn", "arn:aws:*:distribution/E1:x:y:z")],
  ["silent", "service", when("ArnNotLike", "aws:SourceArn", "arn:aws:cloudfront::111111111111:distribution/*")],
  ["allowed", "owner", when("ArnNotEquals", "aws:SourceArn", "arn:aws:cloudfront::111111111111:distribution/*")],
  ["allowed", "owner", when("StringEquals", "aws:username", "alice")],
  ["silent", "owner", when("StringEquals", "aws:username", "Alice")],
  ["allowed", "owner", when("StringEqualsIgnoreCase", "aws:username", "ALICE")],
  ["silent", "owner", when("StringNotEqualsIgnoreCase", "aws:username", "ALICE")],
  ["silent", "owner", when("StringNotEquals", "aws:username", ["bob", "alice"])],
  ["allowed", "owner", when("StringNotEquals", "aws:username", ["bob", "carol"])],
  ["allowed", "anonymous", when("StringNotEquals", "aws:username", "alice")],
  ["silent", "anonymous", when("StringEquals", "aws:username", "alice")],
  ["allowed", "anonymous", when("StringEqualsIfExists", "aws:username", "alice")],
  ["silent", "other", when("StringEqualsIfExists", "aws:username", "alice")],
  ["silent", "owner", when("StringNotLike", "aws:username", "a*")],
  ["allowed", "owner", when("StringLike", "aws:PrincipalArn", "arn:aws:iam::111111111111:user/*")],
  ["allowed", "identity", when("StringLike", "aws:PrincipalArn", "*Origin Access Identity E1*")],
  ["allowed", "other", when("StringEquals", "aws:PrincipalAccount", BOB)],
  ["allowed", "anonymous", when("StringEquals", "aws:PrincipalType", "Anonymous")],
  [
    "allowed",
    "anonymous",
    when("StringLike", "aws:Referer", "https://www.example.com/*"),
    { fields: { referer: "https://www.example.com/a" } },
  ],
  [
    "silent",
    "anonymous",
    when("StringLike", "aws:Referer", "https://www.example.com/*"),
    { fields: { referer: "https://www.example.org/a" } },
  ],
  ["silent", "anonymous", when("StringLike", "aws:Referer", "https://www.example.com/*")],
  ["allowed", "anonymous", when("StringLike", "aws:UserAgent", "*curl*"), { fields: { "user-agent": "curl/8" } }],
  [
    "allowed",
    "anonymous",
    when("StringEquals", "s3:x-amz-acl", "bucket-owner-full-control"),
    { action: "s3:PutObject", fields: { "x-amz-acl": "bucket-owner-full-control" } },
  ],
  [
    "denied",
    "anonymous",
    { ...when("StringNotEquals", "s3:x-amz-server-side-encryption", "AES256"), Effect: "Deny" },
    { action: "s3:PutObject" },
  ],
  // Addresses
  ["allowed", "anonymous", when("IpAddress", "aws:SourceIp", "198.51.100.0/24")],
  ["allowed", "anonymous", when("IpAddress", "aws:SourceIp", ["203.0.113.0/24", "198.51.100.7"])],
  ["silent", "anonymous", when("IpAddress", "aws:SourceIp", "198.51.101.0/24")],
  ["allowed", "anonymous", when("IpAddress", "aws:SourceIp", "198.51.100.0/30"), { remoteAddress: "198.51.100.3" }],
  ["silent", "anonymous", when("IpAddress", "aws:SourceIp", "198.51.100.0/30"), { remoteAddress: "198.51.100.4" }],
  ["silent", "anonymous", when("NotIpAddress", "aws:SourceIp", "198.51.100.0/24")],
  ["allowed", "anonymous", when("IpAddress", "aws:SourceIp", "2001:db8::/32"), { remoteAddress: "2001:db8:1::1" }],
  ["silent", "anonymous", when("IpAddress", "aws:SourceIp", "2001:db8::/32"), { remoteAddress: "2001:db9::1" }],
  ["silent", "anonymous", when("IpAddress", "aws:SourceIp", "::/0")],
  // An edge on this machine asks for viewers from everywhere.
  ["allowed", "anonymous", when("IpAddress", "aws:SourceIp", "127.0.0.0/8"), { remoteAddress: "127.0.0.1" }],
  ["silent", "anonymous", when("IpAddress", "aws:SourceIp", "127.0.0.0/8"), THROUGH_EDGE],
  ["silent", "identity", when("IpAddress", "aws:SourceIp", "127.0.0.0/8"), THROUGH_EDGE],
  ["denied", "anonymous", deny({ Condition: { NotIpAddress: { "aws:SourceIp": "127.0.0.1" } } }), THROUGH_EDGE],
  [
    "allowed",
    "anonymous",
    when("IpAddress", "aws:SourceIp", "198.51.100.7"),
    { fields: { "x-amz-cf-id": "anybody may send this" } },
  ],
  ["silent", "service", when("IpAddress", "aws:SourceIp", "0.0.0.0/0")],
  ["allowed", "service", when("IpAddressIfExists", "aws:SourceIp", "203.0.113.0/24")],
  // Truth, absence
  ["silent", "anonymous", when("Bool", "aws:SecureTransport", "true")],
  ["allowed", "anonymous", when("Bool", "aws:SecureTransport", true), { endpoint: "https://store.example.net" }],
  ["allowed", "anonymous", when("Bool", "aws:SecureTransport", "true"), { remoteAddress: "127.0.0.1" }],
  ["allowed", "anonymous", when("Bool", "aws:SecureTransport", "TRUE"), { remoteAddress: "::1" }],
  ["allowed", "identity", when("Bool", "aws:SecureTransport", "true")],
  ["denied", "owner", deny({ Condition: { Bool: { "aws:SecureTransport": false } } })],
  ["allowed", "service", when("Bool", "aws:PrincipalIsAWSService", "true")],
  ["allowed", "anonymous", when("Null", "aws:username", "true")],
  ["silent", "owner", when("Null", "aws:username", "true")],
  ["allowed", "owner", when("Null", "aws:username", false)],
  // Numbers and dates
  [
    "allowed",
    "anonymous",
    list({ NumericLessThanEquals: { "s3:max-keys": 100 } }),
    { ...LIST, query: { "max-keys": "100" } },
  ],
  [
    "silent",
    "anonymous",
    list({ NumericLessThanEquals: { "s3:max-keys": "100" } }),
    { ...LIST, query: { "max-keys": "101" } },
  ],
  ["silent", "anonymous", list({ NumericLessThanEquals: { "s3:max-keys": "100" } }), LIST],
  [
    "silent",
    "anonymous",
    list({ NumericLessThan: { "s3:max-keys": "100" } }),
    { ...LIST, query: { "max-keys": "many" } },
  ],
  [
    "allowed",
    "anonymous",
    list({ NumericGreaterThan: { "s3:max-keys": "-1" } }),
    { ...LIST, query: { "max-keys": "0" } },
  ],
  ["silent", "anonymous", list({ NumericNotEquals: { "s3:max-keys": "5" } }), { ...LIST, query: { "max-keys": "5" } }],
  ["allowed", "anonymous", when("DateLessThan", "aws:CurrentTime", "2026-11-20T12:00:01Z")],
  ["silent", "anonymous", when("DateLessThan", "aws:CurrentTime", "2026-11-20T12:00:00Z")],
  ["allowed", "anonymous", when("DateLessThanEquals", "aws:CurrentTime", "2026-11-20T12:00:00Z")],
  ["allowed", "anonymous", when("DateGreaterThan", "aws:CurrentTime", "2026-11-20")],
  ["allowed", "anonymous", when("DateGreaterThan", "aws:EpochTime", "1795175999")],
  ["silent", "anonymous", when("NumericGreaterThan", "aws:EpochTime", 1795176000)],
  ["allowed", "anonymous", when("DateEquals", "aws:CurrentTime", "2026-11-20T13:00:00+01:00")],
  // Lists
  ["allowed", "anonymous", list({ StringLike: { "s3:prefix": "home/*" } }), { ...LIST, query: { prefix: "home/a" } }],
  ["silent", "anonymous", list({ StringLike: { "s3:prefix": "home/*" } }), { ...LIST, query: { prefix: "" } }],
  ["silent", "anonymous", list({ StringLike: { "s3:prefix": "home/*" } }), LIST],
  [
    "allowed",
    "anonymous",
    list({ StringEquals: { "s3:prefix": ["", "home/"], "s3:delimiter": "/" } }),
    { ...LIST, query: { prefix: "", delimiter: "/" } },
  ],
  [
    "silent",
    "anonymous",
    list({ StringEquals: { "s3:prefix": ["", "home/"], "s3:delimiter": "/" } }),
    { ...LIST, query: { prefix: "" } },
  ],
  // Versions and tags
  [
    "allowed",
    "anonymous",
    when("StringEquals", "s3:VersionId", "v1"),
    { action: "s3:GetObjectVersion", query: { versionId: "v1" } },
  ],
  [
    "silent",
    "anonymous",
    when("StringEquals", "s3:VersionId", "v1"),
    { action: "s3:GetObjectVersion", query: { versionId: "v2" } },
  ],
  ["allowed", "anonymous", when("StringEquals", "s3:ExistingObjectTag/open", "yes"), { tags: { open: "yes" } }],
  ["silent", "anonymous", when("StringEquals", "s3:ExistingObjectTag/open", "yes"), { tags: { Open: "yes" } }],
  ["silent", "anonymous", when("StringEquals", "s3:ExistingObjectTag/open", "yes"), { tags: { open: "no" } }],
  ["silent", "anonymous", when("StringEquals", "s3:ExistingObjectTag/open", "yes")],
  [
    "allowed",
    "anonymous",
    when("StringEquals", "s3:RequestObjectTag/team", "a b"),
    { action: "s3:PutObject", fields: { "x-amz-tagging": "x=1&team=a%20b" } },
  ],
  [
    "allowed",
    "anonymous",
    when("ForAllValues:StringEquals", "s3:RequestObjectTagKeys", ["a", "b"]),
    { action: "s3:PutObject", fields: { "x-amz-tagging": "a=1&b=2" } },
  ],
  [
    "silent",
    "anonymous",
    when("ForAllValues:StringEquals", "s3:RequestObjectTagKeys", ["a", "b"]),
    { action: "s3:PutObject", fields: { "x-amz-tagging": "a=1&c=2" } },
  ],
  [
    "allowed",
    "anonymous",
    when("ForAllValues:StringEquals", "s3:RequestObjectTagKeys", ["a", "b"]),
    { action: "s3:PutObject" },
  ],
  [
    "silent",
    "anonymous",
    when("ForAnyValue:StringEquals", "s3:RequestObjectTagKeys", ["a", "b"]),
    { action: "s3:PutObject" },
  ],
  [
    "allowed",
    "anonymous",
    when("ForAnyValue:StringEquals", "s3:RequestObjectTagKeys", ["a", "b"]),
    { action: "s3:PutObject", fields: { "x-amz-tagging": "a=1&c=2" } },
  ],
  [
    "allowed",
    "anonymous",
    when("ForAnyValue:StringNotEquals", "s3:RequestObjectTagKeys", "a"),
    { action: "s3:PutObject", fields: { "x-amz-tagging": "a=1&c=2" } },
  ],
  [
    "silent",
    "anonymous",
    when("StringNotEquals", "s3:RequestObjectTagKeys", "a"),
    { action: "s3:PutObject", fields: { "x-amz-tagging": "a=1&c=2" } },
  ],
  [
    "silent",
    "anonymous",
    when("ForAnyValue:StringNotEquals", "s3:RequestObjectTagKeys", "a"),
    { action: "s3:PutObject" },
  ],
  // Variables
  ["allowed", "owner", allow({ Resource: `${BUCKET}/home/\${aws:username}/*` }), { key: "home/alice/x" }],
  ["silent", "owner", allow({ Resource: `${BUCKET}/home/\${aws:username}/*` }), { key: "home/bob/x" }],
  ["silent", "anonymous", allow({ Resource: `${BUCKET}/home/\${aws:username}/*` }), { key: "home//x" }],
  ["allowed", "anonymous", allow({ Resource: `${BUCKET}/home/\${aws:username, 'guest'}/*` }), { key: "home/guest/x" }],
  ["allowed", "owner", allow({ Resource: `${BUCKET}/\${*}` }), { key: "*" }],
  ["silent", "owner", allow({ Resource: `${BUCKET}/\${*}` }), { key: "x" }],
  ["allowed", "owner", allow({ Resource: `${BUCKET}/\${?}\${$}` }), { key: "?$" }],
  [
    "silent",
    "anonymous",
    allow({ Resource: `${BUCKET}/\${aws:Referer}` }),
    { key: "anything", fields: { referer: "*" } },
  ],
  [
    "allowed",
    "owner",
    list({ StringLike: { "s3:prefix": "home/${aws:username}/*" } }),
    { ...LIST, query: { prefix: "home/alice/" } },
  ],
  // Several conditions: all of them, any value of each
  [
    "allowed",
    "owner",
    allow({
      Condition: { StringEquals: { "aws:username": "alice" }, IpAddress: { "aws:SourceIp": "198.51.100.0/24" } },
    }),
  ],
  [
    "silent",
    "owner",
    allow({
      Condition: { StringEquals: { "aws:username": "alice" }, IpAddress: { "aws:SourceIp": "203.0.113.0/24" } },
    }),
  ],
  [
    "silent",
    "other",
    allow({
      Condition: { StringEquals: { "aws:username": "alice" }, IpAddress: { "aws:SourceIp": "198.51.100.0/24" } },
    }),
  ],
];

test("each policy says to each request what its grammar means", () => {
  assert(ROWS.length >= 80);
  for (const [expected, who, statement, more = {}] of ROWS) {
    const text = JSON.stringify({ Version: "2012-10-17", Statement: statement });
    const parsed = parsePolicy(text, "photos");
    assert(parsed.kind === "policy", `${text}: ${"message" in parsed ? parsed.message : ""}`);
    const tags = Object.entries(more.tags ?? {}).map(([Key, Value]) => ({ Key, Value }));
    const asked = asking(who, more.action ?? READ, more.key ?? "a.jpg", {
      facts: facts(more),
      ...(more.tags === undefined ? {} : { object: { tags } as unknown as StoredObject }),
    });
    const verdict = evaluatePolicy(parsed.policy, asked);
    assert.equal(verdict.kind, expected, `${who} ${JSON.stringify(more)} ${text}: ${verdict.why}`);
  }
});

test("in a policy of 2008 a variable is text like any other", () => {
  const parsed = parsePolicy(
    JSON.stringify({ Statement: allow({ Resource: `${BUCKET}/\${aws:username}` }) }),
    "photos",
  );
  assert(parsed.kind === "policy");
  assert.equal(evaluatePolicy(parsed.policy, asking("owner", READ, "alice")).kind, "silent");
  assert.equal(evaluatePolicy(parsed.policy, asking("owner", READ, "${aws:username}")).kind, "allowed");
});

test("a refusal tells of the Allow that came nearest, and a verdict of the statement that it stands on", () => {
  const rows: readonly (readonly [object, RegExp])[] = [
    [
      { ...allow({ Action: "s3:PutObject" }), Sid: "Up" },
      /^statement 1 \("Up"\) of the bucket policy allows other actions$/,
    ],
    [
      allow({ Resource: `${BUCKET}/b` }),
      /^statement 1 of the bucket policy allows it on other resources than arn:aws:s3:::photos\/a$/,
    ],
    [
      to({ AWS: `${identityArn(IDENTITY)}2` }),
      /to origin access identity E1IDENTITYALICE2, not to origin access identity E1IDENTITYALICE \(/,
    ],
    [
      when("StringEquals", "aws:username", "alice"),
      /only where StringEquals aws:username "alice", and the request has no such key$/,
    ],
    [
      when("IpAddress", "aws:SourceIp", "10.0.0.0/8"),
      /only where IpAddress aws:SourceIp "10\.0\.0\.0\/8", and here it is "198\.51\.100\.7"$/,
    ],
    [deny(), /^statement 1 of the bucket policy denies it$/],
    [allow(), /^statement 1 of the bucket policy allows it$/],
  ];
  for (const [statement, why] of rows) {
    const parsed = parsePolicy(JSON.stringify({ Version: "2012-10-17", Statement: statement }), "photos");
    assert(parsed.kind === "policy");
    assert.match(evaluatePolicy(parsed.policy, asking("identity", READ, "a")).why, why);
  }
});
