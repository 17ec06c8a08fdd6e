// What edge workers count as they go (WorkerCounters), as rows of metrics. Who adds a counter is asked by the compiler to name it here.

import type { WorkerCounters } from "../worker-counts.ts";
import type { MetricType } from "./exposition.ts";

/** What all workers have counted, by the name of the counter. Left out: what is told per distribution. */
export const COUNTERS: Readonly<
  Record<keyof WorkerCounters, readonly [name: string, type: MetricType, help: string] | undefined>
> = {
  requests: ["requests_begun_total", "counter", "Requests that edge workers began to answer."],
  hits: undefined,
  refreshHits: undefined,
  misses: undefined,
  redirects: undefined,
  errors: undefined,
  originRequests: undefined,
  originFailures: undefined,
  faults: ["faults_total", "counter", "Faults of Warmfront's own, answered 500: each is in the log."],
  tunnels: ["tunnels_total", "counter", "WebSocket connections that were opened."],
  overloaded: [
    "overload_refusals_total",
    "counter",
    "Requests refused with 503 because more was asked than could be answered.",
  ],
  compressed: ["compressions_total", "counter", "Responses that edge workers began to compress."],
  compressionsSkipped: [
    "compressions_skipped_total",
    "counter",
    "Responses left uncompressed because a worker was busy.",
  ],
  signaturesGood: [
    "signatures_verified_total",
    "counter",
    "Viewers' signatures that a key proved right; remembered ones are not counted again.",
  ],
  signaturesBad: ["signatures_refused_total", "counter", "Viewers' signatures that a key proved wrong."],
  evicted: ["cache_evictions_total", "counter", "Stored responses that gave way to others."],
  invalidated: [
    "cache_invalidated_total",
    "counter",
    "Stored responses that invalidations and unsafe methods removed.",
  ],
  connectionsRefused: [
    "connections_refused_total",
    "counter",
    "Viewers' connections closed at once because there were too many.",
  ],
  connectionsBroken: [
    "connections_broken_total",
    "counter",
    "Viewers' connections that failed in the TLS handshake, broke a protocol or flooded.",
  ],
  messagesRefused: ["messages_refused_total", "counter", "Messages of viewers that were no request."],
  viewersTimedOut: ["viewers_timed_out_total", "counter", "Viewers' connections closed because they took too long."],
  answersBrokenOff: ["answers_broken_off_total", "counter", "Answers whose body broke off."],
  logLinesSpooled: ["log_lines_total", "counter", "Lines that edge workers made for the access logs of distributions."],
  logLinesLost: [
    "log_lines_lost_total",
    "counter",
    "Lines of distributions' access logs that edge workers lost: the disk did not keep up or had no room.",
  ],
  distributions: ["distributions", "gauge", "Distributions that the edge serves."],
  storedResponses: ["cache_responses", "gauge", "Responses that are stored, on the disk where there is one."],
  storedBytes: ["cache_bytes", "gauge", "Bytes that are stored, on the disk where there is one."],
  fetchesInFlight: ["origin_fetches_in_flight", "gauge", "Requests that origins are answering."],
  tunnelsOpen: ["tunnels_open", "gauge", "WebSocket connections that are open."],
  compressionsInFlight: ["compressions_in_flight", "gauge", "Responses that are being compressed."],
};
