// Principals, a bucket and requests for the tests of this folder.

import type { Bucket } from "../../store/buckets.ts";
import type { AccessKeyId, AccountId, ResourceId } from "../../vocabulary/ids.ts";
import { epochMs } from "../../vocabulary/time.ts";
import type { Principal } from "./principal.ts";
import type { AccessAsked, RequestFacts } from "./request-facts.ts";

export const ALICE = "111111111111" as AccountId;
export const BOB = "222222222222" as AccountId;
export const IDENTITY = "E1IDENTITYALICE" as ResourceId;
export const DISTRIBUTION = "E1DISTRIBUTION1" as ResourceId;
export const CANONICAL = "c0ffee".padEnd(64, "0");

function user(account: AccountId, userName: string, access: "full" | "read-only"): Principal {
  const accessKeyId = `AKIA${userName.toUpperCase()}` as AccessKeyId;
  return { kind: "caller", caller: { account, accessKeyId, userName, access, isSession: false } };
}

export const PRINCIPALS = {
  anonymous: { kind: "anonymous" },
  owner: user(ALICE, "alice", "full"),
  "owner's reader": user(ALICE, "reader", "read-only"),
  other: user(BOB, "bob", "full"),
  "other's reader": user(BOB, "looker", "read-only"),
  identity: { kind: "identity", id: IDENTITY, account: ALICE, canonicalUserId: CANONICAL },
  service: { kind: "service", account: ALICE, distribution: DISTRIBUTION },
} as const satisfies Record<string, Principal>;
export type PrincipalKind = keyof typeof PRINCIPALS;

export function bucketWith(settings: Bucket["settings"] = {}): Bucket {
  return { name: "photos", account: ALICE, region: "eu-west-1", createdAtMs: epochMs(0), settings };
}

export interface FactsSketch {
  readonly endpoint?: string;
  readonly remoteAddress?: string;
  readonly now?: string;
  readonly fields?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
}

export function facts({
  endpoint = "http://store.example.net:7400",
  remoteAddress = "198.51.100.7",
  now = "2026-11-20T12:00:00Z",
  fields = {},
  query = {},
}: FactsSketch = {}): RequestFacts {
  return {
    endpoint,
    remoteAddress,
    now: epochMs(Date.parse(now)),
    field: (lowerName) => (Object.hasOwn(fields, lowerName) ? fields[lowerName] : undefined),
    query: new Map(Object.entries(query)),
  };
}

/** `key`: "" for the bucket itself. */
export function asking(who: PrincipalKind, action: string, key: string, more: Partial<AccessAsked> = {}): AccessAsked {
  return {
    principal: PRINCIPALS[who],
    action,
    bucket: bucketWith(),
    ...(key === "" ? {} : { key }),
    facts: facts(),
    ...more,
  };
}
