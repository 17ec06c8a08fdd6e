// What the origin is asked: the viewer's request after the table of header rules, the behavior's lists and the origin's
// own headers have been applied. [CFDG RequestAndResponseBehaviorCustomOrigin] has the table.

import type { Authorized } from "../exchange.ts";
import { forwardedQuery } from "../forwarded-values.ts";
import type { Field } from "../transport/message.ts";
import type { OriginTarget } from "./choose-origin.ts";
import { forwardFields, methodFor } from "./forward-fields.ts";
import type { OriginRequest, OriginRequestFacts } from "./origin-request.ts";

/** What the other methods get is never stored. */
const CACHED_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

export function buildOriginRequest(
  exchange: Authorized,
  target: OriginTarget,
  facts: OriginRequestFacts,
): OriginRequest {
  const { request, behavior, path } = exchange;
  const { origin, scheme, port } = target;
  const forwarded = forwardFields(exchange, target, facts);
  const requestId: Field = ["X-Amz-Cf-Id", facts.requestId];
  const validators = facts.validators ?? [];
  const own = forwarded.hasOwnRequestId ? validators : [requestId, ...validators];

  // [RFC 9110 §15.2] has a proxy forward them; the real service does not.
  const interim = behavior.fidelity === "rfc9111" ? request.interim : undefined;
  const query = forwardedQuery(behavior.key.query, exchange.query);
  const method = methodFor(request.method, facts);
  return {
    origin,
    scheme,
    host: origin.domain,
    port,
    isOperators: false,
    method,
    target: `${origin.path}${path}${query === undefined ? "" : `?${query}`}`,
    serverName: forwarded.serverName,
    fields: { before: forwarded.before, own, after: forwarded.after },
    body: request.body,
    upgrade: facts.forCache ? undefined : request.upgrade,
    isCaching: behavior.neverStored === undefined && CACHED_METHODS.has(method),
    takesTruncated: behavior.fidelity === "cloudfront",
    onInterim: interim === undefined ? undefined : (status, fields) => interim(request, status, fields),
  };
}
