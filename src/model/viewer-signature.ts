// Signatures of viewers' URLs and cookies: what they are called on the wire, how they are made and held against a key. The edge
// verifies, `warmfront sign` and the tests make them. [CFDG private-content-creating-signed-url-canned-policy]

import { sign, verify, type KeyObject } from "node:crypto";
import { encodeUrlSafe } from "../wire/url-safe-base64.ts";

export type SigningHash = "SHA1" | "SHA256";

/** Names of the parameters. A URL that has one of the first four is a signed one, or tries to be. */
export const SIGNED_PARAMETERS = ["Expires", "Policy", "Signature", "Key-Pair-Id", "Hash-Algorithm"] as const;
export type SignedParameter = (typeof SIGNED_PARAMETERS)[number];

/** Case counts in both. */
export const SIGNED_COOKIES: ReadonlySet<string> = new Set(SIGNED_PARAMETERS.map((name) => `CloudFront-${name}`));

export interface SignedPolicy {
  /** Canned: the end alone is told, the policy is made anew from the URL. */
  readonly stated:
    | { readonly kind: "canned"; readonly expires: number }
    | { readonly kind: "custom"; readonly text: string };
  readonly signature: string;
  readonly keyId: string;
  readonly hash: SigningHash;
}

/** Which keys can sign at all: RSA by PKCS #1 v1.5 and ECDSA on P-256. */
export function isSigningKey({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  if (asymmetricKeyType === "rsa") return true;
  return asymmetricKeyType === "ec" && asymmetricKeyDetails?.namedCurve === "prime256v1";
}

/** As it stands in `Signature`. An ECDSA signature is in DER. */
export function signPolicy(text: string, privateKey: KeyObject, hash: SigningHash = "SHA1"): string {
  return encodeUrlSafe(sign(hash, Buffer.from(text), privateKey));
}

/** Signatures that are not even of the form are no different from wrong ones. */
export function verifyPolicy(
  text: Uint8Array,
  signature: Uint8Array,
  publicKey: KeyObject,
  hash: SigningHash,
): boolean {
  return isSigningKey(publicKey) && verify(hash, text, publicKey, signature);
}

function parametersOf({
  stated,
  signature,
  keyId,
  hash,
}: SignedPolicy): readonly (readonly [SignedParameter, string])[] {
  const first =
    stated.kind === "canned"
      ? (["Expires", String(stated.expires)] as const)
      : (["Policy", encodeUrlSafe(Buffer.from(stated.text))] as const);
  const last = hash === "SHA1" ? [] : [["Hash-Algorithm", hash] as const];
  return [first, ["Signature", signature], ["Key-Pair-Id", keyId], ...last];
}

/** The URL with its own parameters first. A fragment is the browser's: none is kept. */
export function formatSignedUrl(url: string, signed: SignedPolicy): string {
  const query = parametersOf(signed).map(([name, value]) => `${name}=${value}`);
  const base = url.replace(/#.*$/s, "");
  return `${base}${base.includes("?") ? "&" : "?"}${query.join("&")}`;
}

/** Each as `name=value`. */
export function formatSignedCookies(signed: SignedPolicy): readonly string[] {
  return parametersOf(signed).map(([name, value]) => `CloudFront-${name}=${value}`);
}
