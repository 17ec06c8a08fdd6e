// The AWS SDK for JavaScript v3 against the running service: every operation that is carried out, paginators, waiters,
// typed errors, session credentials, keys made by the command line, and the loop from a config to a page and back.

import { strict as assert } from "node:assert";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as cloudfront from "@aws-sdk/client-cloudfront";
import {
  CloudFront,
  paginateListCloudFrontOriginAccessIdentities,
  paginateListDistributions,
  paginateListInvalidations,
  paginateListStreamingDistributions,
  waitUntilDistributionDeployed,
  waitUntilInvalidationCompleted,
  waitUntilStreamingDistributionDeployed,
} from "@aws-sdk/client-cloudfront";
import { STS } from "@aws-sdk/client-sts";
import { OPERATIONS } from "../../src/control/operations.ts";
import { systemClock } from "../../src/vocabulary/time.ts";
import { RSA_PEM } from "../api/configs.ts";
import { startService, type RunningService } from "../support/running-service.ts";
import { openTestOrigin, view } from "../support/test-origin.ts";
import {
  changedConfig,
  richConfig,
  SMALL_BEHAVIOR,
  smallConfig,
  streamingConfig,
  WEB_ACL_ARN,
  withoutEmpty,
} from "./configs.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const WAIT = { maxWaitTime: 60, minDelay: 1, maxDelay: 1 };
const NEWEST = "2020-05-31";

interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

const DEFAULT_KEYS: Keys = { accessKeyId: "test", secretAccessKey: "test" };

/** No retries: an answer that a client would ask for again is a fault here. */
function clientOf(service: RunningService, credentials: Keys = DEFAULT_KEYS, region = "us-east-1"): CloudFront {
  return new CloudFront({ endpoint: service.apiUrl, region, credentials, maxAttempts: 1 });
}

/** What the command line prints for shells, read. */
async function createKeys(service: RunningService, ...flags: readonly string[]): Promise<Keys> {
  const { stdout } = await warmfront("access-keys", "create", "--data-dir", service.dataDirectory, ...flags);
  const [, accessKeyId, secretAccessKey] =
    /^export AWS_ACCESS_KEY_ID=(\S+) AWS_SECRET_ACCESS_KEY=(\S+)$/m.exec(stdout) ?? [];
  assert(accessKeyId !== undefined && secretAccessKey !== undefined, stdout);
  return { accessKeyId, secretAccessKey };
}

function warmfront(...args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)(process.execPath, [MAIN, ...args], { timeout: 60_000 });
}

/** Ids on all pages, with two on each page but the last. */
async function idsOf<Page>(
  pages: AsyncIterable<Page>,
  listOf: (page: Page) => { readonly Items?: readonly { readonly Id: string | undefined }[] | undefined } | undefined,
): Promise<string[]> {
  const read: string[][] = [];
  for await (const page of pages) read.push((listOf(page)?.Items ?? []).map(({ Id }) => Id ?? ""));
  const ids = read.flat();
  assert.deepEqual(
    read.map((page) => page.length),
    Array.from({ length: Math.ceil(ids.length / 2) }, (_, index) => Math.min(2, ids.length - 2 * index)),
  );
  return ids.sort();
}

type ErrorClass = new (...args: never[]) => cloudfront.CloudFrontServiceException;

async function assertRefused(promised: Promise<unknown>, error: ErrorClass, status: number): Promise<Error> {
  const thrown = await promised.then(
    () => assert.fail(`expected ${error.name}, but the call went through`),
    (reason: unknown) => reason,
  );
  assert(thrown instanceof error, `expected ${error.name}, met ${String(thrown)}`);
  assert.equal(thrown.name, error.name);
  assert.equal(thrown.$metadata.httpStatusCode, status);
  assert.match(thrown.$metadata.requestId ?? "", /^[0-9a-f-]{36}$/);
  assert.notEqual(thrown.message, "");
  return thrown;
}

function present<Value>(value: Value | undefined): Value {
  assert(value !== undefined);
  return value;
}

