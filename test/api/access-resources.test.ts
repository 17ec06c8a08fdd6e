// Public keys, key groups and origin access controls: their lives, their names, their lists, and what of them distributions
// hold. Each error by itself is in error-rows-of-keys.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { API_VERSIONS } from "../../src/model/api.ts";
import type { WireDocument } from "../../src/wire/shape.ts";
import { openControlHarness, type ControlHarness } from "../support/control-harness.ts";
import {
  accessControlConfig,
  behavior,
  customOrigin,
  distributionConfig,
  identityPath,
  keyGroupConfig,
  listOf,
  P256_PEM,
  publicKeyConfig,
  RSA_PEM,
  s3Origin,
} from "./configs.ts";
import { at, call, succeed, textAt } from "./requests.ts";

async function make(harness: ControlHarness, resource: string, config: WireDocument) {
  const { output, etag } = await succeed(harness, `Create${resource}`, { [`${resource}Config`]: config });
  return { Id: textAt(output, resource, "Id"), IfMatch: etag, output };
}

const trusting = (...groups: readonly string[]): WireDocument => ({
  DefaultCacheBehavior: behavior({ TrustedKeyGroups: { Enabled: true, ...listOf(...groups) } }),
});

const controlled = (Id: string): WireDocument => ({
  Origins: listOf(customOrigin(), { ...s3Origin(), OriginAccessControlId: Id }),
});

interface Kind {
  readonly resource: string;
  readonly config: (harness: ControlHarness, name: string) => Promise<WireDocument>;
  readonly idForm: RegExp;
  readonly path: string;
  /** What an update may change. */
  readonly changed: WireDocument;
  /** Has Marker and IsTruncated in its list. */
  readonly hasMarker: boolean;
}

const KINDS: readonly Kind[] = [
  {
    resource: "PublicKey",
    config: async (_, name) => publicKeyConfig(name),
    idForm: /^K[0-9A-Z]{13}$/,
    path: "public-key",
    changed: { Comment: "changed" },
    hasMarker: false,
  },
  {
    resource: "KeyGroup",
    config: async (harness, name) => keyGroupConfig(name, (await make(harness, "PublicKey", publicKeyConfig(name))).Id),
    idForm: /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/,
    path: "key-group",
    changed: { Name: "changed", Comment: "changed" },
    hasMarker: false,
  },
  {
    resource: "OriginAccessControl",
    config: async (_, name) => accessControlConfig(name),
    idForm: /^E[0-9A-Z]{13}$/,
    path: "origin-access-control",
    changed: { Name: "changed", Description: "changed", SigningBehavior: "never" },
    hasMarker: true,
  },
];

const PLENTY = { publicKeysPerAccountMax: 1000, keyGroupsPerAccountMax: 1000, originAccessControlsPerAccountMax: 1000 };

