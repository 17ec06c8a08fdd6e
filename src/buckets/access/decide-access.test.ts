import assert from "node:assert/strict";
import test from "node:test";
import type { Bucket, StoredObject } from "../../store/buckets.ts";
import {
  asking,
  BOB,
  bucketWith,
  CANONICAL,
  DISTRIBUTION,
  IDENTITY,
  PRINCIPALS,
  type PrincipalKind,
} from "./access-samples.ts";
import { formatPublicAccessBlock, NO_BLOCK, WHOLE_BLOCK, type PublicAccessBlock } from "./access-settings.ts";
import { cannedAcl, formatAcl, type Acl } from "./acl.ts";
import { decideAccess } from "./decide-access.ts";
import { canonicalUserIdOf, distributionArn, identityArn } from "./principal.ts";
import { ALICE } from "./access-samples.ts";

const BUCKET = "arn:aws:s3:::photos";

/** What somebody may want: the action, and whether it is about an object. */
const DEEDS = {
  get: ["s3:GetObject", true],
  "get a version": ["s3:GetObjectVersion", true],
  list: ["s3:ListBucket", false],
  "list uploads": ["s3:ListBucketMultipartUploads", false],
  put: ["s3:PutObject", true],
  delete: ["s3:DeleteObject", true],
  tag: ["s3:PutObjectTagging", true],
  "read tags": ["s3:GetObjectTagging", true],
  "set acl": ["s3:PutObjectAcl", true],
  "read acl": ["s3:GetObjectAcl", true],
  "delete bucket": ["s3:DeleteBucket", false],
  "read policy": ["s3:GetBucketPolicy", false],
  "put policy": ["s3:PutBucketPolicy", false],
  "delete policy": ["s3:DeleteBucketPolicy", false],
} as const satisfies Record<string, readonly [action: string, isObjects: boolean]>;
type Deed = keyof typeof DEEDS;

const PRINCIPAL_NAMES = Object.keys(PRINCIPALS) as PrincipalKind[];
const DEED_NAMES = Object.keys(DEEDS) as Deed[];

/** Whom a policy can name so that it means one of them, and nobody else of them but the account's other key. */
const NAMED: Readonly<Record<string, { readonly principal: unknown; readonly means: readonly PrincipalKind[] }>> = {
  everyone: { principal: "*", means: PRINCIPAL_NAMES },
  "everyone by AWS": { principal: { AWS: "*" }, means: PRINCIPAL_NAMES },
  "the owner's account": { principal: { AWS: ALICE }, means: ["owner", "owner's reader"] },
  "the owner's user": { principal: { AWS: `arn:aws:iam::${ALICE}:user/alice` }, means: ["owner"] },
  "the other account": { principal: { AWS: `arn:aws:iam::${BOB}:root` }, means: ["other", "other's reader"] },
  "the other's canonical id": {
    principal: { CanonicalUser: canonicalUserIdOf(BOB) },
    means: ["other", "other's reader"],
  },
  "the identity's ARN": { principal: { AWS: identityArn(IDENTITY) }, means: ["identity"] },
  "the identity's canonical id": { principal: { CanonicalUser: CANONICAL }, means: ["identity"] },
  "the service": { principal: { Service: "cloudfront.amazonaws.com" }, means: ["service"] },
  "the identity and the service": {
    principal: { AWS: [identityArn(IDENTITY)], Service: ["cloudfront.amazonaws.com"] },
    means: ["identity", "service"],
  },
};

/** A policy about somebody: what of all deeds it grants or denies. */
interface Rule {
  readonly effect: "Allow" | "Deny";
  readonly whom: string;
  readonly deeds: readonly Deed[] | "all";
}

function statementsOf({ effect, whom, deeds }: Rule): readonly object[] {
  const base = { Effect: effect, Principal: NAMED[whom]?.principal };
  if (deeds === "all") return [{ ...base, Action: "s3:*", Resource: [BUCKET, `${BUCKET}/*`] }];
  return deeds.map((deed) => ({
    ...base,
    Action: DEEDS[deed][0],
    Resource: DEEDS[deed][1] ? `${BUCKET}/*` : BUCKET,
  }));
}

