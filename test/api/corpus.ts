// Valid requests of every operation of every API version, for fuzzing to start from, and a world in which they succeed.

import * as fc from "fast-check";
import type { ApiKind } from "../../src/control/kinds.ts";
import { OPERATIONS } from "../../src/control/operations.ts";
import { API_VERSIONS, apiModel, type ApiVersion } from "../../src/model/api.ts";
import type { AccountId, ResourceId } from "../../src/vocabulary/ids.ts";
import { formatRevision } from "../../src/vocabulary/revision.ts";
import type { WireDocument } from "../../src/wire/shape.ts";
import {
  arbitraryDistributionConfig,
  arbitraryOriginAccessIdentityConfig,
  arbitraryStreamingDistributionConfig,
} from "../arbitrary-config.ts";
import { openControlHarness, type Asked, type ControlHarness } from "../support/control-harness.ts";
import {
  accessControlConfig,
  distributionArn,
  distributionConfig,
  identityConfig,
  invalidationBatch,
  keyGroupConfig,
  P256_PEM,
  publicKeyConfig,
  RSA_PEM,
  streamingConfig,
  tagsOf,
} from "./configs.ts";
import type { Dice } from "./mutate.ts";
import { requestOf, succeed, textAt } from "./requests.ts";

/** A service with one of everything in it, small quotas, and a clock that stands. */
export interface FuzzWorld {
  readonly harness: ControlHarness;
  readonly ids: Readonly<Record<ApiKind | "invalidation", string>>;
}

const REFERENCE = "the-first";

export async function openFuzzWorld(): Promise<FuzzWorld> {
  const harness = await openControlHarness({
    limits: {
      distributionsPerAccountMax: 60,
      streamingDistributionsPerAccountMax: 60,
      originAccessIdentitiesPerAccountMax: 60,
      publicKeysPerAccountMax: 60,
      keyGroupsPerAccountMax: 60,
      originAccessControlsPerAccountMax: 60,
    },
  });
  const web = await succeed(harness, "CreateDistribution", { DistributionConfig: distributionConfig(REFERENCE) });
  const stream = await succeed(harness, "CreateStreamingDistribution", {
    StreamingDistributionConfig: streamingConfig(REFERENCE),
  });
  const identity = await succeed(harness, "CreateCloudFrontOriginAccessIdentity", {
    CloudFrontOriginAccessIdentityConfig: identityConfig(REFERENCE),
  });
  const key = await succeed(harness, "CreatePublicKey", { PublicKeyConfig: publicKeyConfig(REFERENCE) });
  const group = await succeed(harness, "CreateKeyGroup", {
    KeyGroupConfig: keyGroupConfig("group", textAt(key.output, "PublicKey", "Id")),
  });
  const control = await succeed(harness, "CreateOriginAccessControl", {
    OriginAccessControlConfig: accessControlConfig("control"),
  });
  const distribution = textAt(web.output, "Distribution", "Id");
  const batch = await succeed(harness, "CreateInvalidation", {
    DistributionId: distribution,
    InvalidationBatch: invalidationBatch(REFERENCE, "/*"),
  });
  await harness.deploy();
  return {
    harness,
    ids: {
      distribution,
      "public-key": textAt(key.output, "PublicKey", "Id"),
      "key-group": textAt(group.output, "KeyGroup", "Id"),
      "origin-access-control": textAt(control.output, "OriginAccessControl", "Id"),
      "streaming-distribution": textAt(stream.output, "StreamingDistribution", "Id"),
      "origin-access-identity": textAt(identity.output, "CloudFrontOriginAccessIdentity", "Id"),
      invalidation: textAt(batch.output, "Invalidation", "Id"),
    },
  };
}

interface Samples {
  readonly DistributionConfig: readonly WireDocument[];
  readonly StreamingDistributionConfig: readonly WireDocument[];
  readonly CloudFrontOriginAccessIdentityConfig: readonly WireDocument[];
}

const samplesOf = new Map<ApiVersion, Samples>();

function samples(version: ApiVersion): Samples {
  let known = samplesOf.get(version);
  if (known === undefined) {
    const from = { numRuns: 12, seed: 7 };
    known = {
      DistributionConfig: fc.sample(arbitraryDistributionConfig(version), from),
      StreamingDistributionConfig: fc.sample(arbitraryStreamingDistributionConfig(version), from),
      CloudFrontOriginAccessIdentityConfig: fc.sample(arbitraryOriginAccessIdentityConfig(), from),
    };
    samplesOf.set(version, known);
  }
  return known;
}

function kindOf(operation: string): ApiKind {
  if (operation.includes("StreamingDistribution")) return "streaming-distribution";
  if (operation.includes("PublicKey")) return "public-key";
  if (/KeyGroups?$|KeyGroupConfig$/.test(operation) && !operation.includes("By")) return "key-group";
  if (operation.includes("AccessControl")) return "origin-access-control";
  return operation.includes("Identity") || operation.includes("Identities") ? "origin-access-identity" : "distribution";
}

