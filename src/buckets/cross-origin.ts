// What a bucket's CORS configuration makes of a request from a page of another origin: the answer to a preflight, which nobody
// signs, and the fields that let the page read any other answer. [S3UG ManageCorsUsing]

import { splitList } from "../http/field-list.ts";
import type { ApiField } from "../callers/message.ts";
import type { Location } from "./locate.ts";
import { fail, ok, type BucketOutcome, type BucketService, type S3Failure } from "./operation.ts";
import { corsFields, corsRulesOf, findCorsRule } from "./settings/cors-configuration.ts";

interface Asking {
  readonly method: string;
  readonly field: (lowerName: string) => string | undefined;
}

/** OPTIONS of a bucket or an object. [S3API RESTOPTIONSobject] */
export async function answerPreflight(
  { field }: Asking,
  location: Extract<Location, { kind: "object" }>,
  { store }: Pick<BucketService, "store">,
): Promise<BucketOutcome> {
  const origin = field("origin");
  if (origin === undefined) {
    return fail("BadRequest", { message: "Insufficient information. Origin request header needed." });
  }
  const method = field("access-control-request-method");
  if (method === undefined) return fail("BadRequest", { message: "Invalid Access-Control-Request-Method: null" });
  const bucket = await store.buckets.getBucket(location.bucket);
  if (bucket === undefined) return fail("NoSuchBucket", { details: [["BucketName", location.bucket]] });
  const place = location.key === undefined ? "BUCKET" : "OBJECT";
  const rules = corsRulesOf(bucket);
  if (rules.length === 0) return forbidden("CORSResponse: CORS is not enabled for this bucket.", method, place);
  const headers = splitList(field("access-control-request-headers") ?? "")
    .map((name) => name.toLowerCase())
    .filter((name) => name !== "");
  const asked = { origin, method, headers };
  const rule = findCorsRule(rules, asked);
  return rule === undefined
    ? forbidden(
        "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
        method,
        place,
      )
    : ok(200, corsFields(rule, asked));
}

function forbidden(message: string, method: string, place: string): S3Failure {
  return fail("AccessForbidden", {
    message,
    details: [
      ["Method", method.slice(0, 20)],
      ["ResourceType", place],
    ],
  });
}

/** Of any other answer: none unless the request names its origin and a rule allows it. */
export async function findCrossOriginFields(
  { method, field }: Asking,
  location: Location,
  { store }: Pick<BucketService, "store">,
): Promise<readonly ApiField[]> {
  const origin = field("origin");
  if (origin === undefined || location.kind !== "object") return [];
  const bucket = await store.buckets.getBucket(location.bucket);
  const asked = { origin, method, headers: [] };
  const rule = bucket === undefined ? undefined : findCorsRule(corsRulesOf(bucket), asked);
  return rule === undefined ? [] : corsFields(rule, asked);
}
