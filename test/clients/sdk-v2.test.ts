// The AWS SDK for JavaScript v2 against the running service, with each of the seven API versions whose model it carries:
// the life of every resource, pages, tags and waiters. Surprising: asked for a version it sends the next later one, for
// it takes the entry in its list that marks the version as known for one without a model.

import { strict as assert } from "node:assert";
import { test } from "node:test";
import CloudFront from "aws-sdk/clients/cloudfront.js";
import STS from "aws-sdk/clients/sts.js";
import type { AWSError } from "aws-sdk/lib/error.js";
import type { Request } from "aws-sdk/lib/request.js";
import { OPERATIONS } from "../../src/control/operations.ts";
import { apiModel, type ApiVersion } from "../../src/model/api.ts";
import { RSA_PEM } from "../api/configs.ts";
import { startServiceWithAccounts, type TestAccount } from "./accounts.ts";
import {
  changedConfig,
  knownTo,
  richConfig,
  SMALL_BEHAVIOR,
  smallConfig,
  streamingConfig,
  WEB_ACL_ARN,
  withoutEmpty,
} from "./configs.ts";

/** What is asked of the SDK, and what it then puts on the wire. */
const VERSIONS: readonly (readonly [asked: string, sent: ApiVersion])[] = [
  ["2014-05-31", "2016-11-25"],
  ["2016-01-13", "2016-11-25"],
  ["2016-11-25", "2017-03-25"],
  ["2017-03-25", "2017-10-30"],
  ["2017-10-30", "2018-06-18"],
  ["2018-06-18", "2018-11-05"],
  ["2018-11-05", "2019-03-26"],
  ["2019-03-26", "2020-05-31"],
  ["latest", "2020-05-31"],
];
const AT_ONCE = 3;
/** Of a waiter: seconds between its questions, and how many it asks. */
const $waiter = { delay: 1, maxAttempts: 60 };
const PAGE = 2;

/** A client of one version, and the names of the operations that it called. */
interface Life {
  readonly client: CloudFront;
  readonly version: ApiVersion;
  readonly called: Set<string>;
  readonly account: TestAccount;
}

/** A request of the SDK before it is sent. */
interface Made {
  readonly operation: string;
  readonly httpRequest: { readonly path: string };
  on(event: "afterBuild", listener: () => void): void;
}

function openLife(endpoint: string, asked: string, version: ApiVersion, account: TestAccount): Life {
  const { accessKeyId, secretAccessKey } = account;
  const client = new CloudFront({
    apiVersion: asked,
    endpoint,
    region: "eu-central-1",
    credentials: { accessKeyId, secretAccessKey },
    maxRetries: 0,
  });
  const called = new Set<string>();
  // There since the first version of the SDK, and not among its types.
  const { customizeRequests } = client as unknown as { customizeRequests: (callback: (made: Made) => void) => void };
  customizeRequests.call(client, (made) => {
    made.on("afterBuild", () => {
      called.add(`${made.operation.charAt(0).toUpperCase()}${made.operation.slice(1)}`);
      assert.equal(made.httpRequest.path.split("/")[1], version, "the version on the wire");
    });
  });
  return { client, version, called, account };
}

/** An absent list is an empty one to this SDK. */
function assertSame(got: unknown, wanted: unknown): void {
  assert.deepEqual(withoutEmpty(plain(got)), withoutEmpty(plain(wanted)));
}

