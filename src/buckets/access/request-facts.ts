// What a request says beside who asks for what: all that conditions of a policy can look at. Taken from the request in one
// place, so that no operation forgets one.

import type { Bucket, StoredObject } from "../../store/buckets.ts";
import type { EpochMs } from "../../vocabulary/time.ts";
import type { Principal } from "./principal.ts";

/** A `BucketContext` is one. */
export interface RequestFacts {
  /** Scheme and authority that the caller used. */
  readonly endpoint: string;
  readonly remoteAddress: string;
  readonly now: EpochMs;
  /** Value of a field by lower-case name. */
  readonly field: (lowerName: string) => string | undefined;
  /** Decoded. */
  readonly query: ReadonlyMap<string, string>;
}

/** One thing that somebody wants to do. */
export interface AccessAsked {
  readonly principal: Principal;
  /** `s3:GetObject`. */
  readonly action: string;
  readonly bucket: Bucket;
  /** Absent where the action is about the bucket itself. */
  readonly key?: string;
  /** The version that is asked for, where it exists: its ACL and tags count. */
  readonly object?: StoredObject | undefined;
  readonly facts: RequestFacts;
}

export function bucketArn(bucket: string): string {
  return `arn:aws:s3:::${bucket}`;
}

export function resourceArn({ bucket, key }: Pick<AccessAsked, "bucket" | "key">): string {
  return key === undefined ? bucketArn(bucket.name) : `${bucketArn(bucket.name)}/${key}`;
}
