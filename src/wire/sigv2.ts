// Verifies requests to the bucket store that are signed with the older signature, version 2 of S3's own: HMAC-SHA1 over a
// few lines of the request, in the header or in the query. botocore presigns with it, s3cmd can. It covers no body, and of the
// query only what is listed here; whatever else selects an operation must therefore be in the list. Two pure steps, as in
// sigv4.ts; neither throws. [S3API RESTAuthentication]

import { createHmac } from "node:crypto";
import { epochMs, secondsBetween } from "../vocabulary/time.ts";
import type { EpochMs } from "../vocabulary/time.ts";
import { bytesOf, decodeComponent, queryParameters } from "./canonical-request.ts";
import type { SignableRequest } from "./canonical-request.ts";
import { equalSecrets } from "./equal-secrets.ts";
import { parseAmzDate, parseSignedDate } from "./signed-date.ts";

export type OlderSignatureFault =
  | { readonly kind: "failure"; readonly fault: "header" | "query" | "date-absent" }
  | { readonly kind: "failure"; readonly fault: "expires"; readonly found: string }
  | { readonly kind: "failure"; readonly fault: "skewed"; readonly at: EpochMs }
  | { readonly kind: "failure"; readonly fault: "expired"; readonly at: EpochMs }
  | { readonly kind: "failure"; readonly fault: "mismatch"; readonly toSign: string };

/** As the request states it, not yet believed. */
export interface OlderSignature {
  readonly kind: "older-signature";
  readonly form: "header" | "query";
  readonly accessKeyId: string;
  /** In base64. */
  readonly signature: string;
  readonly sessionToken: string | undefined;
  /** Of the header form: when it was signed. Of the query form: when it ends. */
  readonly instant: EpochMs;
  /** What stands for the date in the text that is signed. */
  readonly dateLine: string;
}

/** A clock may be off by a quarter of an hour either way, as with the newer signature. */
const WINDOW_SECONDS = 900;

/** `undefined`: the request has no such signature. */
export function readOlderSignature(request: SignableRequest): OlderSignature | OlderSignatureFault | undefined {
  const values = trimmedFields(request);
  const authorization = values.get("authorization") ?? "";
  if (authorization.startsWith("AWS ")) return readHeader(authorization, values);
  if (!/AWSAccessKeyId|Signature/.test(request.rawQuery)) return undefined;
  const parameters = queryParameters(request.rawQuery);
  if (!parameters.has("AWSAccessKeyId") && !parameters.has("Signature")) return undefined;
  return readQuery(parameters, values);
}

/** By lower-case name, those of a repeated field with commas; runs of blanks inside stay, other than in the newer signature. */
function trimmedFields({ fields }: SignableRequest): Map<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of fields) {
    const key = name.toLowerCase();
    const before = values.get(key);
    const trimmed = value.replaceAll(/^[ \t]+|[ \t]+$/g, "");
    values.set(key, before === undefined ? trimmed : `${before},${trimmed}`);
  }
  return values;
}

function readHeader(authorization: string, values: ReadonlyMap<string, string>): OlderSignature | OlderSignatureFault {
  const [, accessKeyId, signature] = /^AWS ([^:\s]+):([A-Za-z0-9+/=]+)$/.exec(authorization) ?? [];
  if (accessKeyId === undefined || signature === undefined) return { kind: "failure", fault: "header" };
  const amzDate = values.get("x-amz-date");
  const date = amzDate ?? values.get("date") ?? "";
  const instant = parseSignedDate(date) ?? parseAmzDate(date);
  if (instant === undefined) return { kind: "failure", fault: "date-absent" };
  const sessionToken = values.get("x-amz-security-token");
  // The other date is among the lines of x-amz- fields already.
  const dateLine = amzDate === undefined ? date : "";
  return { kind: "older-signature", form: "header", accessKeyId, signature, sessionToken, instant, dateLine };
}

function readQuery(
  parameters: ReadonlyMap<string, readonly string[]>,
  values: ReadonlyMap<string, string>,
): OlderSignature | OlderSignatureFault {
  const once = (name: string): string | undefined => {
    const all = parameters.get(name);
    return all?.length === 1 && all[0] !== "" ? all[0] : undefined;
  };
  const [accessKeyId, signature, expires] = ["AWSAccessKeyId", "Signature", "Expires"].map(once);
  if (accessKeyId === undefined || signature === undefined || expires === undefined) {
    return { kind: "failure", fault: "query" };
  }
  if (!/^\d{1,11}$/.test(expires)) return { kind: "failure", fault: "expires", found: expires };
  const sessionToken = once("x-amz-security-token") ?? values.get("x-amz-security-token");
  const instant = epochMs(Number(expires) * 1000);
  return { kind: "older-signature", form: "query", accessKeyId, signature, sessionToken, instant, dateLine: expires };
}

