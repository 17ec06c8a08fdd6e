// The certificate towards viewers, as it was sent: completing it would hide what contradicts itself. A certificate of the
// caller's own is one that the operator has put into the folder of certificates, named as IAM's are; ACM's cannot be had
// yet, so every ARN names one that does not exist. [CFMODEL ViewerCertificate], [D-0008]

import type { WireDocument } from "../../wire/shape.ts";
import { fail, type ApiFailure } from "../errors.ts";
import { flagOf, textOf } from "../sent-value.ts";

/** What may be asked for with dedicated addresses through the API. [CFDG distribution-web-values-specify] */
const WITH_DEDICATED_ADDRESS = ["SSLv3", "TLSv1"];

/** `undefined` for `sent` is the default certificate, as is a structure in which nothing is set. */
export function checkViewerCertificate(
  sent: WireDocument | undefined,
  isOwnCertificate: (id: string) => boolean,
): ApiFailure | undefined {
  if (sent === undefined) return undefined;
  const minimum = textOf(sent, "MinimumProtocolVersion");
  const method = textOf(sent, "SSLSupportMethod");
  if (method === "sni-only" && minimum === "SSLv3") return fail("InvalidProtocolSettings");

  const named = idsOf(sent);
  const isDefault = flagOf(sent, "CloudFrontDefaultCertificate");
  const source = textOf(sent, "CertificateSource");
  if (named.size === 0) {
    const wantsOwn = isDefault === false || source === "iam" || source === "acm";
    if (!wantsOwn) return undefined;
    return fail(
      "InvalidViewerCertificate",
      "The parameter ViewerCertificate names no certificate: send CloudFrontDefaultCertificate true, or the id of a certificate.",
    );
  }
  if (isDefault === true || source === "cloudfront" || named.size > 1) {
    return fail(
      "InvalidViewerCertificate",
      "The parameter ViewerCertificate names more than one certificate: send one.",
    );
  }
  if (method === undefined) {
    return fail(
      "InvalidArgument",
      "The parameter SSLSupportMethod is required with a certificate of your own: send sni-only or vip.",
    );
  }
  if (method === "vip" && minimum !== undefined && !WITH_DEDICATED_ADDRESS.includes(minimum)) {
    return fail("InvalidMinimumProtocolVersion");
  }
  const isAcm = source === "acm" || (textOf(sent, "ACMCertificateArn") ?? "") !== "";
  return !isAcm && [...named].every(isOwnCertificate) ? undefined : fail("InvalidViewerCertificate");
}

/** Ids of certificates, each once: the pair Certificate and CertificateSource may repeat the member of its kind. */
function idsOf(sent: WireDocument): ReadonlySet<string> {
  const ids = ["IAMCertificateId", "ACMCertificateArn", "Certificate"].map((member) => textOf(sent, member) ?? "");
  return new Set(ids.filter((id) => id !== ""));
}
