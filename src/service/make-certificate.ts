// Makes X.509 certificates: roots, one of which can be trusted at low risk because it is only good for names below one
// suffix, and leaves that they sign. Structures by @peculiar/asn1-x509 [D-0002], keys and signatures by node:crypto. Loading the
// structures takes a while, so whoever needs no new certificate does not import this file.

import { createHash, createPrivateKey, generateKeyPairSync, randomBytes, sign, type KeyObject } from "node:crypto";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  GeneralSubtree,
  GeneralSubtrees,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_nameConstraints,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_kp_serverAuth,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  Name,
  NameConstraints,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from "@peculiar/asn1-x509";
import { addSeconds, seconds, type EpochMs } from "../vocabulary/time.ts";

/** Both in PEM. */
export interface MadeCertificate {
  readonly certificate: string;
  readonly key: string;
}

export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export interface Lifespan {
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/** `1.2.840.10045.4.3.2`: ECDSA with SHA-256, the one signature that is made here. */
const SIGNATURE = new AlgorithmIdentifier({ algorithm: "1.2.840.10045.4.3.2" });
const COMMON_NAME = "2.5.4.3";
/** [RFC 5280 §A.1] ub-common-name */
const COMMON_NAME_MAX = 64;

/**
 * A root that signs for `suffix` and the names below it, and for nothing else: no other name, no address. Without a
 * suffix it signs for every name. [RFC 5280 §4.2.1.10]
 */
export function makeRoot(suffix: string | undefined, lifespan: Lifespan): MadeCertificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const subtree = (base: Partial<GeneralName>): GeneralSubtree => new GeneralSubtree({ base: new GeneralName(base) });
  const name = nameOf(`Warmfront authority for ${suffix ?? "requested certificates"}`);
  const extensions = [
    critical(id_ce_basicConstraints, new BasicConstraints({ cA: true, pathLenConstraint: 0 })),
    critical(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign)),
    critical(
      id_ce_nameConstraints,
      new NameConstraints({
        ...(suffix !== undefined && { permittedSubtrees: new GeneralSubtrees([subtree({ dNSName: suffix })]) }),
        excludedSubtrees: new GeneralSubtrees([subtree({ iPAddress: "0.0.0.0/0" }), subtree({ iPAddress: "::/0" })]),
      }),
    ),
    plain(id_ce_extKeyUsage, new ExtendedKeyUsage([id_kp_serverAuth])),
    plain(id_ce_subjectKeyIdentifier, new SubjectKeyIdentifier(keyIdentifier(publicKey))),
  ];
  return assemble({ subject: name, issuer: name, publicKey, privateKey, lifespan, extensions, signer: privateKey });
}

/** A server's certificate for the names, signed by `root`. Its key is on P-256 unless RSA is asked for. */
export function makeLeaf(
  names: readonly string[],
  lifespan: Lifespan,
  root: MadeCertificate,
  keyType: "ec" | "rsa" = "ec",
): MadeCertificate {
  const keys =
    keyType === "ec"
      ? generateKeyPairSync("ec", { namedCurve: "P-256" })
      : generateKeyPairSync("rsa", { modulusLength: 2048 });
  return makeLeafFor(keys, names, lifespan, root);
}

