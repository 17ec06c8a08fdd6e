// Signing keys of Signature Version 4: four HMACs from a secret to the key of one day, region and service. Keys that
// verified something are kept, so that a caller's second request costs one HMAC. Whoever serves owns the cache.

import { createHmac, createSecretKey, type KeyObject } from "node:crypto";

import { bytesOf } from "./canonical-request.ts";

/** What a signing key is good for. None of the parts holds a slash. */
export interface CredentialScope {
  readonly accessKeyId: string;
  /** `YYYYMMDD`. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

/** Keys of access keys that signed something. Holds at most `entriesMax`; the oldest goes first. */
export interface SigningKeys {
  readonly entriesMax: number;
  readonly entries: Map<string, { readonly secret: string; readonly key: KeyObject }>;
}

/** The last part of every scope. */
export const SCOPE_TERMINATOR = "aws4_request";

/** An empty cache of signing keys. A key takes about 300 bytes. */
export function newSigningKeys(entriesMax: number): SigningKeys {
  return { entriesMax, entries: new Map() };
}

/** `date/region/service/aws4_request`. */
export function formatScope(scope: CredentialScope): string {
  return `${scope.date}/${scope.region}/${scope.service}/${SCOPE_TERMINATOR}`;
}

/** HMAC-SHA256 of a text of bytes. */
export function hmac(key: string | Uint8Array, text: string): Uint8Array {
  return createHmac("sha256", key).update(bytesOf(text)).digest();
}

/** The same in lower-case hexadecimal, as signatures are written; cheaper than bytes. */
export function hmacHex(key: KeyObject, text: string): string {
  return createHmac("sha256", key).update(bytesOf(text)).digest("hex");
}

/** Derives the signing key of one day, region and service. */
export function deriveSigningKey(secret: string, scope: CredentialScope): Uint8Array {
  const ofDate = hmac("AWS4" + secret, scope.date);
  return hmac(hmac(hmac(ofDate, scope.region), scope.service), SCOPE_TERMINATOR);
}

// No part of a scope holds a slash, so two scopes cannot share a name.
function nameOf(scope: CredentialScope): string {
  return `${scope.date}/${scope.region}/${scope.service}/${scope.accessKeyId}`;
}

/** The signing key, kept or derived; as an object, with which an HMAC costs a third less than with the key's bytes. */
export function signingKey(keys: SigningKeys, secret: string, scope: CredentialScope): KeyObject {
  const kept = keys.entries.get(nameOf(scope));
  // The secret of an access key may have been replaced since: then the key is another.
  return kept !== undefined && kept.secret === secret ? kept.key : createSecretKey(deriveSigningKey(secret, scope));
}

/** Keeps a key, called once it verified something: else whoever knows a caller's access key id could flush the cache. */
export function keepSigningKey(keys: SigningKeys, secret: string, scope: CredentialScope, key: KeyObject): void {
  const name = nameOf(scope);
  const kept = keys.entries.get(name);
  if (kept !== undefined && kept.secret === secret) return;
  keys.entries.set(name, { secret, key });
  if (keys.entries.size <= keys.entriesMax) return;
  const oldest = keys.entries.keys().next();
  if (oldest.done !== true) keys.entries.delete(oldest.value);
}
