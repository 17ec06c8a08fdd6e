/** ImportCertificate [ACMAPI], also of a newer one in place of what an ARN names: that is in force for viewers at once. */
import { checkServerCertificate, type CheckedCertificate } from "../../model/check/server-certificate.ts";
import type { ServerCertificateConfig } from "../../model/server-certificate.ts";
import type { WireDocument } from "../../wire/shape.ts";
import { certificateClaims } from "../certificates.ts";
import { textOf, type NeighborContext } from "../context.ts";
import { isFailure, type NeighborOutcome } from "../neighbor-outcome.ts";
import { createCertificate } from "./create-certificate.ts";
import { acmFailure, changedMeanwhile } from "./failures.ts";
import { findCertificate } from "./find-certificate.ts";
import { readTags } from "./tags.ts";

export async function importCertificate(input: WireDocument, context: NeighborContext): Promise<NeighborOutcome> {
  const { control, now } = context;
  const tags = readTags(input, control.limits);
  if (isFailure(tags)) return tags;
  const checked = checkServerCertificate(
    {
      body: textOf(input, "Certificate"),
      chain: textOf(input, "CertificateChain"),
      key: textOf(input, "PrivateKey"),
    },
    { now, chainMax: control.limits.certificateChainMax, isChainNeeded: true },
  );
  if (checked.kind === "problem") return acmFailure("ValidationException", checked.message);
  if (checked.names.length === 0) {
    return acmFailure(
      "ValidationException",
      "The certificate names no host: it needs a DNS name among its subject alternative names.",
    );
  }
  const supplied = {
    CertificateBody: checked.leaf.toString(),
    CertificateChain: checked.chain,
    PrivateKey: checked.key,
    Names: checked.names,
    KeyAlgorithm: checked.keyAlgorithm,
    NotBefore: checked.notBefore,
    NotAfter: checked.notAfter,
    SuppliedAt: now,
  };
  if (input["CertificateArn"] !== undefined) return replace(input, supplied, checked, context);
  return createCertificate({ ...supplied, Source: "acm", Name: "", Path: "", Type: "IMPORTED" }, tags, context);
}

type Supplied = Omit<ServerCertificateConfig, "Source" | "Name" | "Path" | "Arn" | "Type">;

/** [ACMUG import-reimport] */
async function replace(
  input: WireDocument,
  supplied: Supplied,
  checked: CheckedCertificate,
  context: NeighborContext,
): Promise<NeighborOutcome> {
  const { control, now } = context;
  const found = await findCertificate(input, context);
  if (isFailure(found)) return found;
  const { Arn, Type, KeyAlgorithm, Names } = found.config;
  if (input["Tags"] !== undefined) {
    return acmFailure(
      "InvalidParameterException",
      "Tags cannot be given when a certificate is imported again: use AddTagsToCertificate.",
    );
  }
  if (Type !== "IMPORTED") {
    return acmFailure(
      "InvalidParameterException",
      `Certificate ${Arn} was issued by ACM: only an imported one can be replaced by an import.`,
    );
  }
  if (checked.keyAlgorithm !== KeyAlgorithm) {
    return acmFailure(
      "ValidationException",
      `The key type and size cannot change when a certificate is imported again: ${Arn} has ${KeyAlgorithm}, and this one ${checked.keyAlgorithm}.`,
    );
  }
  if (!checked.names.some((name) => Names.includes(name))) {
    return acmFailure(
      "ValidationException",
      `A certificate that is imported again keeps at least one of its names: ${Arn} has ${Names.join(", ")}.`,
    );
  }
  const config = { ...found.config, ...supplied };
  const claims = certificateClaims(config, control.limits);
  const updated = await control.store.resources.update(found, { config, claims }, now);
  return updated.kind === "updated" ? { kind: "ok", output: { CertificateArn: Arn } } : changedMeanwhile(Arn);
}