async function revisionOf({ harness, ids }: FuzzWorld, kind: ApiKind): Promise<string> {
  const found = await harness.store.resources.get(kind, "000000000000" as AccountId, ids[kind] as ResourceId);
  return found === undefined ? "E0000000000000" : formatRevision(found.revision);
}

/** A request that is valid in this world, of any operation and version. */
export async function anyRequest(world: FuzzWorld, dice: Dice): Promise<Asked> {
  if (dice.chance(0.02)) return stsRequest(dice);
  const version = dice.pick(API_VERSIONS);
  const { operations } = apiModel(version);
  const built = [...operations.keys()].filter((name) => Object.hasOwn(OPERATIONS, name));
  if (dice.chance(0.03)) return notBuiltRequest(version, dice);
  // What carries a config is where most can go wrong.
  const name = dice.pick(dice.chance(0.6) ? built.filter((one) => /^(?:Create|Update)/.test(one)) : built);
  return requestOf(name, await inputOf(name, version, world, dice), version);
}

async function inputOf(name: string, version: ApiVersion, world: FuzzWorld, dice: Dice): Promise<WireDocument> {
  const { ids } = world;
  const kind = kindOf(name);
  const { DistributionConfig, StreamingDistributionConfig, CloudFrontOriginAccessIdentityConfig } = samples(version);
  const fresh = name.startsWith("Update")
    ? { CallerReference: REFERENCE }
    : { CallerReference: `r${dice.below(1_000_000)}` };
  // Aliases of samples collide soon, and identities are there to be named.
  const config = {
    DistributionConfig: { ...dice.pick(DistributionConfig), ...fresh, Aliases: { Quantity: 0 } },
    StreamingDistributionConfig: {
      ...dice.pick(StreamingDistributionConfig),
      ...fresh,
      Aliases: { Quantity: 0 },
      ...(name.startsWith("Update") && {
        S3Origin: { DomainName: "films.s3.amazonaws.com", OriginAccessIdentity: "" },
      }),
    },
    CloudFrontOriginAccessIdentityConfig: { ...dice.pick(CloudFrontOriginAccessIdentityConfig), ...fresh },
    PublicKeyConfig: publicKeyConfig(fresh.CallerReference, { EncodedKey: dice.pick([RSA_PEM, P256_PEM]) }),
    KeyGroupConfig: keyGroupConfig(`g${dice.below(1000)}`, ids["public-key"]),
    OriginAccessControlConfig: accessControlConfig(`c${dice.below(1000)}`),
  };
  const tags = tagsOf({ owner: "me", [`k${dice.below(100)}`]: "v" });
  const page = dice.chance(0.5) ? {} : { MaxItems: String(dice.below(101)), Marker: ids[kind] };
  return {
    ...config,
    DistributionConfigWithTags: { DistributionConfig: config.DistributionConfig, Tags: tags },
    StreamingDistributionConfigWithTags: {
      StreamingDistributionConfig: config.StreamingDistributionConfig,
      Tags: tags,
    },
    InvalidationBatch: invalidationBatch(fresh.CallerReference, "/a", "/b/*", `/${dice.below(1000)}`),
    DistributionId: ids.distribution,
    Id: name === "GetInvalidation" ? ids.invalidation : ids[kind],
    // What is deleted is missed by all requests after it.
    IfMatch: name.startsWith("Delete") && dice.chance(0.9) ? "E0000000000000" : await revisionOf(world, kind),
    KeyGroupId: ids["key-group"],
    WebACLId: dice.pick([
      "null",
      "473e64fd-f30b-4765-81a0-62ad96dd167a",
      "arn:aws:wafv2:us-east-1:000000000000:global/webacl/a/b",
    ]),
    Resource: distributionArn(ids.distribution),
    Tags: tags,
    TagKeys: { Items: ["owner", `k${dice.below(100)}`] },
    ...(name.startsWith("List") && page),
  };
}

function notBuiltRequest(version: ApiVersion, dice: Dice): Asked {
  const all = [...apiModel(version).operations.values()];
  const { method, path, selectedBy = [] } = dice.pick(all);
  const query = selectedBy.map(([key, value]) => `${key}=${value}`).join("&");
  const target = `/${version}${path.replaceAll(/\{\w+\}/g, "E0NOBODY000000")}${query === "" ? "" : `?${query}`}`;
  return { method, target, ...(method !== "GET" && { body: "<Something><Id>x</Id></Something>" }) };
}

function stsRequest(dice: Dice): Asked {
  const body = dice.pick([
    "Action=GetCallerIdentity&Version=2011-06-15",
    "Action=GetSessionToken&Version=2011-06-15&DurationSeconds=900",
  ]);
  return { method: "POST", target: "/", service: "sts", body };
}