for (const { resource, config, idForm, path, changed, hasMarker } of KINDS) {
  const member = `${resource}Config`;

  test(`a ${resource} lives from create to delete, and reads as it was written`, async () => {
    const harness = await openControlHarness();
    const sent = await config(harness, "one");
    const created = await succeed(harness, `Create${resource}`, { [member]: sent });
    const Id = textAt(created.output, resource, "Id");
    assert.match(Id, idForm);
    assert.equal(created.headers.get("location"), `http://127.0.0.1:7400/2020-05-31/${path}/${Id}`);
    const read = await succeed(harness, `Get${resource}`, { Id });
    assert.deepEqual(read.output[resource], created.output[resource]);
    assert.equal(read.etag, created.etag);
    const alone = await succeed(harness, `Get${resource}Config`, { Id });
    const written = at(read.output, resource, member) as WireDocument;
    assert.deepEqual(alone.output[member], written);
    for (const [name, value] of Object.entries(sent)) assert.deepEqual(written[name], value, name);

    const update = { Id, IfMatch: created.etag, [member]: { ...written, ...changed } };
    const updated = await succeed(harness, `Update${resource}`, update);
    assert.notEqual(updated.etag, created.etag);
    assert.deepEqual(at(updated.output, resource, member), { ...written, ...changed });
    assert.equal((await call(harness, `Update${resource}`, update)).code, "PreconditionFailed");
    assert.equal((await call(harness, `Delete${resource}`, update)).code, "PreconditionFailed");
    await succeed(harness, `Delete${resource}`, { Id, IfMatch: updated.etag });
    assert.equal((await call(harness, `Get${resource}`, { Id })).status, 404);
    // Its names and its reference are free again.
    await make(harness, resource, sent);
    assert.deepEqual(harness.faults, []);
  });

  test(`List${resource}s walks everything in pages`, async () => {
    const harness = await openControlHarness({ limits: PLENTY });
    const operation = `List${resource}s`;
    const list = async (input: WireDocument) =>
      (await succeed(harness, operation, input)).output[`${resource}List`] as WireDocument;
    assert.deepEqual(await list({}), {
      ...(hasMarker && { Marker: "", IsTruncated: false }),
      MaxItems: 100,
      Quantity: 0,
    });
    const ids: string[] = [];
    for (const name of ["a", "b", "c", "d", "e"]) {
      ids.push((await make(harness, resource, await config(harness, name))).Id);
    }
    ids.sort();
    for (const size of [1, 2, 4, 5, 6]) {
      const walked: string[] = [];
      let Marker = "";
      for (let pages = 0; pages < 6; pages++) {
        const page = await list({ MaxItems: String(size), ...(Marker !== "" && { Marker }) });
        const items = (page["Items"] ?? []) as readonly WireDocument[];
        walked.push(...items.map((item) => textAt((item["KeyGroup"] as WireDocument | undefined) ?? item, "Id")));
        assert.equal(page["IsTruncated"], hasMarker ? page["NextMarker"] !== undefined : undefined);
        if (page["NextMarker"] === undefined) break;
        Marker = textAt(page, "NextMarker");
      }
      assert.deepEqual(walked, ids, `in pages of ${size}`);
    }
  });

  test(`of 20 creates of a ${resource} with one name at the same moment one succeeds`, async () => {
    const harness = await openControlHarness({ limits: PLENTY });
    const sent = await config(harness, "one");
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        call(harness, `Create${resource}`, {
          [member]: { ...sent, ...(resource === "PublicKey" && { CallerReference: `r${index}` }) },
        }),
      ),
    );
    assert.deepEqual(answers.map(({ code }) => code).sort(), [
      "",
      ...Array.from({ length: 19 }, () => `${resource}AlreadyExists`),
    ]);
  });
}

// what is sent → what the refusal says; [undefined]: it is accepted
const PUBLIC_KEYS: readonly (readonly [more: WireDocument, says?: RegExp])[] = [
  [{ EncodedKey: P256_PEM }],
  [{ EncodedKey: RSA_PEM.trimEnd() }],
  [{ Name: "a".repeat(128) }],
  [{ Comment: "x".repeat(128) }],
  [{ Name: "" }, /Name/],
  [{ Name: "a".repeat(129) }, /Name/],
  [{ Name: "with space" }, /Name/],
  [{ CallerReference: "" }, /CallerReference/],
  [{ EncodedKey: "" }, /EncodedKey/],
  [{ EncodedKey: RSA_PEM.slice(0, 100) }, /no such key could be read/],
];

for (const [more, says] of PUBLIC_KEYS) {
  test(`a public key with ${JSON.stringify(more).slice(0, 60)} is ${says === undefined ? "made" : "refused"}`, async () => {
    const harness = await openControlHarness();
    const answer = await call(harness, "CreatePublicKey", { PublicKeyConfig: publicKeyConfig("one", more) });
    assert.equal(answer.code, says === undefined ? "" : "InvalidArgument");
    if (says !== undefined) assert.match(answer.message, says);
  });
}

test("names of public keys are the account's own, in the words of the real service", async () => {
  const harness = await openControlHarness();
  await make(harness, "PublicKey", publicKeyConfig("one"));
  const taken = await call(harness, "CreatePublicKey", {
    PublicKeyConfig: publicKeyConfig("two", { Name: "key-one" }),
  });
  assert.equal(taken.code, "PublicKeyAlreadyExists");
  assert.match(taken.message, /^The name that you are using to create a CloudFront public key is associated/);
});

