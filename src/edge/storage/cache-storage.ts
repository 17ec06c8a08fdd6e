// The port between the pipeline and wherever stored responses are kept: in this process's memory, or on a disk that all
// workers of a machine share, with memory as its hot tier. A hit in the hot tier is found without waiting; whatever else
// may be a disk's work is a promise. None of them ever rejects: a fault of the storage is a miss, or a response that is
// not stored. What every storage promises, as a suite: cache-storage-contract.ts. [D-0001]

import type { DistributionId, FeedNumber } from "../../vocabulary/ids.ts";
import type { EpochMs, Seconds } from "../../vocabulary/time.ts";
import type { EncodedHere } from "../origin-response/encoded-fields.ts";
import type { Lifetime } from "../origin-response/freshness-lifetime.ts";
import type { Field } from "../transport/message.ts";
import type { ReasonName } from "../reasons.ts";
import type { CountAsked, MatchingCount } from "./count-matching.ts";

/** What a stored response is found by; cache-key.ts makes it. */
export interface CacheKey {
  /** Equal exactly when all parts are. */
  readonly text: string;
  readonly distribution: DistributionId;
  /** What the paths of invalidations are compared with: raw path, and the query as far as it is in the key. */
  readonly url: string;
}

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
  /** How it may be served beyond its lifetime; left out: not at all. */
  readonly stale?: StaleRules;
  /** Until then it is served although it is stale, because the origin has just failed. */
  readonly heldUntilMs?: EpochMs;
  /** Lower-case names of the request fields that select it, where Vary counts, and the text of their values. */
  readonly variesOn?: readonly string[];
  readonly variant?: string;
  /** It is not a whole response, but parts of one, or the index of them. */
  readonly parts?: StoredParts;
  /** It only says where to look on for variants; it has no body and is never served. */
  readonly isVaryMarker?: true;
  /** Set when the edge made this response because the origin gave none; the page is made anew for each viewer. */
  readonly madeHere?: ReasonName;
  /** Set when the edge compressed it. Fields and body are those of the compressed form. */
  readonly encoded?: EncodedHere;
  /**
   * Set when another worker owns the key: this is a copy of what that one has, or was fetched while it was not there. It
   * is kept in memory only, and counts for as long as the lease does. [D-0027]
   */
  readonly lease?: CopyLease;
}

/** Shared by all copies of one owner: one write ends them all. */
export interface CopyLease {
  isHeld: boolean;
}

/** How long after the lifetime a stored response may be served all the same; stale-rules.ts settles it. */
export interface StaleRules {
  /** Served at once while it is refreshed behind the viewer's back. */
  readonly whileRevalidate: Seconds;
  /** Served when the origin cannot be reached or breaks off. */
  readonly onFailure: Seconds | "unbounded";
  /** Served when the origin answers 500, 502, 503 or 504. */
  readonly onError: Seconds | "unbounded";
}

/** Of an index all parts of one representation; of a part itself. */
export interface StoredParts {
  /** The same for all parts that may be combined, and for no others. */
  readonly representation: string;
  /** Length of the whole. */
  readonly total: number;
  /** In order of arrival; they may overlap. */
  readonly spans: readonly BodyPart[];
}

export interface StoredResponse {
  readonly head: StoredHead;
  readonly body: StoredBody;
}

export interface StoredBody {
  readonly length: number;
  /** The whole body, where it is in memory in one piece. */
  readonly bytes: Uint8Array | undefined;
  /**
   * All of it or a part, in pieces, as fast as they are taken; can be called several times. A body that was found is read
   * at once or not at all; what is being read stays whole to its end, also when it is replaced, invalidated or evicted
   * meanwhile. Throws when the storage cannot go on.
   */
  read(part?: BodyPart): AsyncIterable<Uint8Array>;
}

/** `from` is in it, `to` is not any more; `0 <= from <= to <= length`. */
export interface BodyPart {
  readonly from: number;
  readonly to: number;
}

/** What is stored as it is told to who asks about it, and serves nobody with it. */
export interface InspectedResponse {
  readonly head: StoredHead;
  readonly bodyLength: number;
  /** Not in memory: it has to be read to be served. */
  readonly isBelow: boolean;
}

/** Takes in one response. One of commit and abort ends it; an `append` that says no has ended it already, and both do nothing then. */
export interface Admission {
  /**
   * Never waits, so that the body goes on to the viewer at the viewer's pace. `false`: it is not going to be stored,
   * because it is too large, room is lacking, an invalidation came, or the disk has fallen behind with what it was given:
   * then the admission is lost, and the viewer notices nothing. The bytes are the storage's from now on, and must not be
   * written to.
   */
  append(chunk: Uint8Array): boolean;
  /**
   * What was given so far from that byte on, for who is too slow for memory to hold it; it may end earlier, and does when the admission
   * does. `undefined`: it cannot be read before it is stored, or not any more. Left out: never.
   */
  readBack?(from: number): AsyncIterable<Uint8Array> | undefined;
  /**
   * Once it has resolved, the response is found under its key, instead of any older one; until then a look-up finds the
   * older one, nothing, or all of the new one. `undefined`: it was not stored, for one of the reasons above or because an
   * invalidation that is younger than its fetch has come meanwhile.
   */
  commit(): Promise<StoredResponse | undefined>;
  /** Nothing of it stays. */
  abort(): void;
}

/** What to remove: raw path with the query that is in the key, or with a star at its end any that begin so. */
export interface InvalidatedPath {
  readonly distribution: DistributionId;
  readonly path: string;
  /** A star at its end is a character like any other: the path is a URL that was asked for, not what an owner wrote. */
  readonly isLiteral?: boolean;
}

export interface StorageCounters {
  /** Without copies of what another worker has. */
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
  /** Looks in all tiers. A response whose fetch began before an invalidation that matches is not found, swept or not. */
  find(key: CacheKey): Promise<StoredResponse | undefined>;
  /** What `find` would find now, but leaves no trace in any tier: it is neither used nor brought into memory. */
  inspect(key: CacheKey): Promise<InspectedResponse | undefined>;
  /**
   * `bodyLength` where it is known. `undefined`: too large, or an invalidation that is younger than the fetch has
   * matched the key: such a response is never stored.
   */
  admit(key: CacheKey, head: StoredHead, bodyLength: number | undefined): Admission | undefined;
  /** Gives a response that was validated its new head. `undefined`: it does not stay stored, but may be served to who asked. */
  refresh(key: CacheKey, stored: StoredResponse, head: StoredHead): Promise<StoredResponse | undefined>;
  /** Nothing stands under the key any more; what is being read stays whole to its end. */
  drop(key: CacheKey): void;
  /**
   * Notes a rule: what matches and began before `number` is not found from now on, nor stored by a commit that is under
   * way or comes later. It does not wait for the room to be free: sweeping is the storage's own affair.
   */
  invalidate(invalidated: InvalidatedPath, number: FeedNumber): void;
  /**
   * The invalidations so far hold for as long as what is stored does, also if the process dies now. Left out: they do at once. `false`: not
   * for what lies on a disk that another process still has.
   */
  invalidationsWritten?(): Promise<boolean>;
  /** It was stored and went for room unasked, as far as that is remembered; for explain. Left out: nothing is. */
  wasEvicted?(key: CacheKey): boolean;
  /** What an invalidation of these paths would remove now, without copies of what another worker has. */
  countMatching(asked: CountAsked): Promise<MatchingCount>;
  counters(): StorageCounters;
  close(): Promise<void>;
}
