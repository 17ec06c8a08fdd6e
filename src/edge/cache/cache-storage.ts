// The port between the pipeline and wherever stored responses are kept: in this process's memory, or on a disk that all
// workers of a machine share, with memory as its hot tier. A hit in the hot tier is found without waiting. What every
// storage promises, as a suite: cache-storage-contract.ts.

import type { DistributionId, FeedNumber } from "../../vocabulary/ids.ts";
import type { EpochMs, Seconds } from "../../vocabulary/time.ts";
import type { Lifetime } from "../origin-response/freshness-lifetime.ts";
import type { Field } from "../transport/message.ts";
import type { ReasonName } from "../viewer-response/reasons.ts";
import type { CacheKey } from "./cache-key.ts";

/** Everything about a stored response but its body: plain data, so that it can be written to a disk as it is. */
export interface StoredHead {
  readonly status: number;
  /** End to end, as the origin sent them; those that must not be kept are gone already. */
  readonly fields: readonly Field[];
  /** Position in the feed when the fetch began that last confirmed this response: older than an invalidation that comes later. */
  readonly began: FeedNumber;
  /** When the origin's head was here, or when it was last validated. */
  readonly respondedAtMs: EpochMs;
  /** Age that the response had at that instant. [RFC 9111 §4.2.3] */
  readonly ageThen: Seconds;
  readonly lifetime: Lifetime;
  /** Set when the edge made this response because the origin gave none; the page is made anew for each viewer. */
  readonly madeHere?: ReasonName;
}

export interface StoredResponse {
  readonly head: StoredHead;
  readonly body: StoredBody;
}

export interface StoredBody {
  readonly length: number;
  /** The whole body, where it is in memory in one piece. */
  readonly bytes: Uint8Array | undefined;
  /** In pieces, as fast as they are taken. A body that was found stays whole to its end, also when it is evicted meanwhile. */
  read(): AsyncIterable<Uint8Array>;
}

/** Takes in one response. Exactly one of commit and abort ends it. */
export interface Admission {
  /**
   * `false`: it is not going to be stored, because it is too large, room is lacking, or an invalidation came. The bytes
   * stay the storage's then on, and must not be written to.
   */
  append(chunk: Uint8Array): boolean;
  /** From now on the response is found under its key, instead of any older one. `undefined`: it may not be stored after all. */
  commit(): StoredResponse | undefined;
  /** Nothing of it stays. */
  abort(): void;
}

/** What to remove: raw path with the query that is in the key, or with a star at its end any that begin so. */
export interface InvalidatedPath {
  readonly distribution: DistributionId;
  readonly path: string;
}

export interface StorageCounters {
  readonly storedResponses: number;
  readonly storedBytes: number;
  readonly evicted: number;
  readonly invalidated: number;
}

export interface CacheStorage {
  /** What the hot tier has. `below`: it has nothing, but `find` may. */
  peek(key: CacheKey): StoredResponse | "absent" | "below";
  /** As `peek`, but leaves no trace: what is looked at is not used. Only what is in memory. */
  glance(key: CacheKey): StoredResponse | undefined;
  /** Looks in all tiers. */
  find(key: CacheKey): Promise<StoredResponse | undefined>;
  /**
   * `bodyLength` where it is known. `undefined`: too large, or an invalidation that is younger than the fetch has
   * matched the key: such a response is never stored.
   */
  admit(key: CacheKey, head: StoredHead, bodyLength: number | undefined): Admission | undefined;
  /** Gives a response that was validated its new head. `undefined`: it may not stay stored, but may be served to who asked. */
  refresh(key: CacheKey, stored: StoredResponse, head: StoredHead): StoredResponse | undefined;
  /** Removes what matches and began before `number`, what is being admitted included, now and ever after. */
  invalidate(invalidated: InvalidatedPath, number: FeedNumber): void;
  counters(): StorageCounters;
  close(): Promise<void>;
}
