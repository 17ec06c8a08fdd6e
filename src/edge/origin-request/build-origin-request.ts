// What the origin is asked: the viewer's request after the table of header rules, the behavior's lists and the origin's
// own headers have been applied. [CFDG RequestAndResponseBehaviorCustomOrigin] has the table.

import type { EffectiveOrigin } from "../config/effective-config.ts";
import type { Authorized } from "../exchange.ts";
import { forwardedQuery } from "../forwarded-values.ts";
import type { EpochMs } from "../../vocabulary/time.ts";
import type { Field, RequestBody } from "../transport/message.ts";
import type { OriginTarget } from "./choose-origin.ts";
import { forwardFields, methodFor } from "./forward-fields.ts";
import type { RequestFields } from "./request-head.ts";

export interface OriginRequest {
  readonly origin: EffectiveOrigin;
  readonly scheme: "http" | "https";
  /** Name or address that is connected to: the origin's own, or that of the store that has its bucket. */
  readonly host: string;
  readonly port: number;
  /** The operator said where: it may be on any address. */
  readonly isOperators: boolean;
  readonly method: string;
  /** OriginPath, raw path and the forwarded query. */
  readonly target: string;
  /** Name for SNI and the certificate: the forwarded Host, or the origin's domain. */
  readonly serverName: string;
  /** Host first; complete but for what frames the body. */
  readonly fields: RequestFields;
  readonly body: RequestBody | undefined;
  /** The fields with those that sign them, made anew for each attempt: a signature is good for minutes. */
  readonly sign?: (at: EpochMs) => readonly Field[];
  /** Asks the origin to switch. */
  readonly upgrade?: "websocket" | undefined;
  /** What comes may be stored, so it must not be larger than what may be cached at all. */
  readonly isCaching: boolean;
  /** A body that ends with its connection is whole however that ends: nobody can tell, and CloudFront does not ask. */
  readonly takesTruncated: boolean;
  /** Hears interim responses, 102 to 199 without 101. */
  readonly onInterim?: ((status: number, fields: readonly Field[]) => void) | undefined;
}

/** What about the request is not the viewer's: our element of Via, the request id, and validators of a stored response. */
export interface OriginRequestFacts {
  readonly requestId: string;
  /** `<32 hex>.cloudfront.net (CloudFront)` */
  readonly viaName: string;
  /** The fetch is for the cache: one answer for many viewers, so what is this viewer's alone does not go along. */
  readonly forCache: boolean;
  /** Replace the viewer's own conditions when a stored response is validated. */
  readonly validators?: readonly Field[];
}

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
