import assert from "node:assert/strict";
import test from "node:test";
import { asking, facts, PRINCIPALS, type PrincipalKind } from "./access-samples.ts";
import { evaluatePolicy } from "./evaluate-policy.ts";
import { parsePolicy } from "./parse-policy.ts";
import { isPublicPolicy } from "./public-policy.ts";
import { identityArn } from "./principal.ts";
import type { ResourceId } from "../../vocabulary/ids.ts";

const BUCKET = "arn:aws:s3:::photos";
const BASE = { Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: `${BUCKET}/*` };

function policy(change: object = {}, around: object = {}): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: [{ ...BASE, ...change }], ...around });
}
function when(condition: unknown): string {
  return policy({ Condition: condition });
}

test("a policy that says something else than its grammar is refused, with S3's words and then where", () => {
  const rows: readonly (readonly [string, RegExp])[] = [
    ["", /^Policies must be valid JSON and the first byte must be '\{'/],
    [" {}", /first byte/],
    ["[]", /first byte/],
    ["{", /^This policy contains invalid Json: line 1, column 2: /],
    ['{\n  "Statement": [}', /line 2, column 17: a value was expected/],
    ['{"Statement":[]} x', /text after the end/],
    ['{"Statement":[1,]}', /a value was expected/],
    ['{"Statement":01}', /a value was expected/],
    ['{"Id":"\u0001"}', /a string that is not closed, or a character that must be escaped/],
    ['{"Id":"a","Id":"b"}', /line 1, column 11: "Id" stands twice/],
    ['{"Statement":{"Effect":"Allow","Effect":"Deny"}}', /"Effect" stands twice/],
    ['{"Statement":{"\\u0045ffect":"Allow","Effect":"Deny"}}', /"Effect" stands twice/],
    [`{"Statement":${"[".repeat(5000)}`, /nested too deeply/],
    ["{}", /^Missing required field Statement/],
    [policy({}, { Version: "2020-01-01" }), /Version is "2020-01-01", and may be 2012-10-17 or 2008-10-17/],
    [policy({}, { Version: 1 }), /Version is 1/],
    [policy({}, { Id: 7 }), /Id must be text, not 7/],
    [policy({}, { Statements: [] }), /^Unknown field Statements in the policy; there are Version, Id, Statement/],
    [policy({}, { Statement: [] }), /Statement is empty/],
    [policy({}, { Statement: "all" }), /statement 1 must be an object, not "all"/],
    [policy({ Sid: 3 }), /Sid of statement 1 must be text/],
    [
      JSON.stringify({
        Statement: [
          { ...BASE, Sid: "a" },
          { ...BASE, Sid: "a" },
        ],
      }),
      /SID.*must be unique: statement 2 \("a"\)/,
    ],
    [policy({ Effect: "allow" }), /^Invalid effect: "allow" in statement 1/],
    [policy({ Effect: undefined }), /^Missing required field Effect/],
    [policy({ Actions: "s3:GetObject" }), /^Unknown field Actions in statement 1/],
    [policy({ __proto__: undefined, ["__proto__x"]: 1 }), /^Unknown field __proto__x/],
    // Principals
    [policy({ Principal: undefined }), /^Missing required field Principal/],
    [policy({ NotPrincipal: "*" }), /has both Principal and NotPrincipal/],
    [
      policy({ Principal: undefined, NotPrincipal: { AWS: "111111111111" } }),
      /^Allow with NotPrincipal is not supported/,
    ],
    [
      policy({ Principal: "everyone" }),
      /^Invalid principal in policy: Principal of statement 1 is "everyone"; it may be "\*" or an object/,
    ],
    [policy({ Principal: {} }), /^Invalid principal in policy/],
    [policy({ Principal: ["*"] }), /^Invalid principal in policy: Principal of statement 1 is a list/],
    [
      policy({ Principal: { Federated: "*" } }),
      /^Invalid principal in policy: Principal.Federated of statement 1; there are AWS, CanonicalUser or Service/,
    ],
    [policy({ Principal: { AWS: 7 } }), /must be text, not 7/],
    [policy({ Principal: { AWS: [] } }), /empty list/],
    [
      policy({ Principal: { AWS: "12345" } }),
      /^Invalid principal in policy: Principal.AWS of statement 1 is "12345"; it may be \*/,
    ],
    [policy({ Principal: { AWS: "arn:aws:iam::111111111111:role/reader" } }), /^Invalid principal in policy/],
    [policy({ Principal: { AWS: "arn:aws:iam::111111111111:user/*" } }), /^Invalid principal in policy/],
    [
      policy({ Principal: { AWS: "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity " } }),
      /^Invalid principal/,
    ],
    [
      policy({ Principal: { AWS: "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity *" } }),
      /^Invalid principal/,
    ],
    [policy({ Principal: { CanonicalUser: "*" } }), /64 or 96 hexadecimal digits/],
    [policy({ Principal: { Service: "*" } }), /one of cloudfront\.amazonaws\.com/],
    [policy({ Principal: { Service: "cloudfront" } }), /^Invalid principal/],
    // Actions and resources
    [policy({ Action: undefined }), /^Missing required field Action/],
    [policy({ NotAction: "s3:*" }), /has both Action and NotAction/],
    [policy({ Action: "GetObject" }), /^Policy has invalid action: "GetObject"/],
    [policy({ Action: "s3:GetObjects" }), /^Policy has invalid action/],
    [policy({ Action: "ec2:*" }), /^Policy has invalid action/],
    [policy({ Action: ["s3:GetObject", "s3:Fetch*"] }), /"s3:Fetch\*"/],
    [policy({ Action: { a: 1 } }), /Action of statement 1 must be text, not an object/],
    [policy({ Resource: undefined }), /^Missing required field Resource/],
    [policy({ Resource: "*" }), /^Policy has invalid resource: "\*" in statement 1 is not of this bucket/],
    [policy({ Resource: "arn:aws:s3:::*" }), /^Policy has invalid resource/],
    [policy({ Resource: "arn:aws:s3:::phot*" }), /^Policy has invalid resource/],
    [policy({ Resource: "arn:aws:s3:::photos2/*" }), /^Policy has invalid resource/],
    [policy({ Resource: "arn:aws:s3:::other/*" }), /^Policy has invalid resource/],
    [policy({ Resource: "photos/*" }), /^Policy has invalid resource/],
    [policy({ Resource: "arn:aws:s3:eu-west-1:111111111111:photos/*" }), /^Policy has invalid resource/],
    [
      policy({ Resource: `${BUCKET}/\${aws:PrincipalTag/team}/*` }),
      /^Policy has invalid resource: .* has a variable that is not carried out/,
    ],
    [policy({ Resource: `${BUCKET}/\${aws:username/*` }), /^Policy has invalid resource/],
    [
      policy({ Resource: BUCKET }),
      /^Action does not apply to any resource\(s\) in statement: s3:GetObject in statement 1 is about objects/,
    ],
    [
      policy({ Action: "s3:ListBucket" }),
      /^Action does not apply to any resource\(s\) in statement: s3:ListBucket in statement 1 is about the bucket/,
    ],
    [policy({ Action: ["s3:GetObject", "s3:ListBucket"] }), /^Action does not apply/],
    // Conditions
    [when([]), /Condition of statement 1 must be an object, not a list/],
    [
      when({ StringSame: { "aws:username": "a" } }),
      /^Invalid Condition type : StringSame in statement 1; there are StringEquals/,
    ],
    [when({ stringequals: { "aws:username": "a" } }), /^Invalid Condition type/],
    [when({ BinaryEquals: { "aws:username": "a" } }), /^Invalid Condition type/],
    [when({ NullIfExists: { "aws:username": "true" } }), /^Invalid Condition type/],
    [when({ "ForEachValue:StringEquals": { "aws:username": "a" } }), /^Invalid Condition type/],
    [when({ constructor: { "aws:username": "a" } }), /^Invalid Condition type/],
    [when({ StringEquals: "a" }), /must be an object/],
    [
      when({ StringEquals: { "aws:SourceVpce": "vpce-1" } }),
      /^Policy has an invalid condition key: aws:SourceVpce in statement 1 is not carried out; there are aws:CurrentTime/,
    ],
    [when({ StringEquals: { "aws:PrincipalOrgID": "o-1" } }), /aws:PrincipalOrgID/],
    [when({ StringEquals: { "aws:MultiFactorAuthAge": "1" } }), /not carried out/],
    [when({ StringEquals: { "s3:ExistingObjectTag/": "1" } }), /not carried out/],
    [when({ StringEquals: { "aws:username": [] } }), /empty list/],
    [when({ StringEquals: { "aws:username": null } }), /must be text, not null/],
    [when({ StringEquals: { "aws:username": [["a"]] } }), /must be text, not a list/],
    [when({ StringEquals: { "aws:username": "${aws:nobody}" } }), /it takes text/],
    [when({ IpAddress: { "aws:SourceIp": "10.0.0.0/33" } }), /is "10\.0\.0\.0\/33"; it takes an address or a range/],
    [when({ IpAddress: { "aws:SourceIp": "10.0.0.0/8/8" } }), /it takes an address/],
    [when({ IpAddress: { "aws:SourceIp": "10.0.0" } }), /it takes an address/],
    [when({ IpAddress: { "aws:SourceIp": "::ffff:10.0.0.1" } }), /it takes an address/],
    [when({ Bool: { "aws:SecureTransport": "yes" } }), /it takes true or false/],
    [when({ NumericEquals: { "aws:EpochTime": "soon" } }), /it takes a number/],
    [when({ DateLessThan: { "aws:CurrentTime": "tomorrow" } }), /it takes a date/],
    [when({ DateLessThan: { "aws:CurrentTime": "2026-13-40" } }), /it takes a date/],
    [when({ ArnLike: { "aws:SourceArn": "*" } }), /it takes an ARN/],
    [when({ Null: { "aws:username": "maybe" } }), /it takes true/],
    [
      when({ StringLike: { "s3:prefix": "a*" } }),
      /^Conditions do not apply to combination of actions and resources in statement: s3:prefix/,
    ],
  ];
  for (const [text, expected] of rows) {
    const parsed = parsePolicy(text, "photos");
    assert(parsed.kind === "malformed", `taken: ${text.slice(0, 300)}`);
    assert.match(parsed.message, expected, text.slice(0, 300));
  }
});