/** `bucketInHost`: of a request whose host names the bucket; the text that is signed has it in the path. */
export function checkOlderSignature(
  signature: OlderSignature,
  request: SignableRequest,
  by: { readonly secret: string; readonly now: EpochMs; readonly bucketInHost: string | undefined },
): { readonly kind: "ok" } | OlderSignatureFault {
  const { instant } = signature;
  if (signature.form === "query") {
    if (by.now > instant) return { kind: "failure", fault: "expired", at: instant };
  } else if (Math.abs(secondsBetween(instant, by.now)) > WINDOW_SECONDS) {
    return { kind: "failure", fault: "skewed", at: instant };
  }
  const { form, dateLine } = signature;
  const { bucketInHost } = by;
  const text = olderStringToSign(request, { form, dateLine, bucketInHost });
  const isBucket = bucketInHost === undefined && /^\/[^/]+$/.test(request.rawPath);
  // A bucket is written with a slash at its end where it is signed, by clients that leave it out of the path.
  const others = isBucket
    ? [olderStringToSign({ ...request, rawPath: `${request.rawPath}/` }, { form, dateLine, bucketInHost })]
    : [];
  const isSigned = [text, ...others].some((one) => equalSecrets(signature.signature, signOlder(one, by.secret)));
  return isSigned ? { kind: "ok" } : { kind: "failure", fault: "mismatch", toSign: text };
}

/** Parameters that select what is done or change what is answered: part of what is signed, in order of name. */
const SIGNED_PARAMETERS: ReadonlySet<string> = new Set([
  "accelerate",
  "acl",
  "analytics",
  "attributes",
  "cors",
  "defaultObjectAcl",
  "delete",
  "encryption",
  "intelligent-tiering",
  "inventory",
  "legal-hold",
  "lifecycle",
  "location",
  "logging",
  "metrics",
  "notification",
  "object-lock",
  "ownershipControls",
  "partNumber",
  "policy",
  "policyStatus",
  "publicAccessBlock",
  "replication",
  "requestPayment",
  "response-cache-control",
  "response-content-disposition",
  "response-content-encoding",
  "response-content-language",
  "response-content-type",
  "response-expires",
  "restore",
  "retention",
  "select",
  "select-type",
  "storageClass",
  "tagging",
  "torrent",
  "uploadId",
  "uploads",
  "versionId",
  "versioning",
  "versions",
  "website",
]);

/** Exported for tests, and for whoever signs. */
function olderStringToSign(
  request: SignableRequest,
  how: {
    readonly form: "header" | "query";
    readonly dateLine: string;
    readonly bucketInHost: string | undefined;
  },
): string {
  const values = trimmedFields(request);
  const signed: (readonly [name: string, value: string])[] = [];
  for (const piece of request.rawQuery.split("&")) {
    const equals = piece.indexOf("=");
    const name = decodeComponent(equals < 0 ? piece : piece.slice(0, equals));
    const value = equals < 0 ? undefined : decodeComponent(piece.slice(equals + 1));
    if (SIGNED_PARAMETERS.has(name)) signed.push([name, value === undefined ? name : `${name}=${value}`]);
    // botocore puts into the query what it signed as fields.
    const lower = name.toLowerCase();
    if (how.form === "query" && /^x-amz-|^content-(?:md5|type)$/.test(lower) && !values.has(lower)) {
      values.set(lower, (value ?? "").trim());
    }
  }
  signed.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
  const amzLines = [...values]
    .filter(([name]) => name.startsWith("x-amz-"))
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${name}:${value}\n`);
  const bucket = how.bucketInHost === undefined ? "" : `/${how.bucketInHost}`;
  const parameters = signed.length === 0 ? "" : `?${signed.map(([, text]) => text).join("&")}`;
  return (
    `${request.method}\n${values.get("content-md5") ?? ""}\n${values.get("content-type") ?? ""}\n${how.dateLine}\n` +
    `${amzLines.join("")}${bucket}${request.rawPath}${parameters}`
  );
}

/** The signature of that text, as it is sent. */
function signOlder(text: string, secret: string): string {
  return createHmac("sha1", secret).update(bytesOf(text)).digest("base64");
}
