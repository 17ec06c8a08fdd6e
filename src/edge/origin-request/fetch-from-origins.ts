// Asks the behavior's origin, or the origins of its group: the primary first each time, the secondary when the primary
// fails as the group says. For the cache and past it alike. [CFDG high_availability_origin_failover]

import assert from "node:assert/strict";
import type { EffectiveBehavior, EffectiveOrigin } from "../config/effective-config.ts";
import type { EdgeParts } from "../edge-parts.ts";
import type { Authorized } from "../exchange.ts";
import { directToBucket } from "./ask-bucket.ts";
import { buildOriginRequest, type OriginRequest, type OriginRequestFacts } from "./build-origin-request.ts";
import { chooseOrigin } from "./choose-origin.ts";
import type { OriginFailure, OriginResponse, OriginTunnel } from "./origin-answer.ts";
import type { FetchSignal } from "./waiting-viewers.ts";

/** What the last origin that was asked got to hear, and what it said. */
export interface Asked {
  readonly request: OriginRequest;
  readonly response: OriginResponse | OriginFailure;
}

interface AskedForTunnel {
  readonly request: OriginRequest;
  readonly response: OriginTunnel | OriginResponse | OriginFailure;
}

/** A response of the primary that is not used is read to its end up to this size, so that its connection is kept. */
const DISCARDED_BYTES_MAX = 65_536;

export async function fetchFromOrigins(
  exchange: Authorized,
  facts: OriginRequestFacts,
  edge: EdgeParts,
  signal: FetchSignal,
): Promise<Asked> {
  const means = { facts, edge, signal };
  const { origin, failover } = exchange.behavior;
  const asked = failover === undefined ? ask(exchange, origin, means) : askInOrder(exchange, facts, edge, signal);
  const { request, response } = await asked;
  assert.ok(response.kind !== "tunnel", "only a handshake that passes the cache asks for a tunnel");
  return { request, response };
}

/** For a request with `upgrade`. */
export async function openTunnelToOrigins(
  exchange: Authorized,
  facts: OriginRequestFacts,
  edge: EdgeParts,
  signal: FetchSignal,
): Promise<AskedForTunnel["response"]> {
  return (await askInOrder(exchange, facts, edge, signal)).response;
}

async function askInOrder(
  exchange: Authorized,
  facts: OriginRequestFacts,
  edge: EdgeParts,
  signal: FetchSignal,
): Promise<AskedForTunnel> {
  const { origin, failover } = exchange.behavior;
  const first = await ask(exchange, origin, { facts, edge, signal });
  if (failover === undefined || whyNoFailover(exchange) !== undefined) return first;
  const { response } = first;
  if (response.kind === "tunnel") return first;
  if (response.kind === "response" && !failover.statusCodes.has(response.status)) return first;
  if (response.kind === "failure" && response.fault !== "origin") return first;
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

async function ask(
  exchange: Authorized,
  origin: EffectiveOrigin,
  {
    facts,
    edge,
    signal,
  }: { readonly facts: OriginRequestFacts; readonly edge: EdgeParts; readonly signal: FetchSignal },
): Promise<AskedForTunnel> {
  const built = buildOriginRequest(exchange, chooseOrigin(exchange, origin), facts);
  const request = origin.bucket === undefined ? built : directToBucket(exchange, built, origin.bucket, edge);
  if ("kind" in request) return { request: built, response: request };
  const askedAt = edge.clock.now();
  const response = await edge.fetcher.fetch(request, signal);
  const hasFailed = response.kind === "failure" && response.fault === "origin";
  edge.countOrigin(exchange.distribution.id, edge.clock.now() - askedAt, hasFailed);
  return { request, response };
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