test("every operation does what the SDK expects", async (t) => {
  await using service = await startService(["--propagation-delay-seconds", "1"]);
  const client = clientOf(service);
  const called = new Set<string>();
  client.middlewareStack.add(
    (next, context) => (args) => {
      called.add(String(context["commandName"]).replace(/Command$/, ""));
      return next(args);
    },
    { step: "initialize" },
  );

  let identity = "";
  let identityETag: string | undefined;
  await t.test("origin access identities", async () => {
    const config = { CallerReference: "v3", Comment: "für <v3> & more" };
    const created = await client.createCloudFrontOriginAccessIdentity({ CloudFrontOriginAccessIdentityConfig: config });
    const one = present(created.CloudFrontOriginAccessIdentity);
    const Id = (identity = present(one.Id));
    assert.equal(created.Location, `${service.apiUrl}/${NEWEST}/origin-access-identity/cloudfront/${Id}`);
    assert.deepEqual(one.CloudFrontOriginAccessIdentityConfig, config);
    const got = await client.getCloudFrontOriginAccessIdentity({ Id });
    assert.deepEqual(got.CloudFrontOriginAccessIdentity, one);
    const gotConfig = await client.getCloudFrontOriginAccessIdentityConfig({ Id });
    assert.deepEqual(gotConfig.CloudFrontOriginAccessIdentityConfig, config);
    assert.deepEqual([got.ETag, gotConfig.ETag], [created.ETag, created.ETag]);

    const changed = { ...config, Comment: "" };
    const about = { Id, CloudFrontOriginAccessIdentityConfig: changed };
    const updated = await client.updateCloudFrontOriginAccessIdentity({ ...about, IfMatch: created.ETag });
    assert.deepEqual(updated.CloudFrontOriginAccessIdentity?.CloudFrontOriginAccessIdentityConfig, changed);
    identityETag = updated.ETag;

    const others: { Id: string; IfMatch: string | undefined }[] = [];
    for (const reference of ["v3 b", "v3 c", "v3 d"]) {
      const other = await client.createCloudFrontOriginAccessIdentity({
        CloudFrontOriginAccessIdentityConfig: { CallerReference: reference, Comment: reference },
      });
      others.push({ Id: present(other.CloudFrontOriginAccessIdentity?.Id), IfMatch: other.ETag });
    }
    const pages = paginateListCloudFrontOriginAccessIdentities({ client, pageSize: 2 }, {});
    const ids = await idsOf(pages, (page) => page.CloudFrontOriginAccessIdentityList);
    assert.deepEqual(ids, [Id, ...others.map((other) => other.Id)].sort());
    for (const other of others) await client.deleteCloudFrontOriginAccessIdentity(other);
    const { CloudFrontOriginAccessIdentityList: left } = await client.listCloudFrontOriginAccessIdentities({});
    assert.deepEqual(
      left?.Items?.map((item) => item.Id),
      [Id],
    );
  });

  await t.test("public keys, key groups and access controls", async () => {
    const config = { CallerReference: "v3", Name: "v3", EncodedKey: RSA_PEM, Comment: "first" };
    const key = await client.createPublicKey({ PublicKeyConfig: config });
    const Id = key.PublicKey?.Id ?? "";
    const IfMatch = key.ETag ?? "";
    assert.deepEqual((await client.getPublicKey({ Id })).PublicKey, key.PublicKey);
    assert.deepEqual((await client.getPublicKeyConfig({ Id })).PublicKeyConfig, config);
    const PublicKeyConfig = { ...config, Comment: "changed" };
    const updated = await client.updatePublicKey({ Id, IfMatch, PublicKeyConfig });
    assert.deepEqual(updated.PublicKey?.PublicKeyConfig, PublicKeyConfig);
    const { PublicKeyList: keys } = await client.listPublicKeys({ MaxItems: 2 });
    assert.deepEqual(
      keys?.Items?.map((item) => item.Comment),
      ["changed"],
    );
    const group = { Name: "readers", Items: [Id], Comment: "first" };
    const made = await client.createKeyGroup({ KeyGroupConfig: group });
    const GroupId = made.KeyGroup?.Id ?? "";
    assert.deepEqual((await client.getKeyGroup({ Id: GroupId })).KeyGroup, made.KeyGroup);
    assert.deepEqual((await client.getKeyGroupConfig({ Id: GroupId })).KeyGroupConfig, group);
    const regrouped = await client.updateKeyGroup({
      Id: GroupId,
      IfMatch: made.ETag ?? "",
      KeyGroupConfig: { ...group, Name: "writers" },
    });
    assert.deepEqual(regrouped.KeyGroup?.KeyGroupConfig?.Name, "writers");
    assert.deepEqual(
      (await client.listKeyGroups({})).KeyGroupList?.Items?.map((item) => item.KeyGroup),
      [regrouped.KeyGroup],
    );
    const by = await client.listDistributionsByKeyGroup({ KeyGroupId: GroupId });
    assert.deepEqual(by.DistributionIdList?.Quantity, 0);
    await client.deleteKeyGroup({ Id: GroupId, IfMatch: regrouped.ETag ?? "" });

    const control = {
      Name: "bucket",
      Description: "first",
      SigningProtocol: "sigv4",
      SigningBehavior: "always",
      OriginAccessControlOriginType: "s3",
    } as const;
    const controlled = await client.createOriginAccessControl({ OriginAccessControlConfig: control });
    const ControlId = controlled.OriginAccessControl?.Id ?? "";
    assert.deepEqual(
      (await client.getOriginAccessControl({ Id: ControlId })).OriginAccessControl,
      controlled.OriginAccessControl,
    );
    assert.deepEqual((await client.getOriginAccessControlConfig({ Id: ControlId })).OriginAccessControlConfig, control);
    const recontrolled = await client.updateOriginAccessControl({
      Id: ControlId,
      IfMatch: controlled.ETag ?? "",
      OriginAccessControlConfig: { ...control, SigningBehavior: "never" },
    });
    const { OriginAccessControlList: controls } = await client.listOriginAccessControls({});
    assert.deepEqual(controls?.Items, [{ Id: ControlId, ...control, SigningBehavior: "never" }]);
    await client.deleteOriginAccessControl({ Id: ControlId, IfMatch: recontrolled.ETag ?? "" });
    await client.deletePublicKey({ Id, IfMatch: updated.ETag ?? "" });
  });

  let rich = "";
  let firstETag: string | undefined;
  const config = richConfig("v3-rich", identity);
  await t.test("a distribution reads back as it was written, through its whole life", async () => {
    const created = await client.createDistribution({ DistributionConfig: config });
    const one = present(created.Distribution);
    const Id = (rich = present(one.Id));
    firstETag = created.ETag;
    assert.equal(created.Location, `${service.apiUrl}/${NEWEST}/distribution/${Id}`);
    assert.equal(one.ARN, `arn:aws:cloudfront::000000000000:distribution/${Id}`);
    assert.equal(one.Status, "InProgress");
    assert.deepEqual(withoutEmpty(one.DistributionConfig), withoutEmpty(config));

    const { state } = await waitUntilDistributionDeployed({ client, ...WAIT }, { Id });
    assert.equal(state, "SUCCESS");
    const got = await client.getDistribution({ Id });
    assert.deepEqual(got.Distribution, { ...one, Status: "Deployed" });
    const gotConfig = await client.getDistributionConfig({ Id });
    assert.deepEqual(gotConfig.DistributionConfig, one.DistributionConfig);
    assert.deepEqual([got.ETag, gotConfig.ETag], [created.ETag, created.ETag]);

    const changed = changedConfig(config);
    const updated = await client.updateDistribution({ Id, IfMatch: created.ETag, DistributionConfig: changed });
    assert.equal(updated.Distribution?.Status, "InProgress");
    assert.deepEqual(withoutEmpty(updated.Distribution.DistributionConfig), withoutEmpty(changed));
    assert.notEqual(updated.ETag, created.ETag);
  });

  await t.test("distributions are listed by pages and by web ACL", async () => {
    const ids: string[] = [];
    for (const reference of ["v3 a", "v3 b", "v3 c", "v3 d"]) {
      const { Distribution } = await client.createDistribution({ DistributionConfig: smallConfig(reference) });
      ids.push(present(Distribution?.Id));
    }
    const pages = paginateListDistributions({ client, pageSize: 2 }, {});
    assert.deepEqual(await idsOf(pages, (page) => page.DistributionList), [rich, ...ids].sort());
    const { DistributionList } = await client.listDistributions({ MaxItems: 100 });
    const summary = present(DistributionList?.Items?.find((item) => item.Id === rich));
    const { Aliases, Origins, CacheBehaviors, WebACLId } = changedConfig(config);
    assert.deepEqual(
      withoutEmpty({
        Aliases: summary.Aliases,
        Origins: summary.Origins,
        CacheBehaviors: summary.CacheBehaviors,
        WebACLId: summary.WebACLId,
      }),
      withoutEmpty({ Aliases, Origins, CacheBehaviors, WebACLId }),
    );

    for (const [webAcl, wanted] of [
      [WEB_ACL_ARN, [rich]],
      ["null", ids],
      ["473e64fd-f30b-4765-81a0-62ad96dd167a", []],
    ] as const) {
      const found = await client.listDistributionsByWebACLId({ WebACLId: webAcl });
      const items = (found.DistributionList?.Items ?? []).map(({ Id = "" }) => Id).sort();
      assert.deepEqual(items, [...wanted].sort(), webAcl);
    }
    for (const Id of ids) {
      await waitUntilDistributionDeployed({ client, ...WAIT }, { Id });
      await client.deleteDistribution({ Id, IfMatch: (await client.getDistribution({ Id })).ETag });
    }
  });

  await t.test("invalidations are waited for and listed", async () => {
    const about = { DistributionId: rich };
    const batch = (reference: string, ...paths: string[]) => ({
      ...about,
      InvalidationBatch: { CallerReference: reference, Paths: { Quantity: paths.length, Items: paths } },
    });
    const created = await client.createInvalidation(batch("1", "/a%20b", "/images/*", "/?q=<1>&r"));
    const one = present(created.Invalidation);
    const Id = present(one.Id);
    assert.equal(created.Location, `${service.apiUrl}/${NEWEST}/distribution/${rich}/invalidation/${Id}`);
    assert.equal(one.Status, "InProgress");
    const second = await client.createInvalidation(batch("2", "/*"));
    const third = await client.createInvalidation(batch("3", "/c"));
    const { state } = await waitUntilInvalidationCompleted({ client, ...WAIT }, { ...about, Id });
    assert.equal(state, "SUCCESS");
    const got = await client.getInvalidation({ ...about, Id });
    assert.deepEqual(got.Invalidation, { ...one, Status: "Completed" });
    const wanted = [Id, present(second.Invalidation?.Id), present(third.Invalidation?.Id)].sort();
    const pages = paginateListInvalidations({ client, pageSize: 2 }, { ...about });
    assert.deepEqual(await idsOf(pages, (page) => page.InvalidationList), wanted);
    const { InvalidationList } = await client.listInvalidations(about);
    assert.equal(InvalidationList?.Quantity, 3);
  });

  await t.test("streaming distributions", async () => {
    const streaming = streamingConfig("v3-stream", {
      S3Origin: {
        DomainName: "warmfront.s3.amazonaws.com",
        OriginAccessIdentity: `origin-access-identity/cloudfront/${identity}`,
      },
    });
    const created = await client.createStreamingDistribution({ StreamingDistributionConfig: streaming });
    const one = present(created.StreamingDistribution);
    const Id = present(one.Id);
    assert.equal(created.Location, `${service.apiUrl}/${NEWEST}/streaming-distribution/${Id}`);
    assert.deepEqual(one.StreamingDistributionConfig, streaming);
    const { state } = await waitUntilStreamingDistributionDeployed({ client, ...WAIT }, { Id });
    assert.equal(state, "SUCCESS");
    const got = await client.getStreamingDistribution({ Id });
    assert.deepEqual(got.StreamingDistribution, { ...one, Status: "Deployed" });
    const gotConfig = await client.getStreamingDistributionConfig({ Id });
    assert.deepEqual(gotConfig.StreamingDistributionConfig, streaming);

    const others = ["b", "c"].map((name) => streamingConfig(`v3-stream-${name}`, { Enabled: false }));
    const ids = [Id];
    for (const other of others) {
      const made = await client.createStreamingDistribution({ StreamingDistributionConfig: other });
      ids.push(present(made.StreamingDistribution?.Id));
    }
    const pages = paginateListStreamingDistributions({ client, pageSize: 2 }, {});
    assert.deepEqual(await idsOf(pages, (page) => page.StreamingDistributionList), ids.toSorted());

    const off = { ...streaming, Enabled: false, Comment: "", Aliases: { Quantity: 0 }, PriceClass: "PriceClass_All" };
    const update = { Id, IfMatch: created.ETag, StreamingDistributionConfig: off as typeof streaming };
    const updated = await client.updateStreamingDistribution(update);
    assert.deepEqual(updated.StreamingDistribution?.StreamingDistributionConfig, off);
    for (const each of ids) {
      await waitUntilStreamingDistributionDeployed({ client, ...WAIT }, { Id: each });
      const { ETag } = await client.getStreamingDistributionConfig({ Id: each });
      await client.deleteStreamingDistribution({ Id: each, IfMatch: ETag });
    }
    const { StreamingDistributionList: left } = await client.listStreamingDistributions({});
    assert.equal(left?.Quantity, 0);
  });

  await t.test("tags of both kinds of distribution", async () => {
    const tags = [
      { Key: "stage", Value: "test" },
      { Key: "Größe", Value: "" },
    ];
    const ofOne = await client.createDistributionWithTags({
      DistributionConfigWithTags: { DistributionConfig: smallConfig("v3 tagged"), Tags: { Items: tags } },
    });
    const ofOther = await client.createStreamingDistributionWithTags({
      StreamingDistributionConfigWithTags: {
        StreamingDistributionConfig: streamingConfig("v3-tagged", { Enabled: false }),
        Tags: { Items: tags },
      },
    });
    for (const Resource of [present(ofOne.Distribution?.ARN), present(ofOther.StreamingDistribution?.ARN)]) {
      const read = async () => {
        const { Tags } = await client.listTagsForResource({ Resource });
        return Object.fromEntries((Tags?.Items ?? []).map((tag) => [tag.Key, tag.Value]));
      };
      assert.deepEqual(await read(), { stage: "test", Größe: "" });
      await client.tagResource({ Resource, Tags: { Items: [{ Key: "stage", Value: "live" }, { Key: "new" }] } });
      assert.deepEqual(await read(), { stage: "live", Größe: "", new: "" });
      await client.untagResource({ Resource, TagKeys: { Items: ["Größe", "absent", "new"] } });
      assert.deepEqual(await read(), { stage: "live" });
    }
    const Id = present(ofOne.Distribution?.Id);
    await waitUntilDistributionDeployed({ client, ...WAIT }, { Id });
    await client.deleteDistribution({ Id, IfMatch: ofOne.ETag });
    const other = present(ofOther.StreamingDistribution?.Id);
    await waitUntilStreamingDistributionDeployed({ client, ...WAIT }, { Id: other });
    await client.deleteStreamingDistribution({ Id: other, IfMatch: ofOther.ETag });
  });

  await t.test("an error is the class that the SDK has for it", async (each) => {
    const { ETag = "", DistributionConfig } = await client.getDistributionConfig({ Id: rich });
    const stored = present(DistributionConfig);
    const update = (about: Partial<cloudfront.UpdateDistributionRequest>) =>
      client.updateDistribution({ Id: rich, IfMatch: ETag, DistributionConfig: stored, ...about });
    const create = (settings: Parameters<typeof smallConfig>[1], reference = "v3 refused") =>
      client.createDistribution({ DistributionConfig: smallConfig(reference, settings) });
    const identityOf = (Comment: string) => ({
      CloudFrontOriginAccessIdentityConfig: { CallerReference: "v3", Comment },
    });
    const paths = { Quantity: 1, Items: ["/"] };
    const origin = present(smallConfig("").Origins?.Items?.[0]);

    const rows: readonly (readonly [ErrorClass, number, () => Promise<unknown>])[] = [
      [cloudfront.NoSuchDistribution, 404, () => client.getDistribution({ Id: "E0" })],
      [cloudfront.NoSuchDistribution, 404, () => update({ Id: "E0" })],
      [cloudfront.NoSuchStreamingDistribution, 404, () => client.getStreamingDistribution({ Id: "E0" })],
      [
        cloudfront.NoSuchCloudFrontOriginAccessIdentity,
        404,
        () => client.getCloudFrontOriginAccessIdentity({ Id: "E0" }),
      ],
      [cloudfront.NoSuchInvalidation, 404, () => client.getInvalidation({ DistributionId: rich, Id: "I0" })],
      [
        cloudfront.NoSuchResource,
        404,
        () => client.listTagsForResource({ Resource: "arn:aws:cloudfront::000000000000:distribution/E0" }),
      ],
      [cloudfront.InvalidIfMatchVersion, 400, () => update({ IfMatch: undefined })],
      [cloudfront.InvalidIfMatchVersion, 400, () => client.deleteDistribution({ Id: rich })],
      [cloudfront.PreconditionFailed, 412, () => update({ IfMatch: firstETag })],
      [cloudfront.PreconditionFailed, 412, () => client.deleteDistribution({ Id: rich, IfMatch: firstETag })],
      [cloudfront.DistributionNotDisabled, 409, () => client.deleteDistribution({ Id: rich, IfMatch: ETag })],
      [cloudfront.IllegalUpdate, 400, () => update({ DistributionConfig: { ...stored, CallerReference: "another" } })],
      [cloudfront.DistributionAlreadyExists, 409, () => create({ Comment: "another" }, "v3-rich")],
      [
        cloudfront.CloudFrontOriginAccessIdentityAlreadyExists,
        409,
        () => client.createCloudFrontOriginAccessIdentity(identityOf("another")),
      ],
      [cloudfront.CNAMEAlreadyExists, 409, () => create({ Aliases: present(stored.Aliases) })],
      [
        cloudfront.CloudFrontOriginAccessIdentityInUse,
        409,
        async () => {
          const used = richConfig("v3-using", identity);
          await client.createDistribution({ DistributionConfig: { ...used, Aliases: { Quantity: 0 } } });
          await client.deleteCloudFrontOriginAccessIdentity({ Id: identity, IfMatch: identityETag });
        },
      ],
      [cloudfront.InconsistentQuantities, 400, () => create({ Aliases: { Quantity: 2, Items: ["a.example.com"] } })],
      [
        cloudfront.NoSuchOrigin,
        404,
        () => create({ DefaultCacheBehavior: { ...SMALL_BEHAVIOR, TargetOriginId: "nowhere" } }),
      ],
      [
        cloudfront.InvalidTTLOrder,
        400,
        () => create({ DefaultCacheBehavior: { ...SMALL_BEHAVIOR, MinTTL: 10, DefaultTTL: 5 } }),
      ],
      [cloudfront.InvalidArgument, 400, () => create({ Comment: "c".repeat(129) })],
      [
        cloudfront.InvalidArgument,
        400,
        () =>
          create({ Logging: { Enabled: true, IncludeCookies: false, Bucket: "bucket.s3.amazonaws.com", Prefix: "" } }),
      ],
      [cloudfront.InvalidDefaultRootObject, 400, () => create({ DefaultRootObject: "/index.html" })],
      [
        cloudfront.InvalidOriginAccessIdentity,
        400,
        () =>
          create({
            Origins: {
              Quantity: 1,
              Items: [
                {
                  Id: "o",
                  DomainName: "bucket.s3.amazonaws.com",
                  S3OriginConfig: { OriginAccessIdentity: "origin-access-identity/cloudfront/E0" },
                },
              ],
            },
          }),
      ],
      [
        cloudfront.TooManyOriginCustomHeaders,
        400,
        () => {
          const items = Array.from({ length: 11 }, (_, index) => ({ HeaderName: `X-${index}`, HeaderValue: "" }));
          const many = { ...origin, CustomHeaders: { Quantity: items.length, Items: items } };
          return create({ Origins: { Quantity: 1, Items: [many] } });
        },
      ],
      [cloudfront.InvalidWebACLId, 400, () => create({ WebACLId: "strict" })],
      [
        cloudfront.InvalidViewerCertificate,
        400,
        () =>
          create({
            ViewerCertificate: {
              ACMCertificateArn: "arn:aws:acm:us-east-1:123456789012:certificate/1",
              SSLSupportMethod: "sni-only",
            },
          }),
      ],
      [
        cloudfront.TrustedSignerDoesNotExist,
        400,
        () =>
          create({
            DefaultCacheBehavior: {
              ...SMALL_BEHAVIOR,
              TrustedSigners: { Enabled: true, Quantity: 1, Items: ["999999999999"] },
            },
          }),
      ],
      [
        cloudfront.InvalidArgument,
        400,
        () =>
          client.createInvalidation({
            DistributionId: rich,
            InvalidationBatch: { CallerReference: "1", Paths: paths },
          }),
      ],
      [
        cloudfront.InvalidTagging,
        400,
        () =>
          client.tagResource({
            Resource: `arn:aws:cloudfront::000000000000:distribution/${rich}`,
            Tags: { Items: [{ Key: "aws:mine" }] },
          }),
      ],
      [cloudfront.InvalidArgument, 400, () => client.listDistributions({ Marker: "no id" })],
    ];
    for (const [index, [error, status, call]] of rows.entries()) {
      await each.test(`${error.name} (${index + 1})`, async () => {
        await assertRefused(call(), error, status);
      });
    }
    await each.test("an operation that is not built says so by name", async () => {
      await assert.rejects(client.listCachePolicies({}), (thrown: Error) => {
        assert.equal(thrown.name, "UnsupportedOperation");
        assert.match(thrown.message, /^ListCachePolicies is not built yet/);
        return true;
      });
      called.delete("ListCachePolicies");
    });
  });

  await t.test("what was enabled is disabled, then deleted", async () => {
    const { DistributionList } = await client.listDistributions({});
    for (const { Id = "" } of DistributionList?.Items ?? []) {
      const { ETag, DistributionConfig } = await client.getDistributionConfig({ Id });
      const off = { ...present(DistributionConfig), Enabled: false };
      const updated = await client.updateDistribution({ Id, IfMatch: ETag, DistributionConfig: off });
      await waitUntilDistributionDeployed({ client, ...WAIT }, { Id });
      await client.deleteDistribution({ Id, IfMatch: updated.ETag });
      await assertRefused(client.getDistribution({ Id }), cloudfront.NoSuchDistribution, 404);
    }
    await client.deleteCloudFrontOriginAccessIdentity({ Id: identity, IfMatch: identityETag });
    assert.equal((await client.listDistributions({})).DistributionList?.Quantity, 0);
  });

  assert.deepEqual([...called].sort(), Object.keys(OPERATIONS).sort());
  assert.doesNotMatch(service.errors(), / error /);
});