test("policies as they are written in the wild are taken", () => {
  const texts = [
    policy(),
    JSON.stringify({ Statement: BASE }),
    policy({}, { Id: "PolicyForCloudFrontPrivateContent", Version: "2008-10-17" }),
    policy({ Sid: "", Action: ["s3:GetObject", "s3:GetObjectVersion"] }),
    policy({ Principal: { AWS: identityArn("E2ABCDEF" as ResourceId) } }),
    policy({ Action: "s3:*", Resource: [BUCKET, `${BUCKET}/*`] }),
    policy({
      Effect: "Deny",
      Action: "s3:*",
      Resource: [BUCKET, `${BUCKET}/*`],
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    }),
    policy({
      Principal: { Service: "logging.s3.amazonaws.com" },
      Action: "s3:PutObject",
      Resource: `${BUCKET}/logs*`,
      Condition: {
        ArnLike: { "aws:SourceArn": "arn:aws:s3:::source" },
        StringEquals: { "aws:SourceAccount": "111111111111" },
      },
    }),
    policy({ Principal: { AWS: "arn:aws:iam::111111111111:user/path/to/name" } }),
    when({ StringLike: { "aws:Referer": ["http://www.example.com/*", "http://example.com/*"] } }),
    when({
      IpAddress: { "aws:SourceIp": "54.240.143.0/24" },
      NotIpAddress: { "aws:SourceIp": ["54.240.143.188/32", "2001:DB8:1234:5678:ABCD::/80"] },
    }),
  ];
  for (const text of texts) {
    const parsed = parsePolicy(text, "photos");
    assert(parsed.kind === "policy", `${text}: ${"message" in parsed ? parsed.message : ""}`);
  }
});

