// Whether a principal may do something. For now the bucket's owner may, and nobody else.

import type { Bucket, StoredObject } from "../../store/buckets.ts";
import type { EpochMs } from "../../vocabulary/time.ts";
import type { Principal } from "./principal.ts";

/** What of a request a policy's conditions may speak of. */
export interface RequestFacts {
  readonly remoteAddress: string;
  readonly isSecure: boolean;
  readonly referer: string | undefined;
  readonly userAgent: string | undefined;
  /** Of lists, as asked. */
  readonly prefix: string | undefined;
  readonly delimiter: string | undefined;
  readonly maxKeys: string | undefined;
  readonly now: EpochMs;
}

export interface AccessDecision {
  readonly kind: "allowed" | "denied";
  readonly why: string;
}

export function decideAccess({
  principal,
  bucket,
}: {
  readonly principal: Principal;
  readonly action: string;
  readonly bucket: Bucket;
  readonly key?: string;
  readonly object?: StoredObject | undefined;
  readonly facts: RequestFacts;
}): AccessDecision {
  return principal.kind === "caller" && principal.caller.account === bucket.account
    ? { kind: "allowed", why: "the bucket's owner" }
    : { kind: "denied", why: "not the bucket's owner" };
}
