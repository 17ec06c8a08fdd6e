// Asks the behavior's origin, or the origins of its group: the primary first each time, the secondary when the primary
// fails as the group says. For the cache and past it alike. [CFDG high_availability_origin_failover]

import type { EffectiveBehavior, EffectiveOrigin, Failover } from "../config/effective-config.ts";
import type { EdgeParts } from "../edge-parts.ts";
import type { Authorized } from "../exchange.ts";
import { directToBucket } from "./ask-bucket.ts";
import { buildOriginRequest } from "./build-origin-request.ts";
import { chooseOrigin } from "./choose-origin.ts";
import type { Fetched, OriginResponse } from "./origin-answer.ts";
import type { AskedOrigin } from "../watching.ts";
import type { OriginRequest, OriginRequestFacts } from "./origin-request.ts";
import type { FetchSignal } from "./waiting-viewers.ts";

/** What the last origin that was asked got to hear, and what it said. */
export interface Asked {
  readonly request: OriginRequest;
  readonly response: Fetched;
}

/** A response of the primary that is not used is read to its end up to this size, so that its connection is kept. */
const DISCARDED_BYTES_MAX = 65_536;

/** A tunnel is what only a request with `upgrade` may get. */
export function fetchFromOrigins(
  exchange: Authorized,
  facts: OriginRequestFacts,
  edge: EdgeParts,
  signal: FetchSignal,
): Promise<Asked> {
  const { origin, failover } = exchange.behavior;
  const first = ask(exchange, origin, { facts, edge, signal });
  if (failover === undefined || whyNoFailover(exchange) !== undefined) return first;
  return first.then((asked) => failOver(exchange, failover, asked, { facts, edge, signal }));
}

/** The secondary, if what the primary has said asks for it. */
async function failOver(
  exchange: Authorized,
  failover: Failover,
  first: Asked,
  { facts, edge, signal }: AskMeans,
): Promise<Asked> {
  const { response } = first;
  if (response.kind === "tunnel") return first;
  if (response.kind === "response" && !failover.statusCodes.has(response.status)) return first;
  if (response.kind === "failure" && response.fault !== "origin") return first;
  const { origin } = exchange.behavior;
  const said = response.kind === "response" ? `status ${response.status}` : `${response.status}: ${response.why}`;
  const why = `${exchange.distribution.id}, group ${failover.groupId}: ${origin.id} gave ${said}; ${failover.secondary.id} is asked`;
  edge.log("info", "origin-failed-over", facts.requestId, why);
  if (response.kind === "failure") edge.tally.originFailures++;
  else discard(response);
  return ask(exchange, failover.secondary, { facts, edge, signal });
}

/** Why a request is the primary's alone, whatever comes of it; `undefined`: the secondary is there for it. */
export function whyNoFailover({ request }: Authorized): string | undefined {
  if (!FAILS_OVER.has(request.method)) return `${request.method} is not GET, HEAD or OPTIONS`;
  // It came once, and the primary has had it.
  return request.body === undefined ? undefined : "the request has a body";
}

const FAILS_OVER: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** For who asks: when the secondary is asked. */
export function describeFailover({ failover }: EffectiveBehavior): string | undefined {
  if (failover === undefined) return undefined;
  const codes = [...failover.statusCodes].join(", ");
  return `group ${failover.groupId}: ${failover.secondary.id} is asked when it gives ${codes}, cannot be reached or is too slow`;
}

interface AskMeans {
  readonly facts: OriginRequestFacts;
  readonly edge: EdgeParts;
  readonly signal: FetchSignal;
}

function ask(exchange: Authorized, origin: EffectiveOrigin, { facts, edge, signal }: AskMeans): Promise<Asked> {
  const built = buildOriginRequest(exchange, chooseOrigin(exchange, origin), facts);
  const request = origin.bucket === undefined ? built : directToBucket(exchange, built, origin.bucket, edge);
  if ("kind" in request) return Promise.resolve({ request: built, response: request });
  const askedAt = edge.machineClock.now();
  return new Promise((resolve) => {
    edge.fetcher.fetch(request, signal, (response) => {
      const hasFailed = response.kind === "failure" && response.fault === "origin";
      const ms = edge.machineClock.now() - askedAt;
      edge.countOrigin(exchange.distribution.id, ms, hasFailed);
      edge.watching.asked?.(exchange.request, tellAsked(request, response, ms));
      resolve({ request, response });
    });
  });
}

/** For who looks on. */
function tellAsked(
  { origin, scheme, host, port, target, method }: OriginRequest,
  response: Fetched,
  ms: number,
): AskedOrigin {
  const isFailure = response.kind === "failure";
  const status = response.kind === "tunnel" ? 101 : response.status;
  return {
    origin: origin.id,
    what: `${method} ${scheme}://${host}:${port}${target}`,
    ms,
    status: isFailure ? undefined : status,
    why: isFailure ? response.why : undefined,
  };
}

function discard({ body, length }: OriginResponse): void {
  if (body === undefined) return;
  if (length === undefined || length > DISCARDED_BYTES_MAX) return body.abort();
  void readAway(body.chunks);
}

/** Nobody waits for it, and nobody minds when it breaks off: its time-outs and its length bound it. */
async function readAway(chunks: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const _ of chunks);
  } catch {
    // The secondary is asked already.
  }
}
