// What the pipeline works with: made once in edge.ts, handed through serve.ts. Nothing here is per request.

import type { DistributionId, FeedNumber, RandomBytes } from "../vocabulary/ids.ts";
import type { Limits } from "../vocabulary/limits.ts";
import type { Clock } from "../vocabulary/time.ts";
import type { CacheKey, CacheStorage, StoredResponse } from "./storage/cache-storage.ts";
import type { Flights } from "./cache/collapse.ts";
import type { Past } from "./cache/past.ts";
import type { CertificateTable } from "./certificate-table.ts";
import type { BucketStores } from "./bucket-stores.ts";
import type { AccessControls } from "./config/access-controls.ts";
import type { ConfigTable } from "./config/config-table.ts";
import type { LoadGuard } from "./overload/load-guard.ts";
import type { OriginFetcher } from "./origin-request/fetch-origin.ts";
import type { Encoders } from "./origin-response/encoders.ts";
import type { Signing } from "./viewer-request/signed/authorize-signed.ts";
import type { LogLevel } from "./quiet-log.ts";
import type { Keyed } from "./exchange.ts";
import type { Pulse } from "./peers/pulse.ts";
import type { RequestIds } from "./request-ids.ts";
import type { Answer } from "./transport/message.ts";
import type { Watching } from "./watching.ts";

/** ISO 3166-1 alpha-2 code of the country that an address is in; `undefined` where that is not known. */
export type CountryOf = (address: string) => string | undefined;

export interface EdgeParts {
  /** The time that viewers are served by: ages, ends of signatures, dates. Tests may move it. [D-0034] */
  readonly clock: Clock;
  /** The machine's, which nobody moves: for what is measured, and for what others say of theirs. The same object where no time is moved. */
  readonly machineClock: Clock;
  /** What follows a distribution's label in its own host name. */
  readonly domainSuffix: string;
  readonly publicHttpsPort: number;
  readonly limits: Limits;
  readonly random: RandomBytes;
  readonly config: ConfigTable;
  readonly accessControls: AccessControls;
  readonly buckets: BucketStores;
  readonly countryOf: CountryOf;
  /** `undefined` for an edge without TLS. */
  readonly certificates: CertificateTable | undefined;
  /** Who may sign for viewers, and what was verified. */
  readonly signing: Signing;
  readonly storage: CacheStorage;
  readonly flights: Flights;
  /** What became of keys that are not stored, for explain. */
  readonly past: Past;
  /** Keys that are being refreshed behind the back of viewers who got a stale answer. */
  readonly refreshing: Set<string>;
  readonly fetcher: OriginFetcher;
  /** Says what is refused while more is asked than can be answered. */
  readonly load: LoadGuard;
  readonly encoders: Encoders;
  readonly identity: EdgeIdentity;
  readonly tally: Tally;
  /** Who looks on. */
  readonly watching: Watching;
  /** Aborted when the edge closes. */
  readonly closing: AbortSignal;
  readonly requestIds: RequestIds;
  /** An origin was asked, and its head or its failure took so long. */
  countOrigin(distribution: DistributionId, ms: number, hasFailed: boolean): void;
  /**
   * Where the edge stands: the number of the last step of the feed, and a fraction that counts the invalidations of its own
   * since. What begins now has this position; an invalidation removes what began at a lower one.
   */
  position(): FeedNumber;
  /**
   * Removes these URLs, as keys have them, whatever their variants, and what is being fetched of them. Resolves when that is so
   * in every worker that lives.
   */
  forget(distribution: DistributionId, urls: readonly string[]): Promise<void>;
  /** The other workers of this machine, with which this one shares a cache; `undefined`: there are none. */
  readonly peers: Peers | undefined;
  /** Whether this worker may have been stopped for so long that they have given it up. */
  readonly pulse: Pulse;
  /** Of each event at most twenty lines in ten seconds. */
  log(level: LogLevel, event: string, requestId: string, why: string): void;
  /** For what viewers can bring about as often as they like: a line of each event in ten seconds. */
  logSeldom(level: LogLevel, event: string, requestId: string, why: string): void;
}

/** Workers that share one cache: each key has one of them as its owner, who alone fetches and stores. [D-0027] */
export interface Peers {
  readonly place: { readonly slot: number; readonly count: number };
  /** The slot that owns a key; asked for the key without variants and parts. */
  ownerOf(key: CacheKey): number;
  /** Answers what is not fresh in this worker's memory, by its owner where that is another; `stored` is what is there of it. */
  answer(keyed: Keyed, stored: StoredResponse | undefined, edge: EdgeParts): Answer | Promise<Answer>;
  forget(distribution: DistributionId, urls: readonly string[]): Promise<void>;
}

/** What this edge says of itself in every message. */
export interface EdgeIdentity {
  /** `<32 hex>.cloudfront.net (CloudFront)`, in Via both ways. */
  readonly viaName: string;
  readonly popName: string;
}

/** Counts answers by what they were; written by whoever makes one. */
export interface Tally {
  requests: number;
  hits: number;
  refreshHits: number;
  misses: number;
  redirects: number;
  errors: number;
  faults: number;
  originFailures: number;
  tunnels: number;
  /** Refused because more was asked than could be answered; errors too. */
  overloaded: number;
  /** Now. */
  tunnelsOpen: number;
}

export function newTally(): Tally {
  return {
    requests: 0,
    hits: 0,
    refreshHits: 0,
    misses: 0,
    redirects: 0,
    errors: 0,
    faults: 0,
    originFailures: 0,
    tunnels: 0,
    overloaded: 0,
    tunnelsOpen: 0,
  };
}