/** The same for keys that there are. */
export function makeLeafFor(
  { privateKey, publicKey }: KeyPair,
  names: readonly string[],
  lifespan: Lifespan,
  root: MadeCertificate,
): MadeCertificate {
  const issuer = AsnConvert.parse(derOf(root.certificate), Certificate).tbsCertificate;
  const signer = createPrivateKey(root.key);
  const issuerKey = Buffer.from(AsnConvert.serialize(issuer.subjectPublicKeyInfo));
  const usage =
    KeyUsageFlags.digitalSignature | (publicKey.asymmetricKeyType === "rsa" ? KeyUsageFlags.keyEncipherment : 0);
  const extensions = [
    critical(id_ce_basicConstraints, new BasicConstraints({ cA: false })),
    critical(id_ce_keyUsage, new KeyUsage(usage)),
    plain(id_ce_extKeyUsage, new ExtendedKeyUsage([id_kp_serverAuth])),
    plain(id_ce_subjectAltName, new SubjectAlternativeName(names.map((name) => new GeneralName({ dNSName: name })))),
    plain(id_ce_subjectKeyIdentifier, new SubjectKeyIdentifier(keyIdentifier(publicKey))),
    plain(
      id_ce_authorityKeyIdentifier,
      new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(identifierOf(issuerKey)) }),
    ),
  ];
  const subject = nameOf(names[0] ?? "");
  return assemble({ subject, issuer: issuer.subject, publicKey, privateKey, lifespan, extensions, signer });
}

function assemble(parts: {
  readonly subject: Name;
  readonly issuer: Name;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  readonly lifespan: Lifespan;
  readonly extensions: readonly Extension[];
  readonly signer: KeyObject;
}): MadeCertificate {
  const { subject, issuer, publicKey, privateKey, lifespan, extensions, signer } = parts;
  const toBeSigned = new TBSCertificate({
    version: Version.v3,
    serialNumber: bytesOf(serialNumber()),
    signature: SIGNATURE,
    issuer,
    validity: new Validity({ notBefore: wholeSecond(lifespan.from), notAfter: wholeSecond(lifespan.to) }),
    subject,
    subjectPublicKeyInfo: AsnConvert.parse(
      bytesOf(publicKey.export({ type: "spki", format: "der" })),
      SubjectPublicKeyInfo,
    ),
    extensions: new Extensions([...extensions]),
  });
  const signature = sign("sha256", Buffer.from(AsnConvert.serialize(toBeSigned)), signer);
  const certificate = new Certificate({
    tbsCertificate: toBeSigned,
    signatureAlgorithm: SIGNATURE,
    signatureValue: bytesOf(signature),
  });
  return {
    certificate: pemOf(Buffer.from(AsnConvert.serialize(certificate))),
    key: privateKey.export({ type: "pkcs8", format: "pem" }),
  };
}

/** Sixteen random bytes that read as a positive number. [RFC 5280 §4.1.2.2] */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes;
}

function wholeSecond(instant: EpochMs): Date {
  return new Date(addSeconds(instant, seconds(-((instant % 1000) / 1000))));
}

function nameOf(commonName: string): Name {
  const value = new AttributeValue({ utf8String: commonName.slice(0, COMMON_NAME_MAX) });
  return new Name([new RelativeDistinguishedName([new AttributeTypeAndValue({ type: COMMON_NAME, value })])]);
}

function critical(id: string, content: object): Extension {
  return new Extension({ extnID: id, critical: true, extnValue: new OctetString(AsnConvert.serialize(content)) });
}

function plain(id: string, content: object): Extension {
  return new Extension({ extnID: id, critical: false, extnValue: new OctetString(AsnConvert.serialize(content)) });
}

function keyIdentifier(key: KeyObject): ArrayBuffer {
  return identifierOf(key.export({ type: "spki", format: "der" }));
}

/** Any digest will do, as long as a root's is its leaves' authority's. */
function identifierOf(publicKeyInfo: Buffer): ArrayBuffer {
  return bytesOf(createHash("sha256").update(publicKeyInfo).digest().subarray(0, 20));
}

function bytesOf(buffer: Buffer): ArrayBuffer {
  return Uint8Array.from(buffer).buffer;
}

function pemOf(der: Buffer): string {
  const lines = der.toString("base64").replaceAll(/.{64}(?=.)/g, "$&\n");
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

function derOf(pem: string): ArrayBuffer {
  const base64 = /-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/.exec(pem)?.[1] ?? "";
  return bytesOf(Buffer.from(base64, "base64"));
}
