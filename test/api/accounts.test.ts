// Accounts, access keys and sessions: who may do what, and that nobody sees what is another's.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { OPERATIONS } from "../../src/control/operations.ts";
import { NEWEST_VERSION } from "../../src/model/api.ts";
import type { AccessKeyId, AccountId } from "../../src/vocabulary/ids.ts";
import { epochMs } from "../../src/vocabulary/time.ts";
import type { WireDocument } from "../../src/wire/shape.ts";
import { openControlHarness, type ControlHarness, type Signer } from "../support/control-harness.ts";
import {
  accessControlConfig,
  distributionArn,
  distributionConfig,
  identityConfig,
  invalidationBatch,
  keyGroupConfig,
  listOf,
  publicKeyConfig,
  streamingConfig,
  tagsOf,
} from "./configs.ts";
import { readOnlySigner } from "./error-row.ts";
import { at, call, operationOf, succeed, textAt } from "./requests.ts";

/** A new key with full access, in an account of its own. */
async function newSigner({ store }: ControlHarness, account: string): Promise<Signer> {
  const accessKeyId = `AKIA${account}0000`;
  await store.credentials.createKey({
    accessKeyId: accessKeyId as AccessKeyId,
    secret: `secret of ${account}`,
    account: account as AccountId,
    userName: "admin",
    access: "full",
    createdAtMs: epochMs(0),
  });
  return { accessKeyId, secret: `secret of ${account}` };
}

/** One of everything, of the default account. */
async function furnish(harness: ControlHarness) {
  const web = await succeed(harness, "CreateDistribution", { DistributionConfig: distributionConfig("one") });
  const stream = await succeed(harness, "CreateStreamingDistribution", {
    StreamingDistributionConfig: streamingConfig("one"),
  });
  const identity = await succeed(harness, "CreateCloudFrontOriginAccessIdentity", {
    CloudFrontOriginAccessIdentityConfig: identityConfig("one"),
  });
  const DistributionId = textAt(web.output, "Distribution", "Id");
  const batch = await succeed(harness, "CreateInvalidation", {
    DistributionId,
    InvalidationBatch: invalidationBatch("one", "/*"),
  });
  const key = await succeed(harness, "CreatePublicKey", { PublicKeyConfig: publicKeyConfig("one") });
  const PublicKey = textAt(key.output, "PublicKey", "Id");
  const group = await succeed(harness, "CreateKeyGroup", { KeyGroupConfig: keyGroupConfig("one", PublicKey) });
  const control = await succeed(harness, "CreateOriginAccessControl", {
    OriginAccessControlConfig: accessControlConfig("one"),
  });
  return {
    Distribution: DistributionId,
    StreamingDistribution: textAt(stream.output, "StreamingDistribution", "Id"),
    CloudFrontOriginAccessIdentity: textAt(identity.output, "CloudFrontOriginAccessIdentity", "Id"),
    Invalidation: textAt(batch.output, "Invalidation", "Id"),
    PublicKey,
    KeyGroup: textAt(group.output, "KeyGroup", "Id"),
    OriginAccessControl: textAt(control.output, "OriginAccessControl", "Id"),
  };
}