/** The rules of the store, said again as plainly as can be: no parsing, no wildcards, no conditions. */
function naive(rules: readonly Rule[], block: PublicAccessBlock | undefined, who: PrincipalKind, deed: Deed): boolean {
  const applies = (effect: Rule["effect"]): boolean =>
    rules.some(
      (rule) =>
        rule.effect === effect &&
        (NAMED[rule.whom]?.means.includes(who) ?? false) &&
        (rule.deeds === "all" || rule.deeds.includes(deed)),
    );
  // What an edge asks for is for viewers to say, so the bucket itself is out of its reach.
  if (["identity", "service"].includes(who) && !DEEDS[deed][1] && !deed.startsWith("list")) return false;
  if (who === "owner" && ["read policy", "put policy", "delete policy"].includes(deed)) return true;
  if (applies("Deny")) return false;
  const isReading = /^(?:get|list|read)/.test(deed);
  if (who === "owner") return true;
  if (who === "owner's reader") return isReading;
  if (who === "other's reader" && !isReading) return false;
  if (!applies("Allow")) return false;
  const isPublic = rules.some(({ effect, whom }) => effect === "Allow" && whom.startsWith("everyone"));
  return !(isPublic && block?.RestrictPublicBuckets === true && !["identity", "service"].includes(who));
}

const BLOCKS: readonly (PublicAccessBlock | undefined)[] = [
  undefined,
  NO_BLOCK,
  WHOLE_BLOCK,
  { ...WHOLE_BLOCK, RestrictPublicBuckets: false },
];

function bucketOf(rules: readonly Rule[], block: PublicAccessBlock | undefined): Bucket {
  return bucketWith({
    "ownership-controls": "BucketOwnerEnforced",
    ...(rules.length === 0 ? {} : { policy: JSON.stringify({ Statement: rules.flatMap(statementsOf) }) }),
    ...(block === undefined ? {} : { "public-access-block": formatPublicAccessBlock(block) }),
  });
}

test("who may do what: every principal, deed, grant, denial and block, as a naive reading of the rules has it", () => {
  const single: readonly Rule[] = Object.keys(NAMED).flatMap((whom) =>
    (["Allow", "Deny"] as const).flatMap((effect): readonly Rule[] => [
      { effect, whom, deeds: "all" },
      { effect, whom, deeds: ["get"] },
      { effect, whom, deeds: ["list", "put", "tag"] },
    ]),
  );
  const policies: (readonly Rule[])[] = [[], ...single.map((rule) => [rule])];
  for (const allow of single) {
    for (const deny of single) {
      if (allow.effect === "Allow" && deny.effect === "Deny") policies.push([allow, deny]);
    }
  }
  let decisions = 0;
  for (const rules of policies) {
    for (const block of rules.length > 1 ? [undefined, WHOLE_BLOCK] : BLOCKS) {
      const bucket = bucketOf(rules, block);
      for (const who of PRINCIPAL_NAMES) {
        for (const deed of DEED_NAMES) {
          const [action, isObjects] = DEEDS[deed];
          const decision = decideAccess(asking(who, action, isObjects ? "a.jpg" : "", { bucket }));
          const expected = naive(rules, block, who, deed) ? "allowed" : "denied";
          const said = `${who}, ${deed}, ${JSON.stringify(rules)}, ${JSON.stringify(block)}: ${decision.why}`;
          if (decision.kind !== expected) assert.fail(`should be ${expected}: ${said}`);
          decisions++;
        }
      }
    }
  }
  assert(decisions > 150_000, `${decisions}`);
});

