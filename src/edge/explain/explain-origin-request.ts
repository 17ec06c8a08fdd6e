// What would be asked of which origin: for explain. Nothing is asked.

import { readEdgeAccessKeyId } from "../../model/edge-credential.ts";
import { isEdgeHeader } from "../../model/edge-headers.ts";
import { validatorsOf } from "../cache/admit.ts";
import type { InspectedResponse } from "../storage/cache-storage.ts";
import { whyBypassed } from "../cache/lookup.ts";
import type { EdgeParts } from "../edge-parts.ts";
import type { Authorized } from "../exchange.ts";
import { unreachable } from "../../vocabulary/unreachable.ts";
import type { BucketOrigin } from "../config/compile-bucket.ts";
import type { ErrorPage } from "../config/effective-config.ts";
import { decideAsker, describeBucket, directToBucket } from "../origin-request/ask-bucket.ts";
import type { OriginFailure } from "../origin-request/origin-answer.ts";
import { buildOriginRequest } from "../origin-request/build-origin-request.ts";
import { chooseOrigin } from "../origin-request/choose-origin.ts";
import { describeFailover, whyNoFailover } from "../origin-request/fetch-from-origins.ts";
import { listFields, type OriginRequest } from "../origin-request/origin-request.ts";
import type { Field } from "../transport/message.ts";
import type { Add, BucketAsk } from "./explanation.ts";

/** What there is to be said of the verdict before the origin is asked. */
export interface ToldOrigin {
  readonly bucketAsk?: BucketAsk;
  /** It would not be asked, and this is why. */
  readonly failed?: OriginFailure;
}

export function explainOriginRequest(
  exchange: Authorized,
  stored: InspectedResponse | undefined,
  add: Add,
  edge: EdgeParts,
): ToldOrigin {
  const target = chooseOrigin(exchange, exchange.behavior.origin);
  const validators = stored === undefined ? [] : validatorsOf(stored.head);
  const built = buildOriginRequest(exchange, target, {
    requestId: "(new)",
    viaName: edge.identity.viaName,
    forCache: whyBypassed(exchange) === undefined,
    ...(validators.length > 0 ? { validators } : {}),
  });
  const { origin, scheme, port } = target;
  const { bucket } = origin;
  const directed = bucket === undefined ? built : directToBucket(exchange, built, bucket, edge);
  if (bucket === undefined) {
    add(
      "choose-origin",
      `${origin.id}: ${scheme}://${origin.domain}:${port}`,
      `OriginProtocolPolicy is ${origin.protocolPolicy}`,
      "[CFDG distribution-web-values-specify]",
    );
  }
  const bucketAsk = bucket === undefined ? undefined : explainBucket(exchange, built, bucket, directed, add, edge);
  const failover = describeFailover(exchange.behavior);
  if (failover !== undefined) {
    const alone = whyNoFailover(exchange);
    const decision = alone === undefined ? "secondary stands by" : "primary alone";
    add("failover", decision, alone ?? failover, "[CFDG high_availability_origin_failover]");
  }
  const request = "kind" in directed ? built : directed;
  add(
    "origin-request",
    `${request.method} ${request.target}`,
    fieldsInWords(listFields(request.fields)),
    "[CFDG RequestAndResponseBehaviorCustomOrigin]",
  );
  if (validators.length > 0)
    add("origin-request", "validated", "the stored response has a validator", "[RFC 9111 §4.3]");
  if ("kind" in directed) return { failed: directed };
  return bucketAsk === undefined ? {} : { bucketAsk };
}

/** Which store has the bucket, and in whose name it is asked. */
function explainBucket(
  exchange: Authorized,
  built: OriginRequest,
  bucket: BucketOrigin,
  directed: OriginRequest | OriginFailure,
  add: Add,
  edge: EdgeParts,
): BucketAsk | undefined {
  const { origin } = built;
  const place = "kind" in directed ? "nowhere" : `${directed.scheme}://${directed.host}:${directed.port}`;
  add(
    "choose-origin",
    `${origin.id}: ${describeBucket(bucket)}, at ${place}`,
    "kind" in directed ? directed.why : `${origin.domain} is the name of a bucket`,
    "[S3UG VirtualHosting]",
  );
  const decision = decideAsker(exchange, built, bucket, edge);
  const source = "[CFDG private-content-restricting-access-to-s3]";
  switch (decision.kind) {
    case "signed":
      add("origin-access", `signed as ${decision.who}`, decision.why, source);
      break;
    case "unsigned":
      add("origin-access", "unsigned, as nobody", decision.why, source);
      break;
    case "refused":
      add("origin-access", "refused: the bucket is not asked", decision.why, source);
      break;
    default:
      return unreachable(decision);
  }
  if ("kind" in directed || bucket.store !== undefined) return undefined;
  const [rawPath = "", rawQuery = ""] = directed.target.split(/\?(.*)/s);
  const asker = decision.kind === "signed" ? readEdgeAccessKeyId(decision.as.accessKeyId) : undefined;
  const errorPages = [...(exchange.distribution.errorPages ?? [])].map(([status, page]): readonly [number, string] => [
    status,
    shownInstead(page),
  ]);
  return { asker, method: directed.method, host: origin.domain, rawPath, rawQuery, errorPages };
}

/** What a viewer sees of a page that stands for an error. */
export function shownInstead({ status, path }: ErrorPage): string {
  return `${status} with ${path}`;
}

/** Values of the origin's own headers are often secrets: who may ask for an explanation need not know them. */
function fieldsInWords(fields: readonly Field[]): string {
  return fields.map(([name, value]) => (isTold(name.toLowerCase()) ? `${name}: ${value}` : name)).join("; ");
}

function isTold(lowerName: string): boolean {
  return TOLD.has(lowerName) || isEdgeHeader(lowerName);
}

const TOLD: ReadonlySet<string> = new Set([
  "host",
  "user-agent",
  "accept-encoding",
  "if-none-match",
  "if-modified-since",
  "range",
  "if-range",
  "via",
]);