/** An input for every operation that is carried out, about what `furnish` made. */
function inputsAbout(
  ids: Awaited<ReturnType<typeof furnish>>,
): Readonly<Record<keyof typeof OPERATIONS, WireDocument>> {
  const web = { Id: ids.Distribution };
  const stream = { Id: ids.StreamingDistribution };
  const identity = { Id: ids.CloudFrontOriginAccessIdentity };
  const match = { IfMatch: "E0000000000000".slice(0, 13) };
  const Resource = distributionArn(ids.Distribution);
  const config = {
    DistributionConfig: distributionConfig("one"),
    StreamingDistributionConfig: streamingConfig("one"),
    CloudFrontOriginAccessIdentityConfig: identityConfig("one"),
    PublicKeyConfig: publicKeyConfig("one"),
    KeyGroupConfig: keyGroupConfig("one", ids.PublicKey),
    OriginAccessControlConfig: accessControlConfig("one"),
  };
  const key = { Id: ids.PublicKey };
  const group = { Id: ids.KeyGroup };
  const control = { Id: ids.OriginAccessControl };
  return {
    CreateCloudFrontOriginAccessIdentity: config,
    CreateDistribution: config,
    CreateDistributionWithTags: { DistributionConfigWithTags: { ...config, Tags: {} } },
    CreateInvalidation: { DistributionId: ids.Distribution, InvalidationBatch: invalidationBatch("two", "/*") },
    CreateStreamingDistribution: config,
    CreateStreamingDistributionWithTags: { StreamingDistributionConfigWithTags: { ...config, Tags: {} } },
    DeleteCloudFrontOriginAccessIdentity: { ...identity, ...match },
    DeleteDistribution: { ...web, ...match },
    DeleteStreamingDistribution: { ...stream, ...match },
    GetCloudFrontOriginAccessIdentity: identity,
    GetCloudFrontOriginAccessIdentityConfig: identity,
    GetDistribution: web,
    GetDistributionConfig: web,
    GetInvalidation: { DistributionId: ids.Distribution, Id: ids.Invalidation },
    GetStreamingDistribution: stream,
    GetStreamingDistributionConfig: stream,
    ListCloudFrontOriginAccessIdentities: {},
    ListDistributions: {},
    ListDistributionsByWebACLId: { WebACLId: "null" },
    ListInvalidations: { DistributionId: ids.Distribution },
    ListStreamingDistributions: {},
    ListTagsForResource: { Resource },
    TagResource: { Resource, Tags: tagsOf({ a: "1" }) },
    UntagResource: { Resource, TagKeys: { Items: ["a"] } },
    UpdateCloudFrontOriginAccessIdentity: { ...identity, ...match, ...config },
    UpdateDistribution: { ...web, ...match, ...config },
    UpdateStreamingDistribution: { ...stream, ...match, ...config },
    CreatePublicKey: config,
    CreateKeyGroup: config,
    CreateOriginAccessControl: config,
    DeletePublicKey: { ...key, ...match },
    DeleteKeyGroup: { ...group, ...match },
    DeleteOriginAccessControl: { ...control, ...match },
    GetPublicKey: key,
    GetPublicKeyConfig: key,
    GetKeyGroup: group,
    GetKeyGroupConfig: group,
    GetOriginAccessControl: control,
    GetOriginAccessControlConfig: control,
    ListPublicKeys: {},
    ListKeyGroups: {},
    ListOriginAccessControls: {},
    ListDistributionsByKeyGroup: { KeyGroupId: ids.KeyGroup },
    UpdatePublicKey: { ...key, ...match, ...config },
    UpdateKeyGroup: { ...group, ...match, ...config },
    UpdateOriginAccessControl: { ...control, ...match, ...config },
  };
}

test("another account sees nothing, finds nothing and changes nothing, by any operation", async () => {
  const harness = await openControlHarness();
  const ids = await furnish(harness);
  const signer = await newSigner(harness, "111111111111");
  const before = await harness.store.feed.latest();
  for (const [operation, input] of Object.entries(inputsAbout(ids))) {
    if (operation.startsWith("Create") && operation !== "CreateInvalidation") continue;
    const answer = await call(harness, operation, input, { signer });
    if (operation.startsWith("List") && answer.code === "") {
      const [list] = Object.values(answer.output);
      assert.equal((list as WireDocument)["Quantity"], 0, operation);
    } else assert.match(answer.code, /^NoSuch/, `${operation}: ${answer.body}`);
  }
  assert.equal(await harness.store.feed.latest(), before);
});

