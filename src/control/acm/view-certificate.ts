// A certificate as DescribeCertificate and ListCertificates show it. [ACMAPI CertificateDetail], [ACMAPI CertificateSummary]

import { createHash } from "node:crypto";
import {
  commonNameOf,
  extendedKeyUsagesOf,
  keyUsagesOf,
  readPemCertificates,
  serialOf,
  signatureAlgorithmOf,
} from "../../model/read-certificate.ts";
import type { CertificateRequest, ServerCertificateConfig } from "../../model/server-certificate.ts";
import type { AccountId } from "../../vocabulary/ids.ts";
import type { EpochMs } from "../../vocabulary/time.ts";
import type { WireDocument } from "../../wire/shape.ts";
import type { Certificate } from "../certificates.ts";

/** What is issued is issued at once: there is nothing between these two. */
export function statusOf({ NotAfter }: ServerCertificateConfig, now: EpochMs): "ISSUED" | "EXPIRED" {
  return NotAfter <= now ? "EXPIRED" : "ISSUED";
}

/** `users` are ARNs. */
export function viewDetail(
  { account, config, createdAtMs }: Certificate,
  users: readonly string[],
  now: EpochMs,
): WireDocument {
  const [leaf] = readPemCertificates(config.CertificateBody) ?? [];
  if (leaf === undefined) throw new Error(`certificate ${config.Arn} cannot be read`);
  const { Request: request } = config;
  const validation = request && validationOf(request, account);
  return {
    CertificateArn: config.Arn,
    DomainName: domainNameOf(config),
    SubjectAlternativeNames: config.Names,
    ...(validation === undefined ? {} : { DomainValidationOptions: validation }),
    Serial: serialOf(leaf),
    Subject: leaf.subject.split("\n").join(","),
    Issuer: /^O=(.*)$/m.exec(leaf.issuer)?.[1] ?? commonNameOf(leaf.issuer),
    CreatedAt: secondsOf(createdAtMs),
    ...(request === undefined
      ? { ImportedAt: secondsOf(config.SuppliedAt) }
      : { IssuedAt: secondsOf(request.IssuedAt) }),
    Status: statusOf(config, now),
    NotBefore: secondsOf(config.NotBefore),
    NotAfter: secondsOf(config.NotAfter),
    KeyAlgorithm: config.KeyAlgorithm,
    SignatureAlgorithm: signatureAlgorithmOf(leaf),
    InUseBy: users,
    Type: config.Type,
    ...(request === undefined || validation === undefined || config.SuppliedAt === request.IssuedAt
      ? {}
      : {
          RenewalSummary: {
            RenewalStatus: "SUCCESS",
            DomainValidationOptions: validation,
            UpdatedAt: secondsOf(config.SuppliedAt),
          },
        }),
    KeyUsages: keyUsagesOf(leaf).map((Name) => ({ Name })),
    ExtendedKeyUsages: extendedKeyUsagesOf(leaf).map(({ Name, OID }) => (OID === "" ? { Name } : { Name, OID })),
    RenewalEligibility: eligibility(config, users),
    Options: { CertificateTransparencyLoggingPreference: request?.TransparencyLogging ?? "DISABLED" },
  };
}

export function viewSummary(
  { config, createdAtMs }: Certificate,
  users: readonly string[],
  now: EpochMs,
): WireDocument {
  const [leaf] = readPemCertificates(config.CertificateBody) ?? [];
  if (leaf === undefined) throw new Error(`certificate ${config.Arn} cannot be read`);
  const { Request: request } = config;
  return {
    CertificateArn: config.Arn,
    DomainName: domainNameOf(config),
    // A summary shows a hundred. [ACMAPI CertificateSummary]
    SubjectAlternativeNameSummaries: config.Names.slice(0, 100),
    HasAdditionalSubjectAlternativeNames: config.Names.length > 100,
    Status: statusOf(config, now),
    Type: config.Type,
    KeyAlgorithm: config.KeyAlgorithm,
    KeyUsages: keyUsagesOf(leaf),
    ExtendedKeyUsages: extendedKeyUsagesOf(leaf).map(({ Name }) => Name),
    InUse: users.length > 0,
    RenewalEligibility: eligibility(config, users),
    NotBefore: secondsOf(config.NotBefore),
    NotAfter: secondsOf(config.NotAfter),
    CreatedAt: secondsOf(createdAtMs),
    ...(request === undefined
      ? { ImportedAt: secondsOf(config.SuppliedAt) }
      : { IssuedAt: secondsOf(request.IssuedAt) }),
  };
}

function domainNameOf({ Request: request, Names, CertificateBody }: ServerCertificateConfig): string {
  if (request !== undefined) return request.DomainName;
  const [leaf] = readPemCertificates(CertificateBody) ?? [];
  const common = leaf === undefined ? "" : commonNameOf(leaf.subject).toLowerCase();
  return Names.includes(common) ? common : (Names[0] ?? common);
}

/** It renews by itself while it is in use. [ACMUG managed-renewal] */
function eligibility({ Type }: ServerCertificateConfig, users: readonly string[]): "ELIGIBLE" | "INELIGIBLE" {
  return Type === "AMAZON_ISSUED" && users.length > 0 ? "ELIGIBLE" : "INELIGIBLE";
}

/** Those who own a domain, by custom. [ACMUG email-validation] */
const MAILBOXES = ["admin", "administrator", "hostmaster", "postmaster", "webmaster"];

/** Done already; the records are told because clients want to make them, and are the same for the same name every time. */
function validationOf(
  { SubjectAlternativeNames: names, ValidationMethod: method }: CertificateRequest,
  account: AccountId,
): readonly WireDocument[] {
  return names.map((name) => {
    // A wildcard is validated by the record of the name that it is below.
    const base = name.replace(/^\*\./, "");
    const hash = (text: string): string => createHash("sha256").update(`${account} ${base} ${text}`).digest("hex");
    const way =
      method === "DNS"
        ? {
            ResourceRecord: {
              Name: `_${hash("name").slice(0, 32)}.${base}.`,
              Type: "CNAME",
              Value: `_${hash("value").slice(0, 32)}.${hash("zone").slice(0, 10)}.acm-validations.aws.`,
            },
          }
        : { ValidationEmails: MAILBOXES.map((mailbox) => `${mailbox}@${base}`) };
    return { DomainName: name, ValidationDomain: name, ValidationStatus: "SUCCESS", ...way, ValidationMethod: method };
  });
}

/** As JSON 1.1 writes instants. */
function secondsOf(instant: number): number {
  return instant / 1000;
}