test("callers are told apart by their keys", async (t) => {
  await using service = await startService();
  const client = clientOf(service);

  await t.test("any region in the signature is as good as another", async () => {
    for (const region of ["us-east-1", "eu-central-1", "ap-southeast-2", "us-gov-west-1", "cn-north-1"]) {
      const { DistributionList } = await clientOf(service, DEFAULT_KEYS, region).listDistributions({});
      assert.equal(DistributionList?.Quantity, 0, region);
    }
  });

  await t.test("STS tells who is calling, and gives session credentials that work", async () => {
    const sts = new STS({ endpoint: service.apiUrl, region: "eu-west-1", credentials: DEFAULT_KEYS, maxAttempts: 1 });
    const identity = await sts.getCallerIdentity({});
    assert.equal(identity.Account, "000000000000");
    assert.equal(identity.Arn, "arn:aws:iam::000000000000:user/test");
    const before = systemClock.now();
    const { Credentials } = await sts.getSessionToken({ DurationSeconds: 900 });
    const { AccessKeyId = "", SecretAccessKey = "", SessionToken = "", Expiration } = Credentials ?? {};
    assert.match(AccessKeyId, /^ASIA/);
    const lifeSeconds = (present(Expiration).getTime() - before) / 1000;
    assert(lifeSeconds > 890 && lifeSeconds < 960, String(lifeSeconds));

    const session = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
    const created = await clientOf(service, session, "sa-east-1").createDistribution({
      DistributionConfig: smallConfig("by session"),
    });
    const Id = present(created.Distribution?.Id);
    assert.equal((await client.getDistribution({ Id })).ETag, created.ETag);
    await assert.rejects(clientOf(service, { ...session, sessionToken: "another" }).getDistribution({ Id }), {
      name: "InvalidClientTokenId",
    });
    const inSession = new STS({ endpoint: service.apiUrl, region: "eu-west-1", credentials: session, maxAttempts: 1 });
    assert.equal((await inSession.getCallerIdentity({})).Account, "000000000000");
    await assert.rejects(inSession.getSessionToken({}), { name: "AccessDenied" });
    await assert.rejects(sts.getSessionToken({ DurationSeconds: 60 }), { name: "ValidationError" });
  });

  await t.test("a key that is unknown, or a secret that is wrong, is refused", async () => {
    await assert.rejects(clientOf(service, { ...DEFAULT_KEYS, accessKeyId: "AKIANOBODY" }).listDistributions({}), {
      name: "InvalidClientTokenId",
    });
    await assert.rejects(clientOf(service, { ...DEFAULT_KEYS, secretAccessKey: "wrong" }).listDistributions({}), {
      name: "SignatureDoesNotMatch",
    });
  });

  await t.test("a key made while the server runs works at once, in an account of its own", async () => {
    const made = await client.createDistribution({ DistributionConfig: smallConfig("the first account's") });
    const { Id = "", ARN = "" } = made.Distribution ?? {};
    const keys = await createKeys(service, "--account", "123456789012");
    const second = clientOf(service, keys);
    assert.equal((await second.listDistributions({})).DistributionList?.Quantity, 0);
    await assertRefused(second.getDistribution({ Id }), cloudfront.NoSuchDistribution, 404);
    await assertRefused(second.deleteDistribution({ Id, IfMatch: made.ETag }), cloudfront.NoSuchDistribution, 404);
    await assertRefused(second.listTagsForResource({ Resource: ARN }), cloudfront.NoSuchResource, 404);

    // A caller reference is the account's own; its owner is in the ARN.
    const own = await second.createDistribution({ DistributionConfig: smallConfig("the first account's") });
    assert.match(own.Distribution?.ARN ?? "", /^arn:aws:cloudfront::123456789012:distribution\/E/);

    const flags = ["--data-dir", service.dataDirectory, "--account", "123456789012", "--id", keys.accessKeyId];
    await warmfront("access-keys", "delete", ...flags);
    await assert.rejects(second.listDistributions({}), { name: "InvalidClientTokenId" });
  });

  await t.test("a read-only key reads and changes nothing", async () => {
    const flags = ["--account", "000000000000", "--access", "read-only", "--user", "auditor"];
    const reader = clientOf(service, await createKeys(service, ...flags));
    const { DistributionList } = await reader.listDistributions({});
    const { Id = "", ARN = "" } = present(DistributionList?.Items?.[0]);
    const { ETag: IfMatch } = await reader.getDistribution({ Id });
    assert.deepEqual((await reader.listTagsForResource({ Resource: ARN })).Tags?.Items ?? [], []);

    const refused = await assertRefused(reader.deleteDistribution({ Id, IfMatch }), cloudfront.AccessDenied, 403);
    assert.equal(
      refused.message,
      `User: arn:aws:iam::000000000000:user/auditor is not authorized to perform: cloudfront:DeleteDistribution on resource: ${ARN} because no identity-based policy allows the cloudfront:DeleteDistribution action`,
    );
    for (const call of [
      () => reader.createDistribution({ DistributionConfig: smallConfig("read-only") }),
      () =>
        reader.createCloudFrontOriginAccessIdentity({
          CloudFrontOriginAccessIdentityConfig: { CallerReference: "read-only", Comment: "" },
        }),
      () =>
        reader.createInvalidation({
          DistributionId: Id,
          InvalidationBatch: { CallerReference: "read-only", Paths: { Quantity: 1, Items: ["/*"] } },
        }),
      () => reader.tagResource({ Resource: ARN, Tags: { Items: [{ Key: "a" }] } }),
      () => reader.untagResource({ Resource: ARN, TagKeys: { Items: ["a"] } }),
    ]) {
      await assertRefused(call(), cloudfront.AccessDenied, 403);
    }
    assert.equal((await client.getDistribution({ Id })).ETag, IfMatch);
  });

  assert.doesNotMatch(service.errors(), / error /);
});