test("a policy is public unless every Allow is bound to somebody or somewhere by a fixed value", () => {
  const arn = "arn:aws:cloudfront::111111111111:distribution/E1";
  const rows: readonly (readonly [boolean, string])[] = [
    [true, policy()],
    [true, policy({ Principal: { AWS: "*" } })],
    [true, policy({ Principal: { AWS: ["111111111111", "*"] } })],
    [false, policy({ Principal: { AWS: "111111111111" } })],
    [false, policy({ Principal: { AWS: identityArn("E2ABCDEF" as ResourceId) } })],
    [false, policy({ Principal: { Service: "cloudfront.amazonaws.com" } })],
    [false, policy({ Effect: "Deny" })],
    [true, JSON.stringify({ Statement: [BASE, { ...BASE, Effect: "Deny" }] })],
    [true, JSON.stringify({ Statement: [{ ...BASE, Principal: { AWS: "111111111111" } }, BASE] })],
    [false, when({ StringEquals: { "aws:SourceArn": arn } })],
    [false, when({ ArnLike: { "aws:SourceArn": arn } })],
    [true, when({ ArnLike: { "aws:SourceArn": "arn:aws:cloudfront::*:distribution/E1" } })],
    [true, when({ StringLike: { "aws:SourceArn": `${arn}*` } })],
    [true, when({ StringNotEquals: { "aws:SourceArn": arn } })],
    [true, when({ StringEqualsIfExists: { "aws:SourceArn": arn } })],
    [true, when({ "ForAllValues:StringEquals": { "aws:SourceArn": arn } })],
    [true, when({ StringEquals: { "aws:SourceArn": "${aws:PrincipalArn}" } })],
    [true, when({ StringEquals: { "aws:SourceArn": [arn, "arn:*"] } })],
    [false, when({ StringEquals: { "aws:PrincipalAccount": "111111111111" } })],
    [true, when({ StringEquals: { "aws:Referer": "https://example.com/" } })],
    [true, when({ StringEquals: { "aws:username": "test" } })],
    [false, when({ IpAddress: { "aws:SourceIp": ["203.0.113.0/24", "10.0.0.0/8", "2001:db8::/32"] } })],
    [true, when({ IpAddress: { "aws:SourceIp": "0.0.0.0/0" } })],
    [true, when({ IpAddress: { "aws:SourceIp": "0.0.0.0/1" } })],
    [true, when({ IpAddress: { "aws:SourceIp": "10.0.0.0/7" } })],
    [true, when({ IpAddress: { "aws:SourceIp": ["203.0.113.0/24", "::/0"] } })],
    [true, when({ NotIpAddress: { "aws:SourceIp": "203.0.113.0/24" } })],
    [true, when({ Null: { "aws:SourceArn": "false" } })],
    [false, when({ StringEquals: { "aws:SourceArn": arn }, StringLike: { "aws:Referer": "*" } })],
  ];
  for (const [expected, text] of rows) {
    const parsed = parsePolicy(text, "photos");
    assert(parsed.kind === "policy", text);
    assert.equal(isPublicPolicy(parsed.policy), expected, text);
  }
});

