// Who can make signed URLs for a distribution at this moment: the active key pairs of the accounts it trusts, the keys of the
// groups it trusts. Read when a distribution is shown, for others change it: the same config can read differently tomorrow.
// [CFAPI ActiveTrustedSigners], [CFAPI ActiveTrustedKeyGroups]

import type { TrustedSigners } from "../model/distribution.ts";
import type { Resource } from "../store/store.ts";
import { parseAccountId, parseResourceId, type AccountId } from "../vocabulary/ids.ts";
import type { OperationContext } from "./context.ts";
import type { ApiKind } from "./kinds.ts";

/** A trusted account (`self` for the owner's own) or group, and the ids of its keys; none if nothing can be signed with them. */
export interface ActiveSigner {
  readonly signer: string;
  readonly keys: readonly string[];
}

export interface ActiveSigners {
  readonly accounts: readonly ActiveSigner[];
  readonly keyGroups: readonly ActiveSigner[];
}

/** Beyond what an account can have. */
const ALL = 1000;

const NOBODY: ActiveSigners = { accounts: [], keyGroups: [] };

export async function readActiveSigners(
  resource: Resource<ApiKind>,
  context: OperationContext,
): Promise<ActiveSigners> {
  const { accounts, keyGroups } = trustedBy(resource);
  if (accounts.length === 0 && keyGroups.length === 0) return NOBODY;
  const own = resource.account;
  return {
    accounts: await Promise.all(
      accounts.map(async (signer) => {
        const account = signer === "self" ? own : parseAccountId(signer);
        return { signer, keys: account === undefined ? [] : await activeKeyPairs(account, context) };
      }),
    ),
    keyGroups: await Promise.all(
      keyGroups.map(async (signer) => ({ signer, keys: await keysOf(signer, own, context) })),
    ),
  };
}

/** Each once, in the order of the behaviors. */
function trustedBy(resource: Resource<ApiKind>): { accounts: readonly string[]; keyGroups: readonly string[] } {
  const { kind, account: own } = resource;
  // A key group's id is never an account's number.
  const unique = (lists: readonly TrustedSigners[]): readonly string[] => [
    ...new Set(lists.flatMap((list) => list.Items ?? []).map((signer) => (signer === own ? "self" : signer))),
  ];
  if (kind === "streaming-distribution") {
    const { config } = resource as Resource<"streaming-distribution">;
    return { accounts: unique([config.TrustedSigners]), keyGroups: [] };
  }
  if (kind !== "distribution") return { accounts: [], keyGroups: [] };
  const { config } = resource as Resource<"distribution">;
  const behaviors = [config.DefaultCacheBehavior, ...(config.CacheBehaviors.Items ?? [])];
  return {
    accounts: unique(behaviors.map(({ TrustedSigners: signers }) => signers)),
    keyGroups: unique(behaviors.map(({ TrustedKeyGroups: groups }) => groups)),
  };
}

async function activeKeyPairs(account: AccountId, { control }: OperationContext): Promise<readonly string[]> {
  const { items } = await control.store.resources.list("key-pair", account, { after: "", limit: ALL });
  return items.filter(({ config }) => config.Status === "Active").map(({ id }) => id);
}

async function keysOf(group: string, account: AccountId, { control }: OperationContext): Promise<readonly string[]> {
  const id = parseResourceId(group);
  const found = id && (await control.store.resources.get("key-group", account, id));
  return found?.config.Items ?? [];
}