/** This SDK's parsed documents have no prototype of their own; dates become comparable. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

async function assertRefused(promised: Promise<unknown>, code: string, status: number): Promise<void> {
  await assert.rejects(promised, (error: { code?: string; statusCode?: number; requestId?: string }) => {
    assert.deepEqual([error.code, error.statusCode], [code, status]);
    assert.match(error.requestId ?? "", /^[0-9a-f-]{36}$/);
    return true;
  });
}

interface List {
  readonly Items?: readonly { readonly Id: string }[];
  readonly Quantity: number;
  readonly IsTruncated: boolean;
}

/** Follows the SDK's own paginator through pages of two. */
async function idsOf<Output>(
  request: Request<Output, AWSError>,
  listOf: (page: Output) => List | undefined,
): Promise<string[]> {
  const pages: List[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  request.eachPage((error, page) => {
    // After an error or the last page there is no page: the types do not say so.
    const given = page as Output | null;
    if (given !== null) pages.push(listOf(given) ?? assert.fail("a page without its list"));
    else if ((error as AWSError | null) === null) resolve();
    else reject(error);
    return true;
  });
  await promise;
  const ids = pages.flatMap((page) => (page.Items ?? []).map(({ Id }) => Id));
  assert.deepEqual(
    pages.map((page) => [page.Quantity, page.IsTruncated]),
    pages.map((_, index) => [Math.min(PAGE, ids.length - PAGE * index), index < pages.length - 1]),
  );
  return ids.sort();
}

interface Identity {
  readonly Id: string;
  readonly IfMatch: string | undefined;
}

async function createIdentities({ client, version }: Life): Promise<Identity[]> {
  const config = { CallerReference: `${version} a`, Comment: "v2 & <older>" };
  const created = await client
    .createCloudFrontOriginAccessIdentity({ CloudFrontOriginAccessIdentityConfig: config })
    .promise();
  const one = created.CloudFrontOriginAccessIdentity ?? assert.fail();
  const { Id } = one;
  assertSame(one.CloudFrontOriginAccessIdentityConfig, config);
  const got = await client.getCloudFrontOriginAccessIdentity({ Id }).promise();
  assertSame(got.CloudFrontOriginAccessIdentity, one);
  const gotConfig = await client.getCloudFrontOriginAccessIdentityConfig({ Id }).promise();
  assertSame(gotConfig.CloudFrontOriginAccessIdentityConfig, config);
  assert.deepEqual([got.ETag, gotConfig.ETag], [created.ETag, created.ETag]);

  const about = { Id, CloudFrontOriginAccessIdentityConfig: { ...config, Comment: "" } };
  await assertRefused(client.updateCloudFrontOriginAccessIdentity(about).promise(), "InvalidIfMatchVersion", 400);
  const update = { ...about, IfMatch: created.ETag ?? "" };
  const updated = await client.updateCloudFrontOriginAccessIdentity(update).promise();
  assert.equal(updated.CloudFrontOriginAccessIdentity?.CloudFrontOriginAccessIdentityConfig?.Comment ?? "", "");
  await assertRefused(client.updateCloudFrontOriginAccessIdentity(update).promise(), "PreconditionFailed", 412);

  const identities: Identity[] = [{ Id, IfMatch: updated.ETag }];
  for (const name of ["b", "c"]) {
    const CloudFrontOriginAccessIdentityConfig = { CallerReference: `${version} ${name}`, Comment: name };
    const other = await client.createCloudFrontOriginAccessIdentity({ CloudFrontOriginAccessIdentityConfig }).promise();
    identities.push({ Id: other.CloudFrontOriginAccessIdentity?.Id ?? "", IfMatch: other.ETag });
  }
  const pages = client.listCloudFrontOriginAccessIdentities({ MaxItems: String(PAGE) });
  assert.deepEqual(
    await idsOf(
      pages,
      (page: CloudFront.ListCloudFrontOriginAccessIdentitiesResult) => page.CloudFrontOriginAccessIdentityList,
    ),
    identities.map((each) => each.Id).sort(),
  );
  return identities;
}

async function deleteIdentities({ client }: Life, identities: readonly Identity[]): Promise<void> {
  for (const { Id, IfMatch = "" } of identities) {
    await client.deleteCloudFrontOriginAccessIdentity({ Id, IfMatch }).promise();
    await assertRefused(
      client.getCloudFrontOriginAccessIdentity({ Id }).promise(),
      "NoSuchCloudFrontOriginAccessIdentity",
      404,
    );
  }
}

/** Versions from 2017-10-30 on have public keys, the newest alone what they are for. */
async function publicKeys(life: Life): Promise<void> {
  const { client } = life;
  if (!apiModel(life.version).operations.has("CreatePublicKey")) return;
  const config = { CallerReference: life.version, Name: `v${life.version}`, EncodedKey: RSA_PEM, Comment: "first" };
  const key = await client.createPublicKey({ PublicKeyConfig: config }).promise();
  const Id = key.PublicKey?.Id ?? "";
  const IfMatch = key.ETag ?? "";
  assertSame((await client.getPublicKey({ Id }).promise()).PublicKey, key.PublicKey);
  assertSame((await client.getPublicKeyConfig({ Id }).promise()).PublicKeyConfig, config);
  const PublicKeyConfig = { ...config, Comment: "changed" };
  const updated = await client.updatePublicKey({ Id, IfMatch, PublicKeyConfig }).promise();
  assertSame(updated.PublicKey?.PublicKeyConfig, PublicKeyConfig);
  const { PublicKeyList: keys } = await client.listPublicKeys({ MaxItems: String(PAGE) }).promise();
  assertSame(
    keys?.Items?.map((item) => item.Comment),
    ["changed"],
  );
  if (life.version === "2020-05-31") await keyGroupsAndControls(client, Id);
  await client.deletePublicKey({ Id, IfMatch: updated.ETag ?? "" }).promise();
}

async function keyGroupsAndControls(client: CloudFront, key: string): Promise<void> {
  const group = { Name: "readers", Items: [key], Comment: "first" };
  const made = await client.createKeyGroup({ KeyGroupConfig: group }).promise();
  const GroupId = made.KeyGroup?.Id ?? "";
  assertSame((await client.getKeyGroup({ Id: GroupId }).promise()).KeyGroup, made.KeyGroup);
  assertSame((await client.getKeyGroupConfig({ Id: GroupId }).promise()).KeyGroupConfig, group);
  const regrouped = await client
    .updateKeyGroup({ Id: GroupId, IfMatch: made.ETag ?? "", KeyGroupConfig: { ...group, Name: "writers" } })
    .promise();
  assertSame(regrouped.KeyGroup?.KeyGroupConfig.Name, "writers");
  assertSame(
    (await client.listKeyGroups({}).promise()).KeyGroupList?.Items?.map((item) => item.KeyGroup),
    [regrouped.KeyGroup],
  );
  const by = await client.listDistributionsByKeyGroup({ KeyGroupId: GroupId }).promise();
  assertSame(by.DistributionIdList?.Quantity, 0);
  await client.deleteKeyGroup({ Id: GroupId, IfMatch: regrouped.ETag ?? "" }).promise();

  const control = {
    Name: "bucket",
    Description: "first",
    SigningProtocol: "sigv4",
    SigningBehavior: "always",
    OriginAccessControlOriginType: "s3",
  } as const;
  const controlled = await client.createOriginAccessControl({ OriginAccessControlConfig: control }).promise();
  const ControlId = controlled.OriginAccessControl?.Id ?? "";
  assertSame(
    (await client.getOriginAccessControl({ Id: ControlId }).promise()).OriginAccessControl,
    controlled.OriginAccessControl,
  );
  assertSame(
    (await client.getOriginAccessControlConfig({ Id: ControlId }).promise()).OriginAccessControlConfig,
    control,
  );
  const recontrolled = await client
    .updateOriginAccessControl({
      Id: ControlId,
      IfMatch: controlled.ETag ?? "",
      OriginAccessControlConfig: { ...control, SigningBehavior: "never" },
    })
    .promise();
  const { OriginAccessControlList: controls } = await client.listOriginAccessControls({}).promise();
  assertSame(controls?.Items, [{ Id: ControlId, ...control, SigningBehavior: "never" }]);
  await client.deleteOriginAccessControl({ Id: ControlId, IfMatch: recontrolled.ETag ?? "" }).promise();
}

const TAGS = [
  { Key: "stage", Value: "test" },
  { Key: "Größe", Value: "" },
];

async function tagging({ client }: Life, Resource: string): Promise<void> {
  const read = async (): Promise<Record<string, string>> => {
    const { Tags } = await client.listTagsForResource({ Resource }).promise();
    return Object.fromEntries((Tags.Items ?? []).map((tag) => [tag.Key, tag.Value ?? ""]));
  };
  assert.deepEqual(await read(), { stage: "test", Größe: "" });
  const Items = [{ Key: "stage", Value: "live" }, { Key: "new" }];
  await client.tagResource({ Resource, Tags: { Items } }).promise();
  assert.deepEqual(await read(), { stage: "live", Größe: "", new: "" });
  await client.untagResource({ Resource, TagKeys: { Items: ["Größe", "absent", "new"] } }).promise();
  assert.deepEqual(await read(), { stage: "live" });
}

/** The SDK's model of the newest version is some years old: it refuses to send what came since, and does not read it. */
function withoutGrpc(config: object): object {
  return JSON.parse(
    JSON.stringify(config, (name, value: unknown) => (name === "GrpcConfig" ? undefined : value)),
  ) as object;
}

/** Ids of distributions that are there at the end, the rich one first. */
async function createDistributions(life: Life, identity: Identity): Promise<string[]> {
  const { client, version } = life;
  const known = (config: object): CloudFront.DistributionConfig =>
    withoutGrpc(knownTo(version, "DistributionConfig", config)) as CloudFront.DistributionConfig;
  // Signers are required in all versions but the newest.
  const TrustedSigners = { Enabled: false, Quantity: 0 };
  const small = (name: string): CloudFront.DistributionConfig =>
    known(smallConfig(`${version} ${name}`, { DefaultCacheBehavior: { ...SMALL_BEHAVIOR, TrustedSigners } }));
  const rich = richConfig(life.account.account, identity.Id);
  const config = known(rich);
  const created = await client.createDistribution({ DistributionConfig: config }).promise();
  const one = created.Distribution ?? assert.fail();
  const { Id } = one;
  assert.equal(one.Status, "InProgress");
  assertSame(one.DistributionConfig, config);
  assert.equal(created.Location?.endsWith(`/${version}/distribution/${Id}`), true);
  const ids = [Id];
  const other = small("other");
  ids.push((await client.createDistribution({ DistributionConfig: other }).promise()).Distribution?.Id ?? "");
  const tagged = await client
    .createDistributionWithTags({
      DistributionConfigWithTags: { DistributionConfig: small("tags"), Tags: { Items: TAGS } },
    })
    .promise();
  ids.push(tagged.Distribution?.Id ?? "");
  await tagging(life, tagged.Distribution?.ARN ?? "");

  await client.waitFor("distributionDeployed", { Id, $waiter }).promise();
  const got = await client.getDistribution({ Id }).promise();
  assertSame(got.Distribution, { ...one, Status: "Deployed" });
  const gotConfig = await client.getDistributionConfig({ Id }).promise();
  assertSame(gotConfig.DistributionConfig, config);
  assert.deepEqual([got.ETag, gotConfig.ETag], [created.ETag, created.ETag]);

  const pages = client.listDistributions({ MaxItems: String(PAGE) });
  const listed = await idsOf(pages, (page: CloudFront.ListDistributionsResult) => page.DistributionList);
  assert.deepEqual(listed, ids.toSorted());

  const changed = known(changedConfig(rich));
  const update = { Id, DistributionConfig: changed, IfMatch: created.ETag ?? "" };
  const updated = await client.updateDistribution(update).promise();
  assertSame(updated.Distribution?.DistributionConfig, changed);
  assert.equal(updated.Distribution?.Status, "InProgress");
  const byWebAcl = await client.listDistributionsByWebACLId({ WebACLId: WEB_ACL_ARN }).promise();
  assert.deepEqual(
    byWebAcl.DistributionList?.Items?.map((item) => item.Id),
    [Id],
  );

  await assertRefused(client.updateDistribution(update).promise(), "PreconditionFailed", 412);
  await assertRefused(client.updateDistribution({ ...update, Id: "E0" }).promise(), "NoSuchDistribution", 404);
  const another = { ...changed, CallerReference: "another" };
  const renamed = { Id, DistributionConfig: another, IfMatch: updated.ETag ?? "" };
  await assertRefused(client.updateDistribution(renamed).promise(), "IllegalUpdate", 400);
  await assertRefused(
    client.createDistribution({ DistributionConfig: { ...config, Comment: "another" } }).promise(),
    "DistributionAlreadyExists",
    409,
  );
  await assertRefused(
    client.createDistribution({ DistributionConfig: { ...another, Comment: "alias" } }).promise(),
    "CNAMEAlreadyExists",
    409,
  );
  await assertRefused(
    client.deleteDistribution({ Id, IfMatch: updated.ETag ?? "" }).promise(),
    "DistributionNotDisabled",
    409,
  );
  return ids;
}

async function invalidations({ client }: Life, DistributionId: string): Promise<void> {
  const invalidate = (name: string, ...Items: string[]) => {
    const InvalidationBatch = { CallerReference: name, Paths: { Quantity: Items.length, Items } };
    return client.createInvalidation({ DistributionId, InvalidationBatch }).promise();
  };
  const { Invalidation: one = assert.fail() } = await invalidate("1", "/a%20b", "/images/*", "/?q=<1>&r");
  assert.equal(one.Status, "InProgress");
  const others = [await invalidate("2", "/*"), await invalidate("3", "/c")];
  await client.waitFor("invalidationCompleted", { DistributionId, Id: one.Id, $waiter }).promise();
  const got = await client.getInvalidation({ DistributionId, Id: one.Id }).promise();
  assertSame(got.Invalidation, { ...one, Status: "Completed" });
  const pages = client.listInvalidations({ DistributionId, MaxItems: String(PAGE) });
  assert.deepEqual(
    await idsOf(pages, (page: CloudFront.ListInvalidationsResult) => page.InvalidationList),
    [one.Id, ...others.map((other) => other.Invalidation?.Id ?? "")].sort(),
  );
  await assertRefused(client.getInvalidation({ DistributionId, Id: "I0" }).promise(), "NoSuchInvalidation", 404);
}

async function deleteDistributions({ client }: Life, ids: readonly string[]): Promise<void> {
  for (const Id of ids) {
    const { DistributionConfig = assert.fail(), ETag = "" } = await client.getDistributionConfig({ Id }).promise();
    const off = { ...DistributionConfig, Enabled: false };
    await client.updateDistribution({ Id, IfMatch: ETag, DistributionConfig: off }).promise();
  }
  for (const Id of ids) {
    const { ETag: IfMatch = "" } = await client.waitFor("distributionDeployed", { Id, $waiter }).promise();
    await client.deleteDistribution({ Id, IfMatch }).promise();
    await assertRefused(client.getDistribution({ Id }).promise(), "NoSuchDistribution", 404);
  }
}

async function streaming(life: Life): Promise<void> {
  const { client, account } = life;
  const config = streamingConfig(account.account) as CloudFront.StreamingDistributionConfig;
  const created = await client.createStreamingDistribution({ StreamingDistributionConfig: config }).promise();
  const one = created.StreamingDistribution ?? assert.fail();
  const { Id } = one;
  assert.equal(one.Status, "InProgress");
  assertSame(one.StreamingDistributionConfig, config);
  const ids = [Id];
  const settingsOff = { Enabled: false, TrustedSigners: { Enabled: false, Quantity: 0 } };
  const off = (name: string) =>
    streamingConfig(`${account.account}-${name}`, settingsOff) as CloudFront.StreamingDistributionConfig;
  const other = await client.createStreamingDistribution({ StreamingDistributionConfig: off("b") }).promise();
  ids.push(other.StreamingDistribution?.Id ?? "");
  const tagged = await client
    .createStreamingDistributionWithTags({
      StreamingDistributionConfigWithTags: { StreamingDistributionConfig: off("c"), Tags: { Items: TAGS } },
    })
    .promise();
  ids.push(tagged.StreamingDistribution?.Id ?? "");
  await tagging(life, tagged.StreamingDistribution?.ARN ?? "");

  await client.waitFor("streamingDistributionDeployed", { Id, $waiter }).promise();
  const got = await client.getStreamingDistribution({ Id }).promise();
  assertSame(got.StreamingDistribution, { ...one, Status: "Deployed" });
  const gotConfig = await client.getStreamingDistributionConfig({ Id }).promise();
  assertSame(gotConfig.StreamingDistributionConfig, config);
  const pages = client.listStreamingDistributions({ MaxItems: String(PAGE) });
  const listed = await idsOf(
    pages,
    (page: CloudFront.ListStreamingDistributionsResult) => page.StreamingDistributionList,
  );
  assert.deepEqual(listed, ids.toSorted());

  const IfMatch = created.ETag ?? "";
  await assertRefused(
    client.deleteStreamingDistribution({ Id, IfMatch }).promise(),
    "StreamingDistributionNotDisabled",
    409,
  );
  const changed = { ...config, ...settingsOff, Comment: "", Aliases: { Quantity: 0 }, PriceClass: "PriceClass_All" };
  const updated = await client
    .updateStreamingDistribution({ Id, IfMatch, StreamingDistributionConfig: changed })
    .promise();
  assertSame(updated.StreamingDistribution?.StreamingDistributionConfig, changed);
  for (const each of ids) {
    const { ETag = "" } = await client.waitFor("streamingDistributionDeployed", { Id: each, $waiter }).promise();
    await client.deleteStreamingDistribution({ Id: each, IfMatch: ETag }).promise();
    await assertRefused(client.getStreamingDistribution({ Id: each }).promise(), "NoSuchStreamingDistribution", 404);
  }
}

test("the SDK v2 gets through the life of every resource", { concurrency: AT_ONCE }, async (t) => {
  const names = VERSIONS.map(([asked]) => asked);
  await using running = await startServiceWithAccounts(names, ["--propagation-delay-seconds", "1"], 300_000_000_001);
  await Promise.all(
    VERSIONS.map(([asked, sent]) =>
      t.test(`asked for ${asked}, with API version ${sent}`, async () => {
        const life = openLife(running.service.apiUrl, asked, sent, running.accountOf(asked));
        const identities = await createIdentities(life);
        const [identity = assert.fail()] = identities;
        const ids = await createDistributions(life, identity);
        await invalidations(life, ids[0] ?? "");
        await streaming(life);
        await deleteDistributions(life, ids);
        await deleteIdentities(life, identities);
        await publicKeys(life);
        const { operations } = apiModel(sent);
        assert.deepEqual(
          [...life.called].sort(),
          Object.keys(OPERATIONS)
            .filter((name) => operations.has(name))
            .sort(),
        );
      }),
    ),
  );
  await t.test("STS gives session credentials that work", async () => {
    const { account, accessKeyId, secretAccessKey } = running.accountOf("latest");
    const common = { endpoint: running.service.apiUrl, region: "us-west-2", maxRetries: 0 };
    const sts = new STS({ ...common, credentials: { accessKeyId, secretAccessKey } });
    assert.equal((await sts.getCallerIdentity().promise()).Account, account);
    const { Credentials = assert.fail() } = await sts.getSessionToken({ DurationSeconds: 900 }).promise();
    const { AccessKeyId, SecretAccessKey: secret, SessionToken: sessionToken } = Credentials;
    const client = new CloudFront({
      ...common,
      credentials: { accessKeyId: AccessKeyId, secretAccessKey: secret, sessionToken },
    });
    assert.equal((await client.listDistributions().promise()).DistributionList?.Quantity, 0);
  });
  assert.doesNotMatch(running.service.errors(), / error /);
});