test("what is granted to a distribution is granted to no other distribution", () => {
  const policy = JSON.stringify({
    Statement: {
      Effect: "Allow",
      Principal: { Service: "cloudfront.amazonaws.com" },
      Action: "s3:GetObject",
      Resource: `${BUCKET}/*`,
      Condition: { StringEquals: { "AWS:SourceArn": distributionArn(ALICE, DISTRIBUTION) } },
    },
  });
  const bucket = bucketWith({ policy, "public-access-block": formatPublicAccessBlock(WHOLE_BLOCK) });
  const { service } = PRINCIPALS;
  for (const [principal, expected] of [
    [service, "allowed"],
    [{ ...service, distribution: "E2" as typeof service.distribution }, "denied"],
    [{ ...service, account: BOB }, "denied"],
  ] as const) {
    assert.equal(decideAccess(asking("service", "s3:GetObject", "a", { bucket, principal })).kind, expected);
  }
});

const PUBLIC_READ = formatAcl(cannedAcl("public-read", ALICE) ?? [], ALICE);
const PUBLIC_WRITE = formatAcl(cannedAcl("public-read-write", ALICE) ?? [], ALICE);
const SIGNED_READ = formatAcl(cannedAcl("authenticated-read", ALICE) ?? [], ALICE);
const LOGS = formatAcl(cannedAcl("log-delivery-write", ALICE) ?? [], ALICE);
function granted(id: string, permission: Acl[number]["permission"]): string {
  return formatAcl([{ grantee: { kind: "canonical-user", id }, permission }], ALICE);
}

test("ACLs of the bucket and of the object grant what their column of the table says", () => {
  // bucket's ACL, object's ACL, who, deed → may
  const rows: readonly (readonly [string, string, PrincipalKind, Deed, boolean])[] = [
    ["", "", "anonymous", "get", false],
    ["", PUBLIC_READ, "anonymous", "get", true],
    ["", PUBLIC_READ, "anonymous", "get a version", true],
    ["", PUBLIC_READ, "anonymous", "list", false],
    ["", PUBLIC_READ, "anonymous", "put", false],
    ["", PUBLIC_READ, "anonymous", "read acl", false],
    ["", PUBLIC_READ, "identity", "get", true],
    ["", PUBLIC_READ, "service", "get", true],
    [PUBLIC_READ, "", "anonymous", "get", false],
    [PUBLIC_READ, "", "anonymous", "list", true],
    [PUBLIC_READ, "", "anonymous", "list uploads", true],
    [PUBLIC_READ, "", "anonymous", "put", false],
    [PUBLIC_WRITE, "", "anonymous", "put", true],
    [PUBLIC_WRITE, "", "anonymous", "delete", true],
    [PUBLIC_WRITE, "", "anonymous", "set acl", false],
    [PUBLIC_WRITE, "", "other's reader", "put", false],
    [PUBLIC_WRITE, "", "other's reader", "list", true],
    ["", PUBLIC_WRITE, "anonymous", "put", false],
    ["", SIGNED_READ, "anonymous", "get", false],
    ["", SIGNED_READ, "other", "get", true],
    ["", SIGNED_READ, "other's reader", "get", true],
    [LOGS, "", "anonymous", "put", false],
    [LOGS, "", "other", "put", false],
    ["", granted(CANONICAL, "READ"), "identity", "get", true],
    ["", granted(CANONICAL, "READ"), "other", "get", false],
    ["", granted(CANONICAL, "READ"), "identity", "read acl", false],
    ["", granted(CANONICAL, "FULL_CONTROL"), "identity", "read acl", true],
    ["", granted(CANONICAL, "FULL_CONTROL"), "identity", "set acl", true],
    ["", granted(CANONICAL, "FULL_CONTROL"), "identity", "delete", false],
    [granted(CANONICAL, "FULL_CONTROL"), "", "identity", "get", false],
    [granted(CANONICAL, "FULL_CONTROL"), "", "identity", "put", true],
    [granted(CANONICAL, "FULL_CONTROL"), "", "identity", "delete bucket", false],
    [granted(canonicalUserIdOf(BOB), "WRITE"), "", "other", "put", true],
    [granted(canonicalUserIdOf(BOB), "WRITE"), "", "anonymous", "put", false],
  ];
  const at = (who: PrincipalKind, deed: Deed, bucket: Bucket, acl: string) => {
    const [action, isObjects] = DEEDS[deed];
    const object = { acl, tags: [] } as unknown as StoredObject;
    return decideAccess(asking(who, action, isObjects ? "a" : "", isObjects ? { bucket, object } : { bucket }));
  };
  for (const [bucketAcl, objectAcl, who, deed, expected] of rows) {
    const said = `${bucketAcl} ${objectAcl} ${who} ${deed}`;
    for (const ownership of ["ObjectWriter", "BucketOwnerPreferred", undefined] as const) {
      const settings = { acl: bucketAcl, ...(ownership === undefined ? {} : { "ownership-controls": ownership }) };
      const decision = at(who, deed, bucketWith(settings), objectAcl);
      assert.equal(decision.kind, expected ? "allowed" : "denied", `${said}: ${decision.why}`);

      const block = formatPublicAccessBlock({ ...NO_BLOCK, IgnorePublicAcls: true });
      const ignoring = at(who, deed, bucketWith({ ...settings, "public-access-block": block }), objectAcl);
      const isPublic = /groups.global/.test(bucketAcl + objectAcl);
      assert.equal(ignoring.kind, expected && !isPublic ? "allowed" : "denied", `ignoring public ACLs: ${said}`);

      const enforced = bucketWith({ ...settings, "ownership-controls": "BucketOwnerEnforced" });
      assert.equal(at(who, deed, enforced, objectAcl).kind, "denied", `ACLs off: ${said}`);
    }
  }
});

