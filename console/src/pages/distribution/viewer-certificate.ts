// Which certificate a config names, and a config that names another one: the same is said by two members, and both are written as the API
// stores them, so that the lines that change are those that will.

import type { ViewerCertificate } from "./config.ts";

/** From old to new. [CFMODEL MinimumProtocolVersion] */
export const POLICIES = [
  "SSLv3",
  "TLSv1",
  "TLSv1_2016",
  "TLSv1.1_2016",
  "TLSv1.2_2018",
  "TLSv1.2_2019",
  "TLSv1.2_2021",
  "TLSv1.2_2025",
  "TLSv1.3_2025",
] as const;

export const DEFAULT_CERTIFICATE: ViewerCertificate = {
  CloudFrontDefaultCertificate: true,
  MinimumProtocolVersion: "TLSv1",
  CertificateSource: "cloudfront",
};

/** ACM's ARN, IAM's id or a name in the operator's folder; `undefined` for the default certificate. */
export function certificateIdOf(viewer: ViewerCertificate): string | undefined {
  if (viewer.CloudFrontDefaultCertificate === true || viewer.CertificateSource === "cloudfront") return undefined;
  return viewer.ACMCertificateArn ?? viewer.IAMCertificateId ?? viewer.Certificate;
}

export function withCertificate(former: ViewerCertificate, id: string): ViewerCertificate {
  const isOwn = certificateIdOf(former) !== undefined;
  const isArn = id.startsWith("arn:");
  return {
    CloudFrontDefaultCertificate: false,
    ...(isArn ? { ACMCertificateArn: id } : { IAMCertificateId: id }),
    SSLSupportMethod: (isOwn ? former.SSLSupportMethod : undefined) ?? "sni-only",
    MinimumProtocolVersion: (isOwn ? former.MinimumProtocolVersion : undefined) ?? "TLSv1.2_2021",
    Certificate: id,
    CertificateSource: isArn ? "acm" : "iam",
  };
}