// Made-up policies

const POLICIES = process.env["WARMFRONT_NIGHTLY"] === "1" ? 200_000 : 4000;

/** The same numbers for the same seed, in [0, 1). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface Dice {
  readonly roll: () => number;
  readonly pick: <T>(from: readonly T[]) => T;
}

function diceFrom(seed: number): Dice {
  const roll = randomFrom(seed);
  return { roll, pick: (from) => from[Math.floor(roll() * from.length)] as (typeof from)[number] };
}

const PARTS = {
  Effect: ["Allow", "Deny"],
  Principal: [
    "*",
    { AWS: "111111111111" },
    { AWS: "222222222222" },
    { AWS: identityArn("E1IDENTITYALICE" as ResourceId) },
    { Service: "cloudfront.amazonaws.com" },
    { AWS: "*" },
  ],
  Action: ["s3:*", "s3:Get*", "s3:GetObject", ["s3:GetObject", "s3:PutObject"], "s3:*Object", "s3:PutObject"],
  Resource: [`${BUCKET}/*`, `${BUCKET}/a/*`, [`${BUCKET}/b`, `${BUCKET}/a/b`], `${BUCKET}/?`, `${BUCKET}*`],
  Condition: [
    undefined,
    undefined,
    { StringEquals: { "aws:username": ["alice", "bob"] } },
    { StringNotLike: { "aws:username": "a*" } },
    { IpAddress: { "aws:SourceIp": "198.51.100.0/24" } },
    { Bool: { "aws:SecureTransport": true } },
    { Null: { "aws:username": "true" } },
    { StringLikeIfExists: { "aws:Referer": "https://*" } },
  ],
} as const;

function madeStatement({ pick, roll }: Dice): Record<string, unknown> {
  const statement: Record<string, unknown> = {};
  for (const [element, values] of Object.entries(PARTS)) statement[element] = pick(values as readonly unknown[]);
  if (roll() < 0.2) {
    statement["NotAction"] = statement["Action"];
    delete statement["Action"];
  }
  if (roll() < 0.2) {
    statement["NotResource"] = statement["Resource"];
    delete statement["Resource"];
  }
  return statement;
}

function verdicts(statements: readonly object[]): readonly string[] {
  const parsed = parsePolicy(JSON.stringify({ Version: "2012-10-17", Statement: statements }), "photos");
  assert(parsed.kind === "policy", JSON.stringify(parsed));
  const kinds: string[] = [];
  for (const who of Object.keys(PRINCIPALS) as PrincipalKind[]) {
    for (const action of ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]) {
      for (const key of ["a", "b", "a/b", "c/d"]) {
        const asked = asking(who, action, key, { facts: facts({ fields: { referer: "http://x" } }) });
        kinds.push(evaluatePolicy(parsed.policy, asked).kind);
      }
    }
  }
  return kinds;
}

test("one Deny more never allows more, one Allow more never denies more, and the order of statements says nothing", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const dice = diceFrom(seed);
    const statements = Array.from({ length: 1 + Math.floor(dice.roll() * 4) }, () => madeStatement(dice));
    const before = verdicts(statements);
    assert.deepEqual(verdicts(statements.toReversed()), before, `seed ${seed}: order`);
    const denying = verdicts([...statements, { ...madeStatement(dice), Effect: "Deny" }]);
    const allowing = verdicts([{ ...madeStatement(dice), Effect: "Allow" }, ...statements]);
    for (const [at, kind] of before.entries()) {
      if (kind !== "allowed") assert.notEqual(denying[at], "allowed", `seed ${seed}: a Deny allowed something`);
      if (kind === "denied") assert.equal(denying[at], "denied", `seed ${seed}: a Deny undid another`);
      assert.equal(allowing[at] === "denied", kind === "denied", `seed ${seed}: an Allow denied, or undid a Deny`);
      if (kind === "allowed") assert.equal(allowing[at], "allowed", `seed ${seed}: an Allow undid another`);
    }
  }
});

const JUNK = [
  "",
  "*",
  "?",
  "${",
  "${aws:username}",
  "}",
  '"',
  "\\",
  "\u0000",
  "\ud800",
  "é",
  "s3:",
  "arn:aws:s3:::photos",
  "2012-10-17",
  "__proto__",
  "constructor",
  "IfExists",
  "ForAllValues:",
  "null",
  "-1",
  "1e999",
  "::/0",
];

/** A policy with something wrong in it: a cut, a letter, a value of another kind, an element moved. */
function mangled(text: string, { roll, pick }: Dice): string {
  const at = Math.floor(roll() * text.length);
  switch (Math.floor(roll() * 6)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + pick(JUNK) + text.slice(at);
    case 2:
      return text.slice(0, at) + text.slice(at + 1 + Math.floor(roll() * 4));
    case 3:
      return text.slice(0, at) + String.fromCharCode(Math.floor(roll() * 256)) + text.slice(at + 1);
    case 4:
      return text.replace(/"[^"]*"/g, (found) => (roll() < 0.1 ? JSON.stringify(pick(JUNK)) : found));
    default:
      return text.replace(/"[^"]*"(?!:)/g, (found) =>
        roll() < 0.1 ? pick(["7", "null", "[]", "{}", "true", `[${found},${found}]`]) : found,
      );
  }
}