test("a page goes from the origin through the edge and back out of it", async (t) => {
  const dataDirectory = mkdtempSync(join(tmpdir(), "warmfront-loop-"));
  t.after(() => rmSync(dataDirectory, { recursive: true, force: true }));
  await using origin = await openTestOrigin((path) => ({
    headers: { "Cache-Control": "max-age=300", "Content-Type": "text/html" },
    body: `page ${path}, copy ${origin.asked.length}`,
  }));
  let service = await startService([], { dataDirectory });
  t.after(() => service[Symbol.asyncDispose]());
  let client = clientOf(service);
  let id = "";
  let host = "";
  const seen = async (path = "/page.html", of = host): Promise<readonly [number, string | undefined, string]> => {
    const { status, headers, body } = await view(service.edgePort, of, path);
    return [status, headers["x-cache"]?.toString(), body];
  };
  const explained = async (): Promise<string> => {
    const flags = ["--api-port", String(service.apiPort)];
    return (await warmfront("explain", ...flags, `http://${host}:${service.edgePort}/page.html`)).stdout;
  };
  const waiting = () => ({ client, ...WAIT });

  await t.test("Miss, Hit, invalidation, Miss", async () => {
    const config = smallConfig("loop", {
      port: origin.port,
      Enabled: true,
      DefaultRootObject: "index.html",
      Aliases: { Quantity: 1, Items: ["www.loop.example.com"] },
    });
    const { Distribution } = await client.createDistribution({ DistributionConfig: config });
    id = present(Distribution?.Id);
    host = present(Distribution?.DomainName);
    assert.match(host, /^d[0-9a-z]{12,13}\.cloudfront\.localhost$/);
    await waitUntilDistributionDeployed(waiting(), { Id: id });

    assert.deepEqual(await seen(), [200, "Miss from cloudfront", "page /page.html, copy 1"]);
    assert.deepEqual(await seen(), [200, "Hit from cloudfront", "page /page.html, copy 1"]);
    assert.deepEqual(await seen("/page.html", "www.loop.example.com"), [
      200,
      "Hit from cloudfront",
      "page /page.html, copy 1",
    ]);
    assert.deepEqual(await seen("/"), [200, "Miss from cloudfront", "page /index.html, copy 2"]);

    const InvalidationBatch = { CallerReference: "1", Paths: { Quantity: 1, Items: ["/page.html"] } };
    const { Invalidation } = await client.createInvalidation({ DistributionId: id, InvalidationBatch });
    await waitUntilInvalidationCompleted(waiting(), { DistributionId: id, Id: Invalidation?.Id });
    assert.deepEqual(await seen(), [200, "Miss from cloudfront", "page /page.html, copy 3"]);
    assert.deepEqual(await seen(), [200, "Hit from cloudfront", "page /page.html, copy 3"]);
    assert.deepEqual(await seen("/"), [200, "Hit from cloudfront", "page /index.html, copy 2"]);
    assert.deepEqual(origin.asked, ["/page.html", "/index.html", "/page.html"]);
  });

  /** Ends the service as told and starts another on its data directory: everything reads as before, and is served. */
  const restart = async (signal: "SIGTERM" | "SIGKILL"): Promise<void> => {
    await client.createCloudFrontOriginAccessIdentity({
      CloudFrontOriginAccessIdentityConfig: { CallerReference: signal, Comment: signal },
    });
    const StreamingDistributionConfig = streamingConfig(signal.toLowerCase());
    const { StreamingDistribution } = await client.createStreamingDistribution({ StreamingDistributionConfig });
    await waitUntilStreamingDistributionDeployed(waiting(), { Id: StreamingDistribution?.Id });
    const { Distribution } = await client.getDistribution({ Id: id });
    const Resource = Distribution?.ARN;
    await client.tagResource({ Resource, Tags: { Items: [{ Key: signal, Value: "kept" }] } });
    const keys = await createKeys(service, "--account", signal === "SIGTERM" ? "111111111111" : "222222222222");

    const everything = async () => {
      const { ETag, Distribution: distribution } = await client.getDistribution({ Id: id });
      const { CloudFrontOriginAccessIdentityList } = await client.listCloudFrontOriginAccessIdentities({});
      const { StreamingDistributionList } = await client.listStreamingDistributions({});
      const { InvalidationList } = await client.listInvalidations({ DistributionId: id });
      const { Tags } = await client.listTagsForResource({ Resource });
      return [
        ETag,
        distribution,
        CloudFrontOriginAccessIdentityList,
        StreamingDistributionList,
        InvalidationList,
        Tags,
      ];
    };
    const before = await everything();
    assert.equal(await service.end(signal), signal === "SIGTERM" ? 0 : signal);

    service = await startService([], { dataDirectory });
    client = clientOf(service);
    assert.deepEqual(await everything(), before);
    assert.equal((await clientOf(service, keys).listDistributions({})).DistributionList?.Quantity, 0);
    const [status, , body] = await seen();
    assert.deepEqual([status, body.slice(0, 16)], [200, "page /page.html,"]);
  };

  await t.test("a restart keeps everything", () => restart("SIGTERM"));

  await t.test("disabled it is refused, deleted its host is unknown", async () => {
    assert.match(await explained(), new RegExp(id));
    const { ETag, DistributionConfig } = await client.getDistributionConfig({ Id: id });
    const off = { ...present(DistributionConfig), Enabled: false };
    const updated = await client.updateDistribution({ Id: id, IfMatch: ETag, DistributionConfig: off });
    await waitUntilDistributionDeployed(waiting(), { Id: id });
    const refused = await seen();
    assert.deepEqual(refused.slice(0, 2), [403, "Error from cloudfront"]);
    assert.match(await explained(), new RegExp(`distribution ${id}, found by its .*, is disabled`));

    await client.deleteDistribution({ Id: id, IfMatch: updated.ETag });
    const unknown = await seen();
    assert.deepEqual(unknown.slice(0, 2), [403, "Error from cloudfront"]);
    assert.match(await explained(), /no distribution has the host/);
  });

  await t.test("a service that was killed has everything that it answered for, and is at once of use", async () => {
    const again = smallConfig("again", { port: origin.port, Enabled: true });
    const { Distribution } = await client.createDistribution({ DistributionConfig: again });
    id = present(Distribution?.Id);
    host = present(Distribution?.DomainName);
    await waitUntilDistributionDeployed(waiting(), { Id: id });
    await restart("SIGKILL");
    // Nobody waits until the lease of the edge that was killed runs out.
    const InvalidationBatch = { CallerReference: "2", Paths: { Quantity: 1, Items: ["/*"] } };
    const { Invalidation } = await client.createInvalidation({ DistributionId: id, InvalidationBatch });
    const soon = { client, ...WAIT, maxWaitTime: 8 };
    await waitUntilInvalidationCompleted(soon, { DistributionId: id, Id: Invalidation?.Id });
  });

  assert.doesNotMatch(service.errors(), / error /);
});