test("public keys are of every version that has them, groups know all of them", async () => {
  const harness = await openControlHarness();
  const keys: string[] = [];
  for (const version of API_VERSIONS.filter((one) => one >= "2017-10-30").slice(0, 5)) {
    const input = { PublicKeyConfig: publicKeyConfig(version) };
    const { output } = await succeed(harness, "CreatePublicKey", input, { version });
    keys.push(textAt(output, "PublicKey", "Id"));
  }
  await make(harness, "KeyGroup", keyGroupConfig("all", ...keys));
});

test("a key group keeps its keys, a behavior its group, an origin its control", async () => {
  const harness = await openControlHarness();
  const key = await make(harness, "PublicKey", publicKeyConfig("one"));
  const group = await make(harness, "KeyGroup", keyGroupConfig("one", key.Id));
  const control = await make(harness, "OriginAccessControl", accessControlConfig("one"));
  const web = await make(
    harness,
    "Distribution",
    distributionConfig("one", { ...trusting(group.Id), ...controlled(control.Id) }),
  );
  const codes = async () => [
    (await call(harness, "DeletePublicKey", key)).code,
    (await call(harness, "DeleteKeyGroup", group)).code,
    (await call(harness, "DeleteOriginAccessControl", control)).code,
  ];
  assert.deepEqual(await codes(), ["PublicKeyInUse", "ResourceInUse", "OriginAccessControlInUse"]);
  await succeed(harness, "UpdateDistribution", { ...web, DistributionConfig: distributionConfig("one") });
  assert.deepEqual(await codes(), ["PublicKeyInUse", "", ""]);
  assert.equal((await call(harness, "DeletePublicKey", key)).code, "");
});

test("another account's key, group and control cannot be named", async () => {
  const harness = await openControlHarness();
  const accessKeyId = "AKIA1111111111110000";
  await harness.store.credentials.createKey({
    accessKeyId: accessKeyId as never,
    secret: "secret",
    account: "111111111111" as never,
    userName: "admin",
    access: "full",
    createdAtMs: harness.clock.now(),
  });
  const key = await make(harness, "PublicKey", publicKeyConfig("one"));
  const group = await make(harness, "KeyGroup", keyGroupConfig("one", key.Id));
  const control = await make(harness, "OriginAccessControl", accessControlConfig("one"));
  const signer = { accessKeyId, secret: "secret" };
  for (const [operation, input, code] of [
    ["CreateKeyGroup", { KeyGroupConfig: keyGroupConfig("one", key.Id) }, "InvalidArgument"],
    [
      "CreateDistribution",
      { DistributionConfig: distributionConfig("one", trusting(group.Id)) },
      "TrustedKeyGroupDoesNotExist",
    ],
    [
      "CreateDistribution",
      { DistributionConfig: distributionConfig("one", controlled(control.Id)) },
      "InvalidOriginAccessControl",
    ],
    ["ListDistributionsByKeyGroup", { KeyGroupId: group.Id }, "NoSuchResource"],
  ] as const) {
    assert.equal((await call(harness, operation, input, { signer })).code, code, operation);
  }
});

test("a distribution shows the keys of the groups that it trusts, as they are at that moment", async () => {
  const harness = await openControlHarness();
  const [one, two] = [
    await make(harness, "PublicKey", publicKeyConfig("one")),
    await make(harness, "PublicKey", publicKeyConfig("two")),
  ];
  const group = await make(harness, "KeyGroup", keyGroupConfig("one", one.Id));
  const web = await make(harness, "Distribution", distributionConfig("one", trusting(group.Id)));
  const shown = async () =>
    at((await succeed(harness, "GetDistribution", web)).output, "Distribution", "ActiveTrustedKeyGroups");
  const active = (...keys: readonly string[]) => ({
    Enabled: true,
    ...listOf({ KeyGroupId: group.Id, KeyPairIds: listOf(...keys) }),
  });
  assert.deepEqual(at(web.output, "Distribution", "ActiveTrustedKeyGroups"), active(one.Id));
  await succeed(harness, "UpdateKeyGroup", { ...group, KeyGroupConfig: keyGroupConfig("one", one.Id, two.Id) });
  assert.deepEqual(await shown(), active(one.Id, two.Id));
});

