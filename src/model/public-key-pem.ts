// Which key a PEM text holds. Only public keys count as such: from a private key or a certificate a public one could be
// derived, and then a caller would have sent us a secret for nothing.

import { createPublicKey, type KeyObject } from "node:crypto";

export interface PublicKeyFacts {
  readonly algorithm: "RSA" | "ECDSA P-256";
  /** Of an RSA key its modulus. */
  readonly bits: number;
}

/** Longest text that is looked at; a key of 4096 bits takes 800 characters. */
const PEM_LENGTH_MAX = 8192;

/** One block, whatever white space is around it. The second form is PKCS #1, which holds RSA keys only. */
const PUBLIC_KEY = /^\s*-----BEGIN (RSA PUBLIC|PUBLIC) KEY-----[A-Za-z0-9+/=\s]+-----END \1 KEY-----\s*$/;

/** `undefined`: not a public key in PEM, or of a kind that no signed URL is verified with. */
export function readPublicKey(pem: string): PublicKeyFacts | undefined {
  if (pem.length > PEM_LENGTH_MAX || !PUBLIC_KEY.test(pem)) return undefined;
  let key: KeyObject;
  try {
    key = createPublicKey(pem.trim());
  } catch {
    return undefined;
  }
  const { modulusLength, publicExponent, namedCurve } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === "ec" && namedCurve === "prime256v1") return { algorithm: "ECDSA P-256", bits: 256 };
  // With an exponent of 1 anybody could sign.
  const isRsa = key.asymmetricKeyType === "rsa" && modulusLength !== undefined && (publicExponent ?? 0n) >= 3n;
  return isRsa ? { algorithm: "RSA", bits: modulusLength } : undefined;
}
