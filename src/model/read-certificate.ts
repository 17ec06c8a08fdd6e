// From PEM to what the services tell of a certificate: names, life, key, who signed it. Reading proves nothing about the
// certificate; check/server-certificate.ts does.

import { Buffer } from "node:buffer";
import { X509Certificate, type KeyObject } from "node:crypto";
import { epochMs, type EpochMs } from "../vocabulary/time.ts";

/** In ACM's words. [ACMAPI CertificateDetail] */
export type KeyAlgorithm =
  | "RSA_1024"
  | "RSA_2048"
  | "RSA_3072"
  | "RSA_4096"
  | "EC_prime256v1"
  | "EC_secp384r1"
  | "EC_secp521r1";

const CURVES: Readonly<Record<string, KeyAlgorithm>> = {
  prime256v1: "EC_prime256v1",
  secp384r1: "EC_secp384r1",
  secp521r1: "EC_secp521r1",
};
const MODULUS_LENGTHS: readonly number[] = [1024, 2048, 3072, 4096];

/** `undefined`: a key that the services do not take. */
export function keyAlgorithmOf(key: KeyObject): KeyAlgorithm | undefined {
  const { modulusLength = 0, namedCurve = "" } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === "ec") return CURVES[namedCurve];
  const isRsa = key.asymmetricKeyType === "rsa" && MODULUS_LENGTHS.includes(modulusLength);
  return isRsa ? (`RSA_${modulusLength}` as KeyAlgorithm) : undefined;
}

/** A key in a person's words, whether it can be used or not. */
export function describeKey(key: KeyObject): string {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  const size =
    modulusLength === undefined ? (namedCurve === undefined ? "" : ` on ${namedCurve}`) : ` of ${modulusLength} bits`;
  return `${(key.asymmetricKeyType ?? "unknown").toUpperCase()}${size}`;
}

/**
 * The certificates of a PEM text, in its order. `undefined`: there is none, one of them cannot be read, or there is text
 * outside of their BEGIN and END lines, which the real services refuse too.
 */
export function readPemCertificates(pem: string): readonly X509Certificate[] | undefined {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  const rest = pem.replaceAll(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g, "");
  if (blocks.length === 0 || /\S/.test(rest)) return undefined;
  const certificates: X509Certificate[] = [];
  for (const block of blocks) {
    try {
      const certificate = new X509Certificate(block);
      // Is read when it is first asked for, and throws then.
      if (certificate.publicKey.type === "public") certificates.push(certificate);
    } catch {
      return undefined;
    }
  }
  return certificates;
}

/** How many there seem to be, readable or not. */
export function countPemCertificates(pem: string): number {
  return pem.match(/-----BEGIN CERTIFICATE-----/g)?.length ?? 0;
}

/** DNS names that it is for, in lower case: of its subject alternative names, and without any, its common name. [RFC 9525 §6.1] */
export function hostNamesOf(certificate: X509Certificate): readonly string[] {
  const { subjectAltName = "" } = certificate;
  // What could be taken for a further name is quoted by the library, and is no host's name.
  const names = subjectAltName.split(", ").flatMap((name) => /^DNS:([\w*.-]+)$/.exec(name)?.[1]?.toLowerCase() ?? []);
  if (names.length > 0) return [...new Set(names)];
  const common = commonNameOf(certificate.subject).toLowerCase();
  return subjectAltName === "" && /^(?:\*\.)?[\w-]+(?:\.[\w-]+)+$/.test(common) ? [common] : [];
}

/** The first one of a subject or issuer; empty without any. */
export function commonNameOf(name: string): string {
  return /^CN=(.*)$/m.exec(name)?.[1] ?? "";
}

export function lifeOf(certificate: X509Certificate): { readonly notBefore: EpochMs; readonly notAfter: EpochMs } {
  return {
    notBefore: epochMs(certificate.validFromDate.getTime()),
    notAfter: epochMs(certificate.validToDate.getTime()),
  };
}

/** As services show it: pairs of hexadecimal digits with colons between them. */
export function serialOf({ serialNumber }: X509Certificate): string {
  const even = serialNumber.length % 2 === 0 ? serialNumber : `0${serialNumber}`;
  return (even.match(/../g) ?? []).join(":").toLowerCase();
}

/** In ACM's words, of the signature on it. */
export function signatureAlgorithmOf({ signatureAlgorithm = "" }: X509Certificate): string {
  const rsa = /^(sha\d+|md5)WithRSAEncryption$/.exec(signatureAlgorithm)?.[1];
  if (rsa !== undefined) return `${rsa.toUpperCase()}WITHRSA`;
  const ecdsa = /^ecdsa-with-(SHA\d+)$/.exec(signatureAlgorithm)?.[1];
  return ecdsa === undefined ? signatureAlgorithm : `${ecdsa}WITHECDSA`;
}

/** In order of their bits. [RFC 5280 §4.2.1.3] */
const KEY_USAGES = [
  "DIGITAL_SIGNATURE",
  "NON_REPUDIATION",
  "KEY_ENCIPHERMENT",
  "DATA_ENCIPHERMENT",
  "KEY_AGREEMENT",
  "CERTIFICATE_SIGNING",
  "CRL_SIGNING",
  "ENCIPHER_ONLY",
] as const;

/** The extension's identifier, whether it is critical, and a bit string of one byte, in DER: the library does not tell it. */
const KEY_USAGE_IN_DER = /0603551d0f(?:0101ff)?0404030[23]0[0-7]([\da-f]{2})/;

/** In ACM's words; `ANY` where the certificate does not say. */
export function keyUsagesOf({ raw }: X509Certificate): readonly string[] {
  const bits = KEY_USAGE_IN_DER.exec(Buffer.from(raw).toString("hex"))?.[1];
  if (bits === undefined) return ["ANY"];
  const value = Number.parseInt(bits, 16);
  return KEY_USAGES.filter((_usage, at) => (value & (0x80 >> at)) !== 0);
}

const EXTENDED_KEY_USAGES: Readonly<Record<string, string>> = {
  "1.3.6.1.5.5.7.3.1": "TLS_WEB_SERVER_AUTHENTICATION",
  "1.3.6.1.5.5.7.3.2": "TLS_WEB_CLIENT_AUTHENTICATION",
  "1.3.6.1.5.5.7.3.3": "CODE_SIGNING",
  "1.3.6.1.5.5.7.3.4": "EMAIL_PROTECTION",
  "1.3.6.1.5.5.7.3.8": "TIME_STAMPING",
  "1.3.6.1.5.5.7.3.9": "OCSP_SIGNING",
  "2.5.29.37.0": "ANY",
};

export interface ExtendedKeyUsage {
  readonly Name: string;
  readonly OID: string;
}

/** In ACM's words; `NONE` where the certificate does not say. */
export function extendedKeyUsagesOf({ keyUsage }: X509Certificate): readonly ExtendedKeyUsage[] {
  // Despite its name, Node's member is the extended one, and absent without it.
  const oids = (keyUsage as readonly string[] | undefined) ?? [];
  if (oids.length === 0) return [{ Name: "NONE", OID: "" }];
  return oids.map((oid) => ({ Name: EXTENDED_KEY_USAGES[oid] ?? "CUSTOM", OID: oid }));
}

/** PEM in lines of 64, as the library writes it. */
export function formatPem(certificates: readonly X509Certificate[]): string {
  return certificates.map((certificate) => certificate.toString()).join("");
}