test("caller references, quotas and ids are each account's own", async () => {
  const harness = await openControlHarness({ limits: { distributionsPerAccountMax: 1 } });
  const ids = await furnish(harness);
  const signer = await newSigner(harness, "111111111111");
  const config = { DistributionConfig: distributionConfig("one") };
  const theirs = await succeed(harness, "CreateDistribution", config, { signer });
  assert.notEqual(textAt(theirs.output, "Distribution", "Id"), ids.Distribution);
  assert.match(textAt(theirs.output, "Distribution", "ARN"), /^arn:aws:cloudfront::111111111111:distribution\//);
  const second = await call(
    harness,
    "CreateDistribution",
    { DistributionConfig: distributionConfig("two") },
    { signer },
  );
  assert.equal(second.code, "TooManyDistributions");
});

test("an identity of another account cannot be used by an origin", async () => {
  const harness = await openControlHarness();
  const ids = await furnish(harness);
  const signer = await newSigner(harness, "111111111111");
  const OriginAccessIdentity = `origin-access-identity/cloudfront/${ids.CloudFrontOriginAccessIdentity}`;
  const S3Origin = { DomainName: "films.s3.amazonaws.com", OriginAccessIdentity };
  const config = { StreamingDistributionConfig: streamingConfig("mine", { S3Origin }) };
  assert.equal(
    (await call(harness, "CreateStreamingDistribution", config, { signer })).code,
    "InvalidOriginAccessIdentity",
  );
  assert.equal((await call(harness, "CreateStreamingDistribution", config)).code, "");
});

test("accounts that this service knows may be trusted to sign, the caller's own among them", async () => {
  const harness = await openControlHarness();
  await newSigner(harness, "111111111111");
  const trusting = (reference: string, ...accounts: readonly string[]) => ({
    StreamingDistributionConfig: streamingConfig(reference, {
      TrustedSigners: { Enabled: true, ...listOf(...accounts) },
    }),
  });
  const rows = [
    [["self"], ""],
    [["000000000000"], ""],
    [["self", "111111111111"], ""],
    [["222222222222"], "TrustedSignerDoesNotExist"],
    [["self", "222222222222"], "TrustedSignerDoesNotExist"],
    [["me"], "InvalidArgument"],
  ] as const;
  for (const [accounts, code] of rows) {
    const answer = await call(harness, "CreateStreamingDistribution", trusting(accounts.join(), ...accounts));
    assert.equal(answer.code, code, accounts.join());
  }
});

test("a read-only key reads everything of its account and is denied the rest, in the words that people search for", async () => {
  const harness = await openControlHarness();
  const ids = await furnish(harness);
  const signer = await readOnlySigner(harness);
  const before = await harness.store.feed.latest();
  for (const [operation, input] of Object.entries(inputsAbout(ids))) {
    const answer = await call(harness, operation, input, { signer });
    if (/^(Get|List)/.test(operation)) {
      assert.equal(answer.status, operationOf(operation, NEWEST_VERSION).status, operation);
      continue;
    }
    const action = `cloudfront:${operation.replace("WithTags", "")}`;
    const part = /StreamingDistribution/.test(operation)
      ? "streaming-distribution"
      : /Identity/.test(operation)
        ? "origin-access-identity"
        : (/(?:public-key|key-group|origin-access-control)$/.exec(
            operation.replaceAll(/(?<=.)(?=[A-Z])/g, "-").toLowerCase(),
          )?.[0] ?? "distribution");
    const id = textAt({ Id: "*", ...input, ...(operation === "CreateInvalidation" && { Id: ids.Distribution }) }, "Id");
    const resource = operation.endsWith("Resource")
      ? textAt(input, "Resource")
      : `arn:aws:cloudfront::000000000000:${part}/${id}`;
    assert.equal(
      answer.message,
      `User: arn:aws:iam::000000000000:user/auditor is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`,
    );
    assert.equal(answer.status, 403);
    assert.equal(answer.code, "AccessDenied");
  }
  assert.equal(await harness.store.feed.latest(), before);
});

test("a denial names what the operation is about, whatever else the query says", async () => {
  const harness = await openControlHarness();
  const signer = await readOnlySigner(harness);
  const target = "/2020-05-31/distribution/E0NOBODY000000?Resource=arn:aws:other&DistributionId=E1&Id=E2";
  const { body } = await harness.ask({ method: "DELETE", target, signer });
  assert.match(body, /on resource: arn:aws:cloudfront::000000000000:distribution\/E0NOBODY000000 because/);
});

// STS

const ask = async (harness: ControlHarness, form: string, signer?: Signer) => {
  const fields = [["Content-Type", "application/x-www-form-urlencoded; charset=utf-8"]] as const;
  const asked = { method: "POST", target: "/", service: "sts", body: form, fields, ...(signer && { signer }) };
  const { status, body } = await harness.ask(asked);
  assert(typeof body === "string");
  const text = (name: string): string => new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1] ?? "";
  return { status, body, text };
};

const IDENTITY = "Action=GetCallerIdentity&Version=2011-06-15";
const SESSION = "Action=GetSessionToken&Version=2011-06-15";

async function newSession(harness: ControlHarness, signer?: Signer, duration = ""): Promise<Signer> {
  const { status, text, body } = await ask(harness, `${SESSION}${duration}`, signer);
  assert.equal(status, 200, body);
  return { accessKeyId: text("AccessKeyId"), secret: text("SecretAccessKey"), sessionToken: text("SessionToken") };
}

test("GetCallerIdentity tells account, user and ARN of the key", async () => {
  const harness = await openControlHarness();
  const signer = await newSigner(harness, "111111111111");
  const { status, body } = await ask(harness, IDENTITY, signer);
  assert.equal(status, 200);
  assert.match(
    body,
    /^<GetCallerIdentityResponse xmlns="https:\/\/sts\.amazonaws\.com\/doc\/2011-06-15\/"><GetCallerIdentityResult><Arn>arn:aws:iam::111111111111:user\/admin<\/Arn><UserId>AIDA1111111111110000<\/UserId><Account>111111111111<\/Account><\/GetCallerIdentityResult><ResponseMetadata><RequestId>[0-9a-f-]{36}<\/RequestId><\/ResponseMetadata><\/GetCallerIdentityResponse>$/,
  );
  assert.equal((await ask(harness, IDENTITY)).text("Account"), "000000000000");
});

