// How the errors about public keys, key groups and origin access controls come about; rows like those of error-rows.ts.

import type { WireDocument } from "../../src/wire/shape.ts";
import {
  accessControlConfig,
  behavior,
  customOrigin,
  distributionConfig,
  keyGroupConfig,
  listOf,
  publicKeyConfig,
  s3Origin,
} from "./configs.ts";
import { absentRow, denied, made, NOBODY, revisionRows, type ErrorRow, type Rows, type World } from "./error-row.ts";

const PUBLIC_KEY = publicKeyConfig("first");
const CONTROL = accessControlConfig("first");

export async function madeKeyGroup(world: World, name = "first"): Promise<{ Id: string; IfMatch: string }> {
  const key = await made(world, "PublicKey", publicKeyConfig(`of-${name}`));
  return made(world, "KeyGroup", keyGroupConfig(name, key.Id));
}

type Wrap = (more: WireDocument, world: World) => WireDocument | Promise<WireDocument>;

const trusting = (...groups: readonly string[]): WireDocument => ({
  DefaultCacheBehavior: behavior({ TrustedKeyGroups: { Enabled: true, ...listOf(...groups) } }),
});
const controlled = (Id: string): WireDocument => ({
  Origins: listOf(customOrigin(), { ...s3Origin(), OriginAccessControlId: Id }),
});

/** What a distribution's config is refused for that names a group or a control that is there. */
export function keyFaults(wrap: Wrap): Rows {
  return {
    TooManyDistributionsAssociatedToKeyGroup: {
      limits: { distributionsPerKeyGroupMax: 1 },
      provoke: async (world) => {
        const { Id } = await madeKeyGroup(world);
        await made(world, "Distribution", distributionConfig("other", trusting(Id)));
        return wrap(trusting(Id), world);
      },
    },
    TooManyDistributionsAssociatedToOriginAccessControl: {
      limits: { distributionsPerOriginAccessControlMax: 1 },
      provoke: async (world) => {
        const { Id } = await made(world, "OriginAccessControl", CONTROL);
        await made(world, "Distribution", distributionConfig("other", controlled(Id)));
        return wrap(controlled(Id), world);
      },
    },
  };
}

const config = (resource: string, sent: WireDocument): WireDocument => ({ [`${resource}Config`]: sent });

/** An update that is refused for its config. */
function updateRow(resource: string, before: WireDocument, sent: WireDocument): ErrorRow {
  return { provoke: async (world) => ({ ...(await made(world, resource, before)), ...config(resource, sent) }) };
}

const MATCH = { Id: NOBODY, IfMatch: "E23ZP02F085DFQ" };

/** A key group's config needs keys that are there, so its rows make them first. */
function keyGroupRevisions(input: (sent: WireDocument) => WireDocument): Rows {
  const changed = async (world: World, IfMatch?: string): Promise<WireDocument> => {
    const key = await made(world, "PublicKey", PUBLIC_KEY);
    const group = await made(world, "KeyGroup", keyGroupConfig("first", key.Id));
    const sent = keyGroupConfig("first", key.Id);
    if (IfMatch !== undefined) return { Id: group.Id, IfMatch, ...input(sent) };
    await world.succeed("UpdateKeyGroup", {
      ...group,
      ...config("KeyGroup", { ...sent, Comment: "changed meanwhile" }),
    });
    return { ...group, ...input(sent) };
  };
  return {
    NoSuchResource: absentRow({ ...MATCH, ...input(keyGroupConfig("first", NOBODY)) }),
    InvalidIfMatchVersion: { provoke: (world) => changed(world, "not-a-version") },
    PreconditionFailed: { provoke: (world) => changed(world) },
  };
}

/** A group of one key more than is allowed. */
async function tooManyKeys(world: World): Promise<readonly string[]> {
  const keys = ["a", "b", "c"].map(async (name) => (await made(world, "PublicKey", publicKeyConfig(name))).Id);
  return Promise.all(keys);
}

