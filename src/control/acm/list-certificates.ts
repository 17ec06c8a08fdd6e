/** ListCertificates [ACMAPI]: those of the request's region. Unless key types are asked for, only those of RSA up to 2048 bits, as documented. */
import { extendedKeyUsagesOf, keyUsagesOf, readPemCertificates } from "../../model/read-certificate.ts";
import type { WireDocument } from "../../wire/shape.ts";
import { findUsers, listCertificates, type Certificate } from "../certificates.ts";
import { textOf, type NeighborContext } from "../context.ts";
import type { NeighborOutcome } from "../neighbor-outcome.ts";
import { cutPage } from "../pages.ts";
import { acmFailure } from "./failures.ts";
import { statusOf, viewSummary } from "./view-certificate.ts";

const KEY_TYPES_DEFAULT: readonly string[] = ["RSA_1024", "RSA_2048"];
const PAGE_DEFAULT = 100;
/** Beyond every instant in milliseconds: turns the order around. */
const INSTANT_MAX = 9_999_999_999_999;

export async function listCertificatesOfRegion(
  input: WireDocument,
  context: NeighborContext,
): Promise<NeighborOutcome> {
  const { control, caller, now, region } = context;
  if (input["SortBy"] !== undefined && input["SortOrder"] === undefined) {
    return acmFailure("ValidationException", "SortBy needs a SortOrder: send ASCENDING or DESCENDING.");
  }
  const isDescending = input["SortOrder"] === "DESCENDING";
  const wanted = filterOf(input, context);
  const all = await listCertificates(control, caller.account, "acm");
  const page = cutPage(
    all.filter((certificate) => certificate.config.Arn.startsWith(`arn:aws:acm:${region}:`) && wanted(certificate)),
    ({ createdAtMs, id }) => `${isDescending ? INSTANT_MAX - createdAtMs : createdAtMs}`.padStart(13, "0") + id,
    { marker: textOf(input, "NextToken"), maxItems: Number(input["MaxItems"] ?? PAGE_DEFAULT) },
  );
  if (page === undefined)
    return acmFailure("ValidationException", "NextToken must be the NextToken of an earlier page.");
  const summaries: WireDocument[] = [];
  for (const certificate of page.items) {
    const users = await findUsers(control, certificate.account, certificate.id);
    summaries.push(viewSummary(certificate, users, now));
  }
  return {
    kind: "ok",
    output: {
      ...(page.marker === undefined ? {} : { NextToken: page.marker }),
      CertificateSummaryList: summaries,
    },
  };
}

function filterOf(input: WireDocument, { now }: NeighborContext): (certificate: Certificate) => boolean {
  const includes = (input["Includes"] ?? {}) as WireDocument;
  const statuses = input["CertificateStatuses"] as readonly string[] | undefined;
  const keyTypes = (includes["keyTypes"] as readonly string[] | undefined) ?? KEY_TYPES_DEFAULT;
  const usages = includes["keyUsage"] as readonly string[] | undefined;
  const extended = includes["extendedKeyUsage"] as readonly string[] | undefined;
  return ({ config }) => {
    if (statuses !== undefined && !statuses.includes(statusOf(config, now))) return false;
    if (!keyTypes.includes(config.KeyAlgorithm)) return false;
    if (usages === undefined && extended === undefined) return true;
    const [leaf] = readPemCertificates(config.CertificateBody) ?? [];
    if (leaf === undefined) return false;
    return (
      (usages?.some((usage) => keyUsagesOf(leaf).includes(usage)) ?? true) &&
      (extended?.some((usage) => extendedKeyUsagesOf(leaf).some(({ Name }) => Name === usage)) ?? true)
    );
  };
}
