// A certificate that a distribution can show its viewers, as it is stored: uploaded to IAM, imported to ACM, or issued by
// ACM, which here is the installation's own authority. What is read from the certificate is stored beside it, so that
// nobody has to parse it again.

import type { KeyAlgorithm } from "./read-certificate.ts";

export interface ServerCertificateConfig {
  readonly Source: "iam" | "acm";
  /** IAM's name of it, unique in the account; empty for ACM's. */
  readonly Name: string;
  /** IAM's path, with a slash at both ends; empty for ACM's. */
  readonly Path: string;
  readonly Arn: string;
  /** PEM of the leaf. */
  readonly CertificateBody: string;
  /** PEM of those that vouch for it, in order; empty for none. */
  readonly CertificateChain: string;
  /** PEM. */
  readonly PrivateKey: string;
  readonly Type: "IMPORTED" | "AMAZON_ISSUED";
  /** Host names that it is for, in lower case. */
  readonly Names: readonly string[];
  readonly KeyAlgorithm: KeyAlgorithm;
  /** The first and the last instant of its life, as EpochMs. */
  readonly NotBefore: number;
  readonly NotAfter: number;
  /** When this certificate came, as EpochMs: it was uploaded, imported (again), issued or renewed. */
  readonly SuppliedAt: number;
  /** What was asked of ACM; absent for what was not issued here. */
  readonly Request?: CertificateRequest;
}

export interface CertificateRequest {
  readonly DomainName: string;
  /** The domain name first. */
  readonly SubjectAlternativeNames: readonly string[];
  readonly ValidationMethod: "DNS" | "EMAIL";
  /** Empty for none. */
  readonly IdempotencyToken: string;
  readonly IssuedAt: number;
  readonly TransparencyLogging: "ENABLED" | "DISABLED";
}

/** Whether a certificate for `names` is one for `host`, which may be a wildcard itself. A star stands for one label. [RFC 9525 §6.3] */
export function coversName(names: readonly string[], host: string): boolean {
  const dot = host.indexOf(".");
  return names.includes(host) || (dot > 0 && names.includes(`*${host.slice(dot)}`));
}

/** The region and id of a certificate of ACM's by its ARN; `undefined` for what is none. */
export function readCertificateArn(
  arn: string,
): { readonly region: string; readonly account: string; readonly id: string } | undefined {
  const match =
    /^arn:aws(?:-[a-z]+)*:acm:([a-z0-9-]+):(\d{12}):certificate\/([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})$/.exec(arn);
  if (match === null) return undefined;
  const [, region = "", account = "", id = ""] = match;
  return { region, account, id };
}
