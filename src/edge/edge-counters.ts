// What an edge counts of itself. How workers' counters are put together is service/worker-counts.ts's, which of them Prometheus is told
// service/metrics/'s.

import type { TransportCounters } from "./transport-log.ts";

/** Since the edge was opened, but for the last group, which says how things are now. */
export interface EdgeCounters extends TransportCounters {
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
  /** WebSocket connections that were opened. */
  readonly tunnels: number;
  /** Answered 503 because more was asked than could be answered; errors too. */
  readonly overloaded: number;
  /** Responses that the edge began to compress, and those that it left as they were because it was busy. */
  readonly compressed: number;
  readonly compressionsSkipped: number;
  /** Signatures of viewers that a key was asked about; what is remembered of earlier ones costs nothing and is not counted. */
  readonly signaturesGood: number;
  readonly signaturesBad: number;
  readonly evicted: number;
  readonly invalidated: number;
  readonly distributions: number;
  readonly storedResponses: number;
  readonly storedBytes: number;
  readonly fetchesInFlight: number;
  readonly tunnelsOpen: number;
  readonly compressionsInFlight: number;
}
