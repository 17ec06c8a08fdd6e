// The keys that may sign viewers' URLs and cookies, as the feed tells of them. A behavior names accounts and key groups; which
// keys those have is looked up for each request, so that a key that is added, deactivated or deleted counts at once,
// without a word of the distributions that trust it. [CFDG private-content-trusted-signers]

import { createPublicKey, type KeyObject } from "node:crypto";
import { isSigningKey } from "../../model/viewer-signature.ts";
import type { Change } from "../../store/store.ts";
import type { AccountId, ResourceId } from "../../vocabulary/ids.ts";
import { unreachable } from "../../vocabulary/unreachable.ts";

/** Who may sign for a behavior: accounts by their active key pairs, key groups by their keys. */
export interface Signers {
  readonly accounts: ReadonlySet<AccountId>;
  readonly groups: readonly ResourceId[];
}

/** Made anew whenever the key changes, so that whoever remembers something of a key remembers it of this text of it. */
export interface TrustedKey {
  readonly id: ResourceId;
  readonly account: AccountId;
  /** Decides by which era's rules a Resource matches. [D-0016] */
  readonly kind: "key-pair" | "public-key";
  readonly publicKey: KeyObject;
}

export type KeyChange = Extract<Change, { kind: "public-key" | "key-group" | "key-pair" }>;

export interface TrustedKeys {
  /** The key of that id, if it may sign for the behavior now. */
  find(signers: Signers, id: string): TrustedKey | undefined;
  /** All that may, for those who ask why. */
  list(signers: Signers): readonly TrustedKey[];
  /** Keys of the account, whether trusted or not, deactivated ones too. */
  ofAccount(account: AccountId): readonly TrustedKey[];
  apply(change: KeyChange): void;
  remove(id: ResourceId): void;
}

export function openTrustedKeys(): TrustedKeys {
  const keys = new Map<string, TrustedKey & { readonly isActive: boolean }>();
  const groups = new Map<ResourceId, ReadonlySet<string>>();

  function isTrusted(signers: Signers, key: TrustedKey & { readonly isActive: boolean }): boolean {
    if (key.kind === "key-pair") return key.isActive && signers.accounts.has(key.account);
    return signers.groups.some((group) => groups.get(group)?.has(key.id) === true);
  }
  function put(kind: TrustedKey["kind"], id: ResourceId, account: AccountId, pem: string, isActive: boolean): void {
    // What cannot be read must not go on as it was before.
    keys.delete(id);
    const publicKey = createPublicKey(pem);
    if (!isSigningKey(publicKey)) throw new Error(`${id} is a key of a kind that signs no URLs`);
    keys.set(id, { id, account, kind, publicKey, isActive });
  }

  return {
    find(signers, id) {
      const key = keys.get(id);
      return key !== undefined && isTrusted(signers, key) ? key : undefined;
    },
    list: (signers) => [...keys.values()].filter((key) => isTrusted(signers, key)),
    ofAccount: (account) => [...keys.values()].filter((key) => key.account === account),
    apply(change) {
      switch (change.kind) {
        case "public-key":
          put("public-key", change.key.id, change.key.account, change.key.pem, true);
          break;
        case "key-pair":
          put("key-pair", change.pair.id, change.pair.account, change.pair.pem, change.pair.isActive);
          break;
        case "key-group":
          groups.set(change.group.id, new Set(change.group.keys));
          break;
        default:
          unreachable(change);
      }
    },
    remove(id) {
      keys.delete(id);
      groups.delete(id);
    },
  };
}