test("distributions are found by their key group, their ids alone, in pages", async () => {
  const harness = await openControlHarness();
  const key = await make(harness, "PublicKey", publicKeyConfig("one"));
  const group = await make(harness, "KeyGroup", keyGroupConfig("one", key.Id));
  const list = async (input: WireDocument = {}) =>
    (await succeed(harness, "ListDistributionsByKeyGroup", { KeyGroupId: group.Id, ...input })).output[
      "DistributionIdList"
    ];
  assert.deepEqual(await list(), { Marker: "", MaxItems: 100, IsTruncated: false, Quantity: 0 });
  await make(harness, "Distribution", distributionConfig("none"));
  const ids: string[] = [];
  for (const name of ["a", "b", "c"]) {
    ids.push((await make(harness, "Distribution", distributionConfig(name, trusting(group.Id)))).Id);
  }
  ids.sort();
  assert.deepEqual(await list(), { Marker: "", MaxItems: 100, IsTruncated: false, ...listOf(...ids) });
  const Marker = ids[1] ?? "";
  assert.deepEqual(await list({ MaxItems: "2" }), {
    Marker: "",
    NextMarker: Marker,
    MaxItems: 2,
    IsTruncated: true,
    ...listOf(...ids.slice(0, 2)),
  });
  assert.deepEqual(await list({ Marker }), { Marker, MaxItems: 100, IsTruncated: false, ...listOf(...ids.slice(2)) });
});

test("older versions neither see nor lose key groups and access controls", async () => {
  for (const version of API_VERSIONS) {
    const harness = await openControlHarness();
    const key = await make(harness, "PublicKey", publicKeyConfig("one"));
    const group = await make(harness, "KeyGroup", keyGroupConfig("one", key.Id));
    const control = await make(harness, "OriginAccessControl", accessControlConfig("one"));
    const config = distributionConfig("one", { ...trusting(group.Id), ...controlled(control.Id) });
    const { Id } = await make(harness, "Distribution", config);
    const before = (await succeed(harness, "GetDistributionConfig", { Id })).output["DistributionConfig"];
    const seen = await succeed(harness, "GetDistributionConfig", { Id }, { version });
    assert.equal(seen.body.includes(group.Id), version === "2020-05-31", version);
    const DistributionConfig = { ...(seen.output["DistributionConfig"] as WireDocument), Comment: "changed" };
    await succeed(harness, "UpdateDistribution", { Id, IfMatch: seen.etag, DistributionConfig }, { version });
    const after = (await succeed(harness, "GetDistributionConfig", { Id })).output["DistributionConfig"];
    assert.deepEqual(after, { ...(before as WireDocument), Comment: "changed" }, version);
    assert.equal((await call(harness, "DeleteKeyGroup", group)).code, "ResourceInUse", version);
  }
});

test("an older version cannot put an identity beside an access control that it does not see", async () => {
  const harness = await openControlHarness();
  const identity = await make(harness, "CloudFrontOriginAccessIdentity", { CallerReference: "one", Comment: "" });
  const control = await make(harness, "OriginAccessControl", accessControlConfig("one"));
  const web = await make(harness, "Distribution", distributionConfig("one", controlled(control.Id)));
  const DistributionConfig = distributionConfig("one", {
    Origins: listOf(customOrigin(), s3Origin(identityPath(identity.Id))),
  });
  const input = { ...web, DistributionConfig };
  assert.equal((await call(harness, "UpdateDistribution", input, { version: "2018-06-18" })).code, "IllegalUpdate");
  assert.equal((await call(harness, "UpdateDistribution", input)).code, "", "the newest says what it means");
});
