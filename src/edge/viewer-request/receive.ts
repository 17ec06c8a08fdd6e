// First stage: is this a request that a CDN may act on at all? How long it may be is held by the transport, which
// refuses before anything is parsed.

import type { EpochMs } from "../../vocabulary/time.ts";
import { combineField } from "../../http/field-list.ts";
import { refusal, type Received, type Refusal } from "../exchange.ts";
import type { ViewerRequest } from "../transport/message.ts";

/** Longest chain of distributions, this one included. [CFDG cloudfront-limits] */
const DISTRIBUTIONS_IN_CHAIN_MAX = 2;

export function receive(request: ViewerRequest, now: EpochMs): Received | Refusal {
  if (request.host === "") {
    return refusal(400, "bad-request", "the request names no host", "[RFC 9112 §3.2]");
  }
  if (!request.path.startsWith("/")) {
    return refusal(400, "bad-request", "the target is not a path", "[RFC 9112 §3.2.1]");
  }
  if (
    request.body !== undefined &&
    request.body.length !== 0 &&
    (request.method === "GET" || request.method === "HEAD")
  ) {
    return refusal(
      403,
      "bad-request",
      `a ${request.method} request may not have a body`,
      "[CFDG RequestAndResponseBehaviorCustomOrigin]",
    );
  }
  if ((request.memo.distributionsPassed ??= distributionsPassed(request)) >= DISTRIBUTIONS_IN_CHAIN_MAX) {
    return refusal(
      403,
      "bad-request",
      "the request came through two distributions already",
      "[CFDG cloudfront-limits]",
    );
  }
  return { request, now };
}

/** Each distribution leaves an element in Via. That Via is how the real service counts is our guess. */
function distributionsPassed(request: ViewerRequest): number {
  if (request.field("via") === undefined) return 0;
  return (combineField(request.fields, "via") ?? "").split("(CloudFront)").length - 1;
}
