/**
 * DescribeCertificate, GetCertificate, DeleteCertificate, UpdateCertificateOptions, RenewCertificate and
 * ExportCertificate [ACMAPI]: what can be done with a certificate that there is.
 */
import type { WireDocument } from "../../wire/shape.ts";
import { certificateClaims, findUsers } from "../certificates.ts";
import type { NeighborContext } from "../context.ts";
import { isFailure, type NeighborOutcome } from "../neighbor-outcome.ts";
import { acmFailure, changedMeanwhile } from "./failures.ts";
import { findCertificate } from "./find-certificate.ts";
import { renew } from "./request-certificate.ts";
import { viewDetail } from "./view-certificate.ts";

export async function describeCertificate(input: WireDocument, context: NeighborContext): Promise<NeighborOutcome> {
  const found = await findCertificate(input, context);
  if (isFailure(found)) return found;
  const users = await findUsers(context.control, found.account, found.id);
  return { kind: "ok", output: { Certificate: viewDetail(found, users, context.now) } };
}

/** Never the key. */
export async function getCertificate(input: WireDocument, context: NeighborContext): Promise<NeighborOutcome> {
  const found = await findCertificate(input, context);
  if (isFailure(found)) return found;
  const { CertificateBody: Certificate, CertificateChain } = found.config;
  return { kind: "ok", output: { Certificate, ...(CertificateChain === "" ? {} : { CertificateChain }) } };
}

export async function deleteCertificate(input: WireDocument, context: NeighborContext): Promise<NeighborOutcome> {
  const found = await findCertificate(input, context);
  if (isFailure(found)) return found;
  const { Arn } = found.config;
  const { kind } = await context.control.store.resources.delete(found, context.now);
  switch (kind) {
    case "deleted":
      return { kind: "ok" };
    case "in-use":
      return acmFailure("ResourceInUseException", `Certificate ${Arn} in account ${found.account} is in use.`);
    case "absent":
      return acmFailure("ResourceNotFoundException", `Could not find certificate ${Arn}.`);
    case "conflict":
      return changedMeanwhile(Arn);
  }
}

/** What the local authority issues stands in no log, whatever is preferred; the preference is kept for those who compare. */
export async function updateCertificateOptions(
  input: WireDocument,
  context: NeighborContext,
): Promise<NeighborOutcome> {
  const { control, now } = context;
  const found = await findCertificate(input, context);
  if (isFailure(found)) return found;
  const { config } = found;
  const options = input["Options"] as WireDocument;
  if (config.Request === undefined) {
    return acmFailure("ValidationException", `Certificate ${config.Arn} was imported: it has no options.`);
  }
  if (options["Export"] === "ENABLED") {
    return acmFailure("ValidationException", "Options.Export cannot be ENABLED: no certificate can be exported here.");
  }
  const preferred = options["CertificateTransparencyLoggingPreference"] ?? config.Request.TransparencyLogging;
  const TransparencyLogging = preferred === "DISABLED" ? "DISABLED" : "ENABLED";
  const next = { ...config, Request: { ...config.Request, TransparencyLogging } as const };
  const claims = certificateClaims(next, control.limits);
  const updated = await control.store.resources.update(found, { config: next, claims }, now);
  return updated.kind === "updated" ? { kind: "ok" } : changedMeanwhile(config.Arn);
}

/** Before its time; in its time it renews by itself while it is in use. */
export async function renewCertificate(input: WireDocument, context: NeighborContext): Promise<NeighborOutcome> {
  const found = await findCertificate(input, context);
  if (isFailure(found)) return found;
  const { Arn, Type } = found.config;
  if (Type !== "AMAZON_ISSUED") {
    return acmFailure("ValidationException", `Certificate ${Arn} was imported: import a newer one to its ARN.`);
  }
  return (await renew(context.control, found, context.now)) ? { kind: "ok" } : changedMeanwhile(Arn);
}

/** Neither imported certificates nor those issued here can be: a key that went in does not come out. */
export async function exportCertificate(input: WireDocument, context: NeighborContext): Promise<NeighborOutcome> {
  const found = await findCertificate(input, context);
  if (isFailure(found)) return found;
  return acmFailure(
    "ValidationException",
    `Certificate ARN: ${found.config.Arn} is not a private certificate: it cannot be exported.`,
  );
}