test("a Deny beats an ACL, and an ACL is asked where the policy is silent", () => {
  const deny = { Effect: "Deny", Principal: "*", Action: "s3:GetObject", Resource: `${BUCKET}/secret/*` };
  const bucket = bucketWith({ policy: JSON.stringify({ Statement: deny }) });
  const object = { acl: PUBLIC_READ, tags: [] } as unknown as StoredObject;
  assert.equal(decideAccess(asking("anonymous", "s3:GetObject", "open/a", { bucket, object })).kind, "allowed");
  assert.equal(decideAccess(asking("anonymous", "s3:GetObject", "secret/a", { bucket, object })).kind, "denied");
  assert.equal(decideAccess(asking("owner", "s3:GetObject", "secret/a", { bucket, object })).kind, "denied");
});

test("a policy that cannot be read lets nobody in but its owner", () => {
  const bucket = bucketWith({ policy: "{" });
  for (const who of PRINCIPAL_NAMES) {
    const { kind } = decideAccess(asking(who, "s3:GetObject", "a", { bucket }));
    assert.equal(kind, who === "owner" ? "allowed" : "denied", who);
  }
});

test("a restricted public bucket is open to identities of its owner's account, and to those of no other", () => {
  const statement = { Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: `${BUCKET}/*` };
  const bucket = bucketWith({
    policy: JSON.stringify({ Statement: statement }),
    "public-access-block": formatPublicAccessBlock(WHOLE_BLOCK),
  });
  const { identity } = PRINCIPALS;
  assert.equal(decideAccess(asking("identity", "s3:GetObject", "a", { bucket })).kind, "allowed");
  const principal = { ...identity, account: BOB };
  assert.equal(decideAccess(asking("identity", "s3:GetObject", "a", { bucket, principal })).kind, "denied");
});

test("a public policy under a public access block lets in the owner's edges, and nobody's of another account", () => {
  const bucket = bucketWith({
    policy: JSON.stringify({
      Statement: [{ Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: `${BUCKET}/*` }],
    }),
    "public-access-block": formatPublicAccessBlock(WHOLE_BLOCK),
  });
  for (const kind of ["identity", "service"] as const) {
    for (const [account, expected] of [
      [ALICE, "allowed"],
      [BOB, "denied"],
    ] as const) {
      const principal = { ...PRINCIPALS[kind], account };
      const decision = decideAccess(asking(kind, "s3:GetObject", "a", { bucket, principal }));
      assert.equal(decision.kind, expected, `${kind} of ${account}: ${decision.why}`);
    }
  }
});