test("a session's keys work with its token, for its account and rights, until it ends", async () => {
  const harness = await openControlHarness();
  const own = await newSigner(harness, "111111111111");
  const made = await succeed(
    harness,
    "CreateDistribution",
    { DistributionConfig: distributionConfig("one") },
    { signer: own },
  );
  const signer = await newSession(harness, own, "&DurationSeconds=900");
  assert.match(signer.accessKeyId, /^ASIA/);
  const Id = textAt(made.output, "Distribution", "Id");
  const look = async (as: Signer) => (await call(harness, "GetDistribution", { Id }, { signer: as })).code;
  assert.equal(await look(signer), "");
  assert.equal((await ask(harness, IDENTITY, signer)).text("Account"), "111111111111");

  const { sessionToken: _, ...tokenless } = signer;
  assert.equal(await look(tokenless), "InvalidClientTokenId", "without its token");
  assert.equal(await look({ ...signer, sessionToken: "other" }), "InvalidClientTokenId", "with another token");
  assert.equal(await look({ ...own, sessionToken: signer.sessionToken ?? "" }), "InvalidClientTokenId");
  assert.equal(await look({ ...signer, secret: own.secret }), "SignatureDoesNotMatch");

  harness.clock.advance(899);
  assert.equal(await look(signer), "");
  harness.clock.advance(1);
  assert.equal(await look(signer), "ExpiredToken");
  await newSession(harness, own);
  assert.equal(await look(signer), "ExpiredToken", "it is told from one that never was");
});

test("sessions of the built-in key work too, and only where that key does", async () => {
  const harness = await openControlHarness();
  const signer = await newSession(harness);
  assert.equal((await call(harness, "ListDistributions", {}, { signer })).code, "");
  const asked = { method: "GET", target: "/2020-05-31/distribution" };
  const closed = await openControlHarness({ store: harness.store });
  Object.assign(closed.control, { isDefaultKeyAllowed: false });
  assert.match((await closed.ask({ ...asked, signer })).body, /<Code>InvalidClientTokenId</);
  assert.match((await closed.ask(asked)).body, /<Code>InvalidClientTokenId</);
});

test("a session of a read-only key may only read", async () => {
  const harness = await openControlHarness();
  const signer = await newSession(harness, await readOnlySigner(harness));
  const config = { DistributionConfig: distributionConfig("one") };
  assert.equal((await call(harness, "ListDistributions", {}, { signer })).code, "");
  assert.equal((await call(harness, "CreateDistribution", config, { signer })).code, "AccessDenied");
});

test("a session cannot make sessions", async () => {
  const harness = await openControlHarness();
  const signer = await newSession(harness);
  const refused = await ask(harness, SESSION, signer);
  assert.deepEqual([refused.status, refused.text("Code")], [403, "AccessDenied"]);
});

test("a deleted key works no more, nor do its sessions", async () => {
  const harness = await openControlHarness();
  const signer = await newSigner(harness, "111111111111");
  const session = await newSession(harness, signer);
  await harness.store.credentials.deleteKey("111111111111" as AccountId, signer.accessKeyId as AccessKeyId);
  for (const gone of [signer, session]) {
    const answer = await call(harness, "ListDistributions", {}, { signer: gone });
    assert.deepEqual([answer.status, answer.code], [403, "InvalidClientTokenId"]);
    assert.equal(answer.message, "The security token included in the request is invalid");
  }
});

const STS_REFUSALS: readonly (readonly [form: string, status: number, code: string])[] = [
  ["", 400, "InvalidAction"],
  ["Action=AssumeRole&Version=2011-06-15", 400, "InvalidAction"],
  [`Action=${"x".repeat(1000)}`, 400, "InvalidAction"],
  [`${SESSION}&DurationSeconds=899`, 400, "ValidationError"],
  [`${SESSION}&DurationSeconds=129601`, 400, "ValidationError"],
  [`${SESSION}&DurationSeconds=-900`, 400, "ValidationError"],
  [`${SESSION}&DurationSeconds=1e3`, 400, "ValidationError"],
  [`${SESSION}&DurationSeconds=`, 400, "ValidationError"],
];

test("what STS refuses is told in its own namespace", async () => {
  const harness = await openControlHarness();
  for (const [form, status, code] of STS_REFUSALS) {
    const refused = await ask(harness, form);
    assert.deepEqual([refused.status, refused.text("Code")], [status, code], form);
    assert.ok(refused.body.includes('<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'), refused.body);
  }
});

test("a signature for one service is none for the other", async () => {
  const harness = await openControlHarness();
  const asked = { method: "GET", target: "/2020-05-31/distribution", service: "sts" };
  assert.match((await harness.ask(asked)).body, /<Code>InvalidAction</, "it is a request to STS");
  assert.equal(at((await succeed(harness, "ListDistributions", {})).output, "DistributionList", "Quantity"), 0);
});
