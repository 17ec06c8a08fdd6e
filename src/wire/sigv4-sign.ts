// Signs requests with Signature Version 4, in the header or in the query: for our own command line, tests and benches,
// and wherever the product calls a service that verifies. The counterpart of sigv4.ts; shares its canonical request.

import { strict as assert } from "node:assert";
import { Buffer } from "node:buffer";

import type { EpochMs } from "../vocabulary/time.ts";
import {
  canonicalFields,
  canonicalPath,
  canonicalQuery,
  canonicalRequest,
  encodeComponent,
  hashBody,
  stringToSign,
  UNSIGNED_PAYLOAD,
} from "./canonical-request.ts";
import type { SignableRequest, SignedField } from "./canonical-request.ts";
import { EXPIRES_SECONDS_MAX } from "./read-signature.ts";
import { formatAmzDate } from "./signed-date.ts";
import { deriveSigningKey, formatScope, hmac } from "./signing-key.ts";

/** Who signs, and for which region and service. */
export interface Signer {
  readonly accessKeyId: string;
  readonly secret: string;
  readonly sessionToken?: string | undefined;
  readonly region: string;
  readonly service: string;
}

export type UnsignedRequest = SignableRequest & { readonly body: Uint8Array };

/** Fields that intermediaries may change, so that no client signs them. */
const NEVER_SIGNED: ReadonlySet<string> = new Set([
  "authorization",
  "connection",
  "expect",
  "keep-alive",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "user-agent",
  "x-amzn-trace-id",
]);

const SET_BY_SIGNING: ReadonlySet<string> = new Set(["authorization", "date", "x-amz-date", "x-amz-security-token"]);

function signedHeadersOf(values: ReadonlyMap<string, string>): readonly string[] {
  assert(values.has("host"), "a request to be signed names its Host");
  return [...values.keys()].filter((name) => !NEVER_SIGNED.has(name)).sort();
}

function signatureOf(
  request: UnsignedRequest,
  as: Signer,
  parts: {
    readonly amzDate: string;
    readonly rawQuery: string;
    readonly values: ReadonlyMap<string, string>;
    readonly signedHeaders: readonly string[];
    readonly payloadHash: string;
  },
): string {
  const scope = { ...as, date: parts.amzDate.slice(0, 8) };
  const canonical = canonicalRequest({
    ...parts,
    method: request.method,
    path: canonicalPath(request.rawPath),
    query: canonicalQuery(parts.rawQuery),
  });
  const text = stringToSign(parts.amzDate, formatScope(scope), canonical);
  return Buffer.from(hmac(deriveSigningKey(as.secret, scope), text)).toString("hex");
}

/**
 * Returns the request's fields with those that sign it: X-Amz-Date, Authorization and, where they apply,
 * X-Amz-Security-Token and X-Amz-Content-SHA256. Earlier ones of these are dropped. `Host` must be among the fields.
 */
export function signRequest(
  request: UnsignedRequest,
  as: Signer,
  { at, payload = "signed" }: { readonly at: EpochMs; readonly payload?: "signed" | "unsigned" },
): readonly SignedField[] {
  const amzDate = formatAmzDate(at);
  const fields: SignedField[] = request.fields.filter(([name]) => {
    const lower = name.toLowerCase();
    return !SET_BY_SIGNING.has(lower) && !(payload === "unsigned" && lower === "x-amz-content-sha256");
  });
  fields.push(["X-Amz-Date", amzDate]);
  if (as.sessionToken !== undefined) fields.push(["X-Amz-Security-Token", as.sessionToken]);
  if (payload === "unsigned") fields.push(["X-Amz-Content-SHA256", UNSIGNED_PAYLOAD]);

  const values = canonicalFields(fields);
  const signedHeaders = signedHeadersOf(values);
  const payloadHash = payload === "unsigned" ? UNSIGNED_PAYLOAD : hashBody(request.body);
  const signature = signatureOf(request, as, {
    amzDate,
    rawQuery: request.rawQuery,
    values,
    signedHeaders,
    payloadHash,
  });
  const credential = `${as.accessKeyId}/${formatScope({ ...as, date: amzDate.slice(0, 8) })}`;
  fields.push([
    "Authorization",
    `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signedHeaders.join(";")}, Signature=${signature}`,
  ]);
  return fields;
}

/** Returns the raw query of a request that carries its signature in the address and lives for `expiresSeconds`. */
export function presignRequest(
  request: UnsignedRequest,
  as: Signer,
  {
    at,
    expiresSeconds,
    payload = "signed",
  }: { readonly at: EpochMs; readonly expiresSeconds: number; readonly payload?: "signed" | "unsigned" },
): string {
  assert(expiresSeconds >= 1 && expiresSeconds <= EXPIRES_SECONDS_MAX, "a signed address lives at most a week");
  const amzDate = formatAmzDate(at);
  const values = canonicalFields(request.fields);
  const signedHeaders = signedHeadersOf(values);
  const parameters: readonly (readonly [string, string | undefined])[] = [
    ["X-Amz-Algorithm", "AWS4-HMAC-SHA256"],
    ["X-Amz-Credential", `${as.accessKeyId}/${formatScope({ ...as, date: amzDate.slice(0, 8) })}`],
    ["X-Amz-Date", amzDate],
    ["X-Amz-Expires", String(expiresSeconds)],
    ["X-Amz-SignedHeaders", signedHeaders.join(";")],
    ["X-Amz-Security-Token", as.sessionToken],
    ["X-Amz-Content-SHA256", payload === "unsigned" ? UNSIGNED_PAYLOAD : undefined],
  ];
  const pieces = request.rawQuery === "" ? [] : [request.rawQuery];
  for (const [name, value] of parameters) if (value !== undefined) pieces.push(`${name}=${encodeComponent(value)}`);
  const rawQuery = pieces.join("&");
  const payloadHash = payload === "unsigned" ? UNSIGNED_PAYLOAD : hashBody(request.body);
  const signature = signatureOf(request, as, { amzDate, rawQuery, values, signedHeaders, payloadHash });
  return `${rawQuery}&X-Amz-Signature=${signature}`;
}
