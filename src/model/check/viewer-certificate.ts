// The certificate towards viewers, as it was sent: completing it would hide what contradicts itself. A certificate of the
// caller's own is IAM's by its id, ACM's by its ARN, or one that the operator has put into the folder of certificates, by
// its name there as if it were IAM's. Without any, aliases are allowed as they were before April 2019.
// [CFMODEL ViewerCertificate], [D-0008], [D-0019]

import type { WireDocument } from "../../wire/shape.ts";
import type { EpochMs } from "../../vocabulary/time.ts";
import { API_ERRORS, fail, type ApiFailure } from "../errors.ts";
import { flagOf, textOf } from "../sent-value.ts";
import { coversName, readCertificateArn, type ServerCertificateConfig } from "../server-certificate.ts";

/** What may be asked for with dedicated addresses through the API. [CFDG distribution-web-values-specify] */
const WITH_DEDICATED_ADDRESS = ["SSLv3", "TLSv1"];

/** `undefined` for `sent` is the default certificate, as is a structure in which nothing is set. */
export function checkViewerCertificate(
  sent: WireDocument | undefined,
  context: ViewerCertificateContext,
): ApiFailure | undefined {
  if (sent === undefined) return undefined;
  const minimum = textOf(sent, "MinimumProtocolVersion");
  const method = textOf(sent, "SSLSupportMethod");
  if (method === "sni-only" && minimum === "SSLv3") return fail("InvalidProtocolSettings");

  const ids = idsOf(sent);
  const [named] = ids;
  const isDefault = flagOf(sent, "CloudFrontDefaultCertificate");
  const source = textOf(sent, "CertificateSource");
  if (named === undefined) {
    const wantsOwn = isDefault === false || source === "iam" || source === "acm";
    if (!wantsOwn) return undefined;
    return fail(
      "InvalidViewerCertificate",
      "The parameter ViewerCertificate names no certificate: send CloudFrontDefaultCertificate true, or the id of a certificate.",
    );
  }
  if ((textOf(sent, "IAMCertificateId") ?? "") !== "" && source !== undefined && source !== "iam") {
    return fail(
      "InvalidViewerCertificate",
      'Cannot specify IAMCertificateId and a CertificateSource not equal to "iam".',
    );
  }
  if (isDefault === true || source === "cloudfront" || ids.size > 1) {
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
  return checkCertificate(named, { sent, ...context });
}

/** What is known of a certificate that a distribution names. */
export type NamedCertificate =
  /** In the operator's folder: what it covers is the operator's to see to. */
  | { readonly kind: "of-folder" }
  | {
      readonly kind: "of-store";
      readonly source: ServerCertificateConfig["Source"];
      readonly names: readonly string[];
      /** Why it cannot be shown to viewers, if so: the end of a sentence. */
      readonly whyUnusable: string | undefined;
    };

export function nameCertificate(config: ServerCertificateConfig, now: EpochMs): NamedCertificate {
  return { kind: "of-store", source: config.Source, names: config.Names, whyUnusable: whyUnusable(config, now) };
}

export interface ViewerCertificateContext {
  /** The caller's certificate by IAM's id, ACM's ARN, or its name in the folder. `undefined`: there is none. */
  readonly certificateOf: (id: string) => NamedCertificate | undefined;
  /** In lower case. */
  readonly aliases: readonly string[];
  /** What an update is about to replace: a config that is kept as it is keeps its certificate, whatever became of that. */
  readonly stored?: { readonly certificate: string | undefined; readonly aliases: readonly string[] };
}

function checkCertificate(
  id: string,
  { sent, certificateOf, aliases, stored }: ViewerCertificateContext & { readonly sent: WireDocument },
): ApiFailure | undefined {
  const isArn = (textOf(sent, "ACMCertificateArn") ?? "") !== "" || textOf(sent, "CertificateSource") === "acm";
  const named = certificateOf(id);
  if (named === undefined || (named.kind === "of-folder" && isArn)) return fail("InvalidViewerCertificate");
  if (named.kind === "of-folder") return undefined;
  const { source, names, whyUnusable: why } = named;
  if (isArn !== (source === "acm")) return fail("InvalidViewerCertificate");
  const isKept = stored?.certificate === id;
  const added = isKept ? aliases.filter((alias) => !stored.aliases.includes(alias)) : aliases;
  if (!isKept && why !== undefined) return invalid(why);
  return added.every((alias) => coversName(names, alias)) ? undefined : fail("InvalidViewerCertificate", UNCOVERED);
}

/** [SEEN 2026-11-20 #5] */
const UNCOVERED =
  "The certificate that is attached to your distribution doesn't cover the alternate domain name (CNAME) that you're trying to add. For more details, see: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/CNAMEs.html#alternate-domain-names-requirements";

/** On P-521 the edge has no handshakes. [CFDG cnames-and-https-requirements] */
function whyUnusable(config: ServerCertificateConfig, now: EpochMs): string | undefined {
  const { Source, Arn, Path, Name, NotAfter, NotBefore, KeyAlgorithm } = config;
  if (Source === "acm" && readCertificateArn(Arn)?.region !== "us-east-1") {
    return `it is in ${readCertificateArn(Arn)?.region ?? "no region"}: sign the request to ACM for us-east-1`;
  }
  if (Source === "iam" && !Path.startsWith("/cloudfront/")) {
    return `the path of ${Name} is ${Path}, and those for CloudFront begin with /cloudfront/`;
  }
  if (NotAfter <= now) return `it expired at ${new Date(NotAfter).toISOString()}`;
  if (NotBefore > now) return `it is not valid before ${new Date(NotBefore).toISOString()}`;
  return KeyAlgorithm === "EC_secp521r1"
    ? "its key is on secp521r1: EC keys can be on prime256v1 and secp384r1"
    : undefined;
}

/** The text that people search for, and then what it was this time. */
function invalid(why: string): ApiFailure {
  return fail("InvalidViewerCertificate", `${API_ERRORS.InvalidViewerCertificate.message} Here: ${why}.`);
}

/** What a config names, as it was sent or is stored; the pair Certificate and CertificateSource may repeat the member of its kind. */
export function certificateIdOf(viewer: WireDocument): string | undefined {
  const isDefault = textOf(viewer, "CertificateSource") === "cloudfront";
  const ids = ["IAMCertificateId", "ACMCertificateArn", ...(isDefault ? [] : ["Certificate"])];
  return ids.map((member) => textOf(viewer, member) ?? "").find((id) => id !== "");
}

/** Ids of certificates, each once: the pair Certificate and CertificateSource may repeat the member of its kind. */
function idsOf(sent: WireDocument): ReadonlySet<string> {
  const ids = ["IAMCertificateId", "ACMCertificateArn", "Certificate"].map((member) => textOf(sent, member) ?? "");
  return new Set(ids.filter((id) => id !== ""));
}