export const KEY_ERROR_ROWS: Readonly<Record<string, Rows>> = {
  CreatePublicKey: {
    InvalidArgument: absentRow(config("PublicKey", publicKeyConfig("first", { EncodedKey: "not a key" }))),
    PublicKeyAlreadyExists: {
      provoke: async (world) => {
        await made(world, "PublicKey", PUBLIC_KEY);
        return config("PublicKey", publicKeyConfig("first", { Name: "another" }));
      },
    },
    TooManyPublicKeys: { limits: { publicKeysPerAccountMax: 0 }, provoke: () => config("PublicKey", PUBLIC_KEY) },
  },
  UpdatePublicKey: {
    ...revisionRows("PublicKey", "NoSuchPublicKey", PUBLIC_KEY, config("PublicKey", PUBLIC_KEY)),
    AccessDenied: denied({ ...MATCH, ...config("PublicKey", PUBLIC_KEY) }),
    CannotChangeImmutablePublicKeyFields: updateRow(
      "PublicKey",
      PUBLIC_KEY,
      publicKeyConfig("first", { Name: "another" }),
    ),
    IllegalUpdate: updateRow("PublicKey", PUBLIC_KEY, publicKeyConfig("second")),
    InvalidArgument: updateRow("PublicKey", PUBLIC_KEY, { ...PUBLIC_KEY, Comment: "x".repeat(129) }),
  },
  DeletePublicKey: {
    ...revisionRows("PublicKey", "NoSuchPublicKey", PUBLIC_KEY),
    AccessDenied: denied(MATCH),
    PublicKeyInUse: {
      from: "2020-05-31", // groups, which use keys, are as young
      provoke: async (world) => {
        const key = await made(world, "PublicKey", PUBLIC_KEY);
        await made(world, "KeyGroup", keyGroupConfig("first", key.Id));
        return { ...key };
      },
    },
  },
  GetPublicKey: { NoSuchPublicKey: absentRow({ Id: NOBODY }) },
  GetPublicKeyConfig: { NoSuchPublicKey: absentRow({ Id: NOBODY }) },
  ListPublicKeys: { InvalidArgument: absentRow({ MaxItems: "0" }) },

  CreateKeyGroup: {
    InvalidArgument: absentRow(config("KeyGroup", keyGroupConfig("first", "K0NOBODY000000"))),
    KeyGroupAlreadyExists: {
      provoke: async (world) => {
        const key = await made(world, "PublicKey", PUBLIC_KEY);
        await made(world, "KeyGroup", keyGroupConfig("first", key.Id));
        return config("KeyGroup", keyGroupConfig("first", key.Id));
      },
    },
    TooManyKeyGroups: {
      limits: { keyGroupsPerAccountMax: 0 },
      provoke: async (world) =>
        config("KeyGroup", keyGroupConfig("first", (await made(world, "PublicKey", PUBLIC_KEY)).Id)),
    },
    TooManyPublicKeysInKeyGroup: {
      limits: { publicKeysPerKeyGroupMax: 2 },
      provoke: async (world) => config("KeyGroup", keyGroupConfig("first", ...(await tooManyKeys(world)))),
    },
  },
  UpdateKeyGroup: {
    ...keyGroupRevisions((sent) => config("KeyGroup", sent)),
    InvalidArgument: {
      provoke: async (world) => ({
        ...(await madeKeyGroup(world)),
        ...config("KeyGroup", keyGroupConfig("first", "K0NOBODY000000")),
      }),
    },
    KeyGroupAlreadyExists: {
      provoke: async (world) => {
        await madeKeyGroup(world, "taken");
        const group = await madeKeyGroup(world);
        const { output } = await world.succeed("GetKeyGroupConfig", { Id: group.Id });
        return { ...group, ...config("KeyGroup", { ...(output["KeyGroupConfig"] as WireDocument), Name: "taken" }) };
      },
    },
    TooManyPublicKeysInKeyGroup: {
      limits: { publicKeysPerKeyGroupMax: 2 },
      provoke: async (world) => ({
        ...(await madeKeyGroup(world)),
        ...config("KeyGroup", keyGroupConfig("first", ...(await tooManyKeys(world)))),
      }),
    },
  },
  DeleteKeyGroup: {
    ...keyGroupRevisions(() => ({})),
    ResourceInUse: {
      provoke: async (world) => {
        const group = await madeKeyGroup(world);
        await made(world, "Distribution", distributionConfig("first", trusting(group.Id)));
        return { ...group };
      },
    },
  },
  GetKeyGroup: { NoSuchResource: absentRow({ Id: NOBODY }) },
  GetKeyGroupConfig: { NoSuchResource: absentRow({ Id: NOBODY }) },
  ListKeyGroups: { InvalidArgument: absentRow({ Marker: "not an id" }) },

  CreateOriginAccessControl: {
    InvalidArgument: absentRow(
      config("OriginAccessControl", accessControlConfig("first", { OriginAccessControlOriginType: "mediastore" })),
    ),
    OriginAccessControlAlreadyExists: {
      provoke: async (world) => {
        await made(world, "OriginAccessControl", CONTROL);
        return config("OriginAccessControl", CONTROL);
      },
    },
    TooManyOriginAccessControls: {
      limits: { originAccessControlsPerAccountMax: 0 },
      provoke: () => config("OriginAccessControl", CONTROL),
    },
  },
  UpdateOriginAccessControl: {
    NoSuchOriginAccessControl: absentRow({ ...MATCH, ...config("OriginAccessControl", CONTROL) }),
    AccessDenied: denied({ ...MATCH, ...config("OriginAccessControl", CONTROL) }),
    InvalidIfMatchVersion: {
      provoke: async (world) => ({
        Id: (await made(world, "OriginAccessControl", CONTROL)).Id,
        ...config("OriginAccessControl", CONTROL),
      }),
    },
    InvalidArgument: updateRow("OriginAccessControl", CONTROL, accessControlConfig("x".repeat(65))),
    OriginAccessControlAlreadyExists: {
      provoke: async (world) => {
        await made(world, "OriginAccessControl", accessControlConfig("taken"));
        const control = await made(world, "OriginAccessControl", CONTROL);
        return { ...control, ...config("OriginAccessControl", accessControlConfig("taken")) };
      },
    },
    PreconditionFailed: {
      provoke: async (world) => {
        const control = await made(world, "OriginAccessControl", CONTROL);
        const input = { ...control, ...config("OriginAccessControl", accessControlConfig("changed")) };
        await world.succeed("UpdateOriginAccessControl", input);
        return input;
      },
    },
  },
  DeleteOriginAccessControl: {
    NoSuchOriginAccessControl: absentRow(MATCH),
    AccessDenied: denied(MATCH),
    InvalidIfMatchVersion: {
      provoke: async (world) => ({ Id: (await made(world, "OriginAccessControl", CONTROL)).Id, IfMatch: "x" }),
    },
    OriginAccessControlInUse: {
      provoke: async (world) => {
        const control = await made(world, "OriginAccessControl", CONTROL);
        await made(world, "Distribution", distributionConfig("first", controlled(control.Id)));
        return { ...control };
      },
    },
    PreconditionFailed: {
      provoke: async (world) => {
        const control = await made(world, "OriginAccessControl", CONTROL);
        const changed = config("OriginAccessControl", accessControlConfig("changed"));
        await world.succeed("UpdateOriginAccessControl", { ...control, ...changed });
        return { ...control };
      },
    },
  },
  GetOriginAccessControl: { NoSuchOriginAccessControl: absentRow({ Id: NOBODY }) },
  GetOriginAccessControlConfig: { NoSuchOriginAccessControl: absentRow({ Id: NOBODY }) },
  ListOriginAccessControls: { InvalidArgument: absentRow({ MaxItems: "many" }) },
};