test("nothing that is put makes the parser throw, and what it takes it takes again and means the same", () => {
  let taken = 0;
  let refused = 0;
  for (let seed = 1; seed <= POLICIES; seed++) {
    const dice = diceFrom(seed);
    let text = JSON.stringify({ Version: "2012-10-17", Statement: [madeStatement(dice), madeStatement(dice)] });
    for (let rounds = Math.floor(dice.roll() * 3); rounds > 0; rounds--) text = mangled(text, dice);
    const first = parsePolicy(text, "photos");
    if (first.kind === "malformed") {
      refused++;
      assert(first.message.length > 0 && first.message.length < 3000, `seed ${seed}: ${first.message.length}`);
      continue;
    }
    taken++;
    // What a plain JSON reader makes of it is the same policy: there is no second reading.
    const again = parsePolicy(JSON.stringify(JSON.parse(text)), "photos");
    assert(again.kind === "policy", `seed ${seed}: ${text}`);
    for (const who of Object.keys(PRINCIPALS) as PrincipalKind[]) {
      const asked = asking(who, "s3:GetObject", "a/b");
      assert.equal(evaluatePolicy(again.policy, asked).kind, evaluatePolicy(first.policy, asked).kind, `seed ${seed}`);
    }
  }
  assert(taken > 200 && refused > 2000, `${taken} taken, ${refused} refused`);
});

test("a policy that is all wildcards is decided in bounded time", () => {
  const resource = `${BUCKET}/${"*a".repeat(9000)}b`;
  const parsed = parsePolicy(policy({ Resource: resource }), "photos");
  assert(parsed.kind === "policy", "message" in parsed ? parsed.message : "");
  const started = performance.now();
  assert.equal(evaluatePolicy(parsed.policy, asking("anonymous", "s3:GetObject", "a".repeat(1024))).kind, "silent");
  assert(performance.now() - started < 2000);
});
