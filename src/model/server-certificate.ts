// A certificate that a distribution can show its viewers, as it is stored: uploaded to IAM, or imported to or issued by ACM.

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
  /** Host names that it is for. */
  readonly Names: readonly string[];
}
