// Whether a certificate, its chain and its key may be stored: readable, belonging together, within their dates, of a kind
// that can be shown to viewers. IAM and ACM want much the same and say it with other codes, so what is wrong is a row that
// both of them have words for. [IAMAPI UploadServerCertificate], [ACMUG import-certificate-prerequisites]

import { createPrivateKey, type KeyObject, type X509Certificate } from "node:crypto";
import type { EpochMs } from "../../vocabulary/time.ts";
import {
  countPemCertificates,
  describeKey,
  formatPem,
  hostNamesOf,
  keyAlgorithmOf,
  lifeOf,
  readPemCertificates,
  type KeyAlgorithm,
} from "../read-certificate.ts";

export interface SentCertificate {
  /** PEM, each. */
  readonly body: string;
  /** Empty for none. */
  readonly chain: string;
  readonly key: string;
}

export interface CheckedCertificate {
  readonly kind: "ok";
  readonly leaf: X509Certificate;
  /** PEM in lines of 64; empty for none. */
  readonly chain: string;
  /** PEM, PKCS #8. */
  readonly key: string;
  readonly names: readonly string[];
  readonly keyAlgorithm: KeyAlgorithm;
  readonly notBefore: EpochMs;
  readonly notAfter: EpochMs;
}

/** Each with IAM's code. ACM has one for all of them, ValidationException. */
export type CertificateProblemCode = "MalformedCertificate" | "KeyPairMismatch";

export interface CertificateProblem {
  readonly kind: "problem";
  readonly code: CertificateProblemCode;
  readonly message: string;
}

export interface CertificateRules {
  readonly now: EpochMs;
  /** Certificates of a chain. */
  readonly chainMax: number;
  /** ACM wants to see who vouches for what is not signed by itself. */
  readonly isChainNeeded: boolean;
}

/** Texts without a departure after a colon are the real services', as far as they were seen. [SEEN 2026-11-20 #5] */
export function checkServerCertificate(
  sent: SentCertificate,
  rules: CertificateRules,
): CheckedCertificate | CertificateProblem {
  if (countPemCertificates(sent.body) > 1) {
    return malformed(
      "The certificate field contains more than one certificate. You can specify only one certificate in this field.",
    );
  }
  const [leaf] = readPemCertificates(sent.body) ?? [];
  if (leaf === undefined) {
    return malformed("Unable to parse certificate. Please ensure the certificate is in PEM format.");
  }
  const keyAlgorithm = keyAlgorithmOf(leaf.publicKey);
  if (keyAlgorithm === undefined) {
    return malformed(
      `The key of the certificate is not supported: it is ${describeKey(leaf.publicKey)}, and RSA of 1024, 2048, 3072 or 4096 bits and EC on prime256v1, secp384r1 or secp521r1 are.`,
    );
  }
  const privateKey = readPrivateKey(sent.key);
  if (privateKey === undefined) {
    return malformed("Invalid Private Key: it must be one key in PEM, without a passphrase.");
  }
  if (!leaf.checkPrivateKey(privateKey)) {
    return {
      kind: "problem",
      code: "KeyPairMismatch",
      message: "The private key does not match the public key of the certificate.",
    };
  }
  // Counted before they are read, which is the costly part.
  const length = countPemCertificates(sent.chain);
  if (length > rules.chainMax) {
    return malformed(`The certificate chain has ${length} certificates: it can have at most ${rules.chainMax}.`);
  }
  const chain = sent.chain.trim() === "" ? [] : readPemCertificates(sent.chain);
  if (chain === undefined) {
    return malformed("Unable to parse certificate chain. Please ensure the certificates are in PEM format.");
  }
  const life = lifeOf(leaf);
  return (
    checkLife(leaf, rules.now) ??
    checkSignature(leaf) ??
    checkChain(leaf, chain, rules) ?? {
      kind: "ok",
      leaf,
      chain: formatPem(chain),
      key: privateKey.export({ type: "pkcs8", format: "pem" }),
      names: hostNamesOf(leaf),
      keyAlgorithm,
      ...life,
    }
  );
}

function malformed(message: string): CertificateProblem {
  return { kind: "problem", code: "MalformedCertificate", message };
}

/** Of any of the PEM forms; `undefined` when it cannot be read, or is locked. */
function readPrivateKey(pem: string): KeyObject | undefined {
  if ((pem.match(/-----BEGIN [A-Z ]*PRIVATE KEY-----/g)?.length ?? 0) !== 1) return undefined;
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

function checkLife(leaf: X509Certificate, now: EpochMs): CertificateProblem | undefined {
  const { notBefore, notAfter } = lifeOf(leaf);
  if (notAfter <= now) {
    return malformed(
      `Certificate is no longer valid. The 'Not After' date restriction on the certificate has passed: ${leaf.validTo}.`,
    );
  }
  if (notBefore > now) {
    return malformed(
      `Certificate is not yet valid. The 'Not Before' date restriction on the certificate has not passed: ${leaf.validFrom}.`,
    );
  }
  return undefined;
}

/** Such a certificate could not be shown under most security policies: the TLS library refuses it. */
function checkSignature(leaf: X509Certificate): CertificateProblem | undefined {
  const { signatureAlgorithm = "" } = leaf;
  const isWeak = /^(?:md[245]|sha1?)With|-with-SHA1$/i.test(signatureAlgorithm) && !isSelfSigned(leaf);
  return isWeak
    ? malformed(
        `The certificate is signed with ${signatureAlgorithm}, which viewers no longer accept: SHA-256 or better is needed.`,
      )
    : undefined;
}

function checkChain(
  leaf: X509Certificate,
  chain: readonly X509Certificate[],
  { now, isChainNeeded }: CertificateRules,
): CertificateProblem | undefined {
  if (chain.length === 0) {
    return isChainNeeded && !isSelfSigned(leaf)
      ? malformed(
          "Provided certificate is not a valid self signed. Please provide either a valid self-signed certificate or certificate chain.",
        )
      : undefined;
  }
  let below = leaf;
  for (const [index, issuer] of chain.entries()) {
    const why = whyNotIssuer(below, issuer, now);
    if (why !== undefined) {
      return malformed(
        `Unable to validate certificate chain. The certificate chain must start with the immediate signing certificate, followed by any intermediaries in order. The index within the chain of the invalid certificate is: ${index} (${why})`,
      );
    }
    below = issuer;
  }
  return undefined;
}

function whyNotIssuer(below: X509Certificate, issuer: X509Certificate, now: EpochMs): string | undefined {
  if (!issuer.ca) return "it is not a certificate of an authority";
  if (!isIssuedBy(below, issuer)) return "it has not signed the one before it";
  const { notBefore, notAfter } = lifeOf(issuer);
  return notBefore > now || notAfter <= now
    ? `it is valid from ${issuer.validFrom} to ${issuer.validTo} only`
    : undefined;
}

/** Whatever its extensions say that its key is for. */
function isSelfSigned(certificate: X509Certificate): boolean {
  return certificate.subject === certificate.issuer && isSignedBy(certificate, certificate);
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && isSignedBy(certificate, issuer);
}

function isSignedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.verify(issuer.publicKey);
  } catch {
    return false; // a key of a kind that cannot have made the signature
  }
}
