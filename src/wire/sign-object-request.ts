// Signature Version 4 as S3 has it: the path is taken as it is sent, never tidied up and encoded once, and the body may stand
// aside, so that it can be streamed. For whoever asks a bucket store; sigv4-sign.ts is for all other services.
// [S3API sig-v4-header-based-auth]

import type { EpochMs } from "../vocabulary/time.ts";
import {
  canonicalFields,
  canonicalObjectPath,
  canonicalQuery,
  canonicalRequest,
  stringToSign,
  type SignableRequest,
  type SignedField,
} from "./canonical-request.ts";
import { formatAmzDate } from "./signed-date.ts";
import type { Signer } from "./sigv4-sign.ts";
import { formatScope, hmacHex, keepSigningKey, signingKey, type SigningKeys } from "./signing-key.ts";

/** Beside Host: what a store must find signed, and what says what the body is. The rest is for proxies on the way to change. */
function isSigned(lowerName: string): boolean {
  return lowerName.startsWith("x-amz-") || SIGNED.has(lowerName);
}
const SIGNED: ReadonlySet<string> = new Set(["host", "content-md5", "content-type"]);

/**
 * Returns the fields and those that sign them, which must not be there before: X-Amz-Date, X-Amz-Content-SHA256,
 * Authorization and, where there is one, the session's token. `payloadHash`: the body's, or what stands in its place.
 */
export function signObjectRequest(
  request: SignableRequest,
  as: Signer,
  { at, payloadHash, keys }: { readonly at: EpochMs; readonly payloadHash: string; readonly keys: SigningKeys },
): readonly SignedField[] {
  const amzDate = formatAmzDate(at);
  const fields: SignedField[] = [...request.fields, ["X-Amz-Date", amzDate], ["X-Amz-Content-SHA256", payloadHash]];
  if (as.sessionToken !== undefined) fields.push(["X-Amz-Security-Token", as.sessionToken]);
  const values = canonicalFields(fields.filter(([name]) => isSigned(name.toLowerCase())));
  const signedHeaders = [...values.keys()].toSorted();
  const canonical = canonicalRequest({
    method: request.method,
    path: canonicalObjectPath(request.rawPath),
    query: canonicalQuery(request.rawQuery),
    values,
    signedHeaders,
    payloadHash,
  });
  const scope = { accessKeyId: as.accessKeyId, region: as.region, service: as.service, date: amzDate.slice(0, 8) };
  const key = signingKey(keys, as.secret, scope);
  keepSigningKey(keys, as.secret, scope, key);
  const signature = hmacHex(key, stringToSign(amzDate, formatScope(scope), canonical));
  const credential = `${as.accessKeyId}/${formatScope(scope)}`;
  fields.push([
    "Authorization",
    `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signedHeaders.join(";")}, Signature=${signature}`,
  ]);
  return fields;
}
