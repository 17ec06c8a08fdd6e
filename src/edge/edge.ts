// The edge as the service sees it: give it the feed's changes, let viewers' requests in, ask it to explain. It owns
// nothing but connections to origins and the cache in memory; listeners, the feed and the clock are handed in.

import type { AccountId, FeedNumber, RandomBytes } from "../vocabulary/ids.ts";
import type { Limits } from "../vocabulary/limits.ts";
import type { Clock } from "../vocabulary/time.ts";
import type { Change } from "../store/store.ts";
import type { Answer, Respond } from "./transport/message.ts";

export interface EdgeSettings {
  /** What follows a distribution's label in its own host name, without the leading dot: `cloudfront.localhost`. */
  readonly domainSuffix: string;
  /** Port that redirects to HTTPS name; left out of them when it is 443. */
  readonly publicHttpsPort: number;
  /** `X-Amz-Cf-Pop` of every answer. */
  readonly popName: string;
  /** Origins may be on loopback, link-local and private addresses (DESIGN: only while viewers' listeners are on loopback). */
  readonly allowPrivateOrigins: boolean;
  /** PEM certificates that origins may be signed by, beside the well-known ones. */
  readonly originAuthorities?: readonly string[];
  readonly limits: Limits;
}

/** One line for the operator's log. */
export interface EdgeEvent {
  readonly level: "info" | "warn" | "error";
  readonly event: string;
  /** The request's `X-Amz-Cf-Id`, when there is one. */
  readonly requestId?: string;
  readonly why: string;
}

/** Since the edge was opened, but for the last group, which says how things are now. */
export interface EdgeCounters {
  readonly requests: number;
  readonly hits: number;
  readonly refreshHits: number;
  readonly misses: number;
  readonly redirects: number;
  /** Answers with X-Cache `Error from cloudfront`. */
  readonly errors: number;
  /** Faults of our own, answered 500. */
  readonly faults: number;
  readonly originRequests: number;
  readonly originFailures: number;
  readonly evicted: number;
  readonly invalidated: number;
  readonly distributions: number;
  readonly storedResponses: number;
  readonly storedBytes: number;
  readonly fetchesInFlight: number;
}

/** What `explain` is asked about. `headers` are the viewer's, Host aside: that is the URL's. */
export interface ExplainRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

/** One decision. `source` is a citation tag, or the setting that decides. */
export interface ExplanationStep {
  readonly stage: string;
  readonly decision: string;
  readonly why: string;
  readonly source: string;
}

/** Plain data, to be sent as JSON. */
export interface Explanation {
  /** What the viewer would get, in a few words: `hit`, `miss`, `expired`, `pass`, or a status and reason. */
  readonly verdict: string;
  readonly steps: readonly ExplanationStep[];
}

/** A request that the codec could not or would not read. */
export interface RefusedMessage {
  readonly status: number;
  readonly method?: string;
}

export interface Edge extends AsyncDisposable {
  /** Applies the feed's steps in order. When it returns they are in force for every request that begins afterwards. */
  apply(changes: readonly Change[]): void;
  /** Number of the last applied step, 0 before the first. */
  appliedThrough(): FeedNumber;
  readonly respond: Respond;
  /** The error page for a message that never became a request; the connection closes after it. */
  refuse(refused: RefusedMessage): Answer;
  /** Runs the pure stages on the live configuration; asks no origin and changes nothing. With `account`, others' distributions are unknown. */
  explain(request: ExplainRequest, account?: AccountId): Explanation;
  counters(): EdgeCounters;
  /** Aborts what is in flight and closes the connections to origins. */
  close(): Promise<void>;
}

export interface EdgeSurroundings {
  readonly settings: EdgeSettings;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly log: (event: EdgeEvent) => void;
}

export declare function openEdge(surroundings: EdgeSurroundings): Edge;
