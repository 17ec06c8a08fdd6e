// A signed URL or signed cookies, understood: which key, which signature, which policy. Each step fails with the code that
// viewers are told, in the order in which the real service seems to look. [CFDG private-content-signed-urls]

import { parseAccessPolicy, parseEpoch, whyNoEpoch, type AccessPolicy } from "../../../model/access-policy.ts";
import type { SigningHash } from "../../../model/viewer-signature.ts";
import { decodeUrlSafe } from "../../../wire/url-safe-base64.ts";
import type { ReasonName } from "../../reasons.ts";
import type { SignedValues } from "./read-signed.ts";

/** What was signed. A canned policy is made of the URL that the viewer asks for, a custom one comes with it. */
export type StatedPolicy =
  | { readonly kind: "canned"; readonly expires: number }
  | { readonly kind: "custom"; readonly bytes: Buffer; readonly policy: AccessPolicy };

export interface SignatureRead {
  readonly bytes: Buffer;
  readonly hash: SigningHash;
}

/** A check that failed, and why. */
export interface Failed {
  readonly failed: ReasonName;
  readonly why: string;
}

export function hasFailed<T extends object>(outcome: T | Failed): outcome is Failed {
  return "failed" in outcome;
}

export function readKeyId({ by, values, repeated }: SignedValues): string | Failed {
  const id = values.get("Key-Pair-Id");
  const name = by === "URL" ? "Key-Pair-Id" : "the cookie CloudFront-Key-Pair-Id";
  if (id === undefined || id === "") return { failed: "signed-missing-key", why: `${name} is missing or empty` };
  if (repeated.includes("Key-Pair-Id")) return { failed: "signed-invalid-key", why: `${name} is there twice` };
  return id;
}

export function readSignature({ values, repeated }: SignedValues): SignatureRead | Failed {
  const failed = "signed-malformed-signature";
  if (repeated.includes("Signature")) return { failed, why: "Signature is there twice" };
  const text = values.get("Signature") ?? "";
  if (text === "") return { failed, why: "Signature is missing or empty" };
  const bytes = decodeUrlSafe(text);
  if (bytes === undefined) return { failed, why: whyNotUrlSafe("Signature", text) };
  const hash = readHash(values.get("Hash-Algorithm"));
  if (hash === undefined || repeated.includes("Hash-Algorithm")) {
    return { failed, why: "Hash-Algorithm is SHA1 or SHA256, once" };
  }
  return { bytes, hash };
}

/** Left out it is SHA-1. [CFDG private-content-creating-signed-url-canned-policy] */
function readHash(name: string | undefined): SigningHash | undefined {
  if (name === undefined) return "SHA1";
  return name === "SHA1" || name === "SHA256" ? name : undefined;
}

/** With both a policy and an end, as when old cookies are left beside new ones, the policy counts. */
export function readPolicy({ values, repeated }: SignedValues): StatedPolicy | Failed {
  const failed = "signed-malformed-policy";
  const twice = repeated.find((name) => name === "Policy" || name === "Expires");
  if (twice !== undefined) return { failed, why: `${twice} is there twice` };
  const text = values.get("Policy");
  if (text !== undefined) {
    const bytes = decodeUrlSafe(text);
    if (bytes === undefined) return { failed, why: whyNotUrlSafe("Policy", text) };
    const decoded = decodeUtf8(bytes);
    if (decoded === undefined) return { failed, why: "Policy is not UTF-8 once it is decoded" };
    const read = parseAccessPolicy(decoded);
    if (read.kind === "malformed") return { failed, why: `Policy: ${read.why}` };
    return { kind: "custom", bytes, policy: read.policy };
  }
  const digits = values.get("Expires");
  if (digits === undefined) return { failed, why: "there is neither Policy nor Expires" };
  const expires = parseEpoch(digits);
  if (expires === undefined) return { failed, why: `Expires is ${JSON.stringify(digits)}: ${whyNoEpoch(digits)}` };
  return { kind: "canned", expires };
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function whyNotUrlSafe(name: string, text: string): string {
  if (text === "") return `${name} is empty`;
  if (/[+/=]/.test(text)) {
    return `${name} has + / or =, the base64 of MIME: in a URL those are written - ~ and _`;
  }
  if (text.includes("%")) return `${name} has %: its value is taken as it is written, and needs no escapes`;
  return `${name} is not base64 with - ~ _ for + / =, or was cut off`;
}
