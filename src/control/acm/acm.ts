// ACM as far as CloudFront needs it: certificates that are imported, or issued by the installation's own authority.
// Version 2015-12-08 of JSON 1.1; of the published model, members that are not in these tables are refused by name.
// [ACMAPI ImportCertificate] and its neighbors

import type { MemberSpec, MemberSpecs } from "../../wire/member-constraints.ts";
import type { JsonOperation, JsonService } from "../json-protocol.ts";
import {
  deleteCertificate,
  describeCertificate,
  exportCertificate,
  getCertificate,
  renewCertificate,
  updateCertificateOptions,
} from "./certificates.ts";
import { importCertificate } from "./import-certificate.ts";
import { listCertificatesOfRegion } from "./list-certificates.ts";
import { requestCertificate } from "./request-certificate.ts";
import { addTagsToCertificate, listTagsForCertificate, removeTagsFromCertificate } from "./tags.ts";

const ARN: MemberSpec = { type: "text", min: 20, max: 2048, required: true };
const HOST: MemberSpec = {
  type: "text",
  min: 1,
  max: 253,
  pattern: /(\*\.)?(((?!-)[A-Za-z0-9-]{0,62}[A-Za-z0-9])\.)+((?!-)[A-Za-z0-9-]{1,62}[A-Za-z0-9])/,
};
const TAGS: MemberSpec = {
  type: "documents",
  min: 1,
  members: { Key: { type: "text", required: true, min: 1 }, Value: { type: "text" } },
};
const OPTIONS: MemberSpec = {
  type: "document",
  members: {
    CertificateTransparencyLoggingPreference: { type: "text", values: ["ENABLED", "DISABLED"] },
    Export: { type: "text", values: ["ENABLED", "DISABLED"] },
  },
};
const KEY_ALGORITHMS = [
  "RSA_1024",
  "RSA_2048",
  "RSA_3072",
  "RSA_4096",
  "EC_prime256v1",
  "EC_secp384r1",
  "EC_secp521r1",
] as const;

const resource: JsonOperation["resource"] = ({ CertificateArn: arn }, { region, caller }) =>
  typeof arn === "string" ? arn.slice(0, 200) : `arn:aws:acm:${region}:${caller.account}:certificate/*`;

function operation(members: MemberSpecs, operate: JsonOperation["operate"]): JsonOperation {
  return { members, operate, resource };
}

export const ACM: JsonService = {
  name: "acm",
  target: "CertificateManager",
  operations: {
    ImportCertificate: operation(
      {
        CertificateArn: { type: "text", min: 20, max: 2048 },
        Certificate: { type: "blob", required: true, min: 1, max: 32_768 },
        PrivateKey: { type: "blob", required: true, min: 1, max: 5120 },
        CertificateChain: { type: "blob", min: 1, max: 2_097_152 },
        Tags: TAGS,
      },
      importCertificate,
    ),
    RequestCertificate: operation(
      {
        DomainName: { ...HOST, required: true },
        ValidationMethod: { type: "text", values: ["EMAIL", "DNS"] },
        SubjectAlternativeNames: { ...HOST, type: "texts", max: 100 },
        IdempotencyToken: { type: "text", min: 1, max: 32, pattern: /\w+/ },
        // Where mail about validation would go.
        DomainValidationOptions: {
          type: "documents",
          min: 1,
          max: 100,
          members: { DomainName: { ...HOST, required: true }, ValidationDomain: { ...HOST, required: true } },
        },
        Options: OPTIONS,
        Tags: TAGS,
        KeyAlgorithm: { type: "text", values: ["RSA_2048", "EC_prime256v1", "EC_secp384r1"] },
      },
      requestCertificate,
    ),
    DescribeCertificate: operation({ CertificateArn: ARN }, describeCertificate),
    GetCertificate: operation({ CertificateArn: ARN }, getCertificate),
    ListCertificates: operation(
      {
        CertificateStatuses: { type: "texts" },
        Includes: {
          type: "document",
          members: {
            keyTypes: { type: "texts", values: KEY_ALGORITHMS },
            keyUsage: { type: "texts" },
            extendedKeyUsage: { type: "texts" },
          },
        },
        NextToken: { type: "text", min: 1, max: 10_000 },
        MaxItems: { type: "integer", min: 1, max: 1000 },
        SortBy: { type: "text", values: ["CREATED_AT"] },
        SortOrder: { type: "text", values: ["ASCENDING", "DESCENDING"] },
      },
      listCertificatesOfRegion,
    ),
    DeleteCertificate: operation({ CertificateArn: ARN }, deleteCertificate),
    UpdateCertificateOptions: operation(
      { CertificateArn: ARN, Options: { ...OPTIONS, required: true } },
      updateCertificateOptions,
    ),
    RenewCertificate: operation({ CertificateArn: ARN }, renewCertificate),
    ExportCertificate: operation(
      { CertificateArn: ARN, Passphrase: { type: "blob", required: true, min: 4, max: 128 } },
      exportCertificate,
    ),
    AddTagsToCertificate: operation({ CertificateArn: ARN, Tags: { ...TAGS, required: true } }, addTagsToCertificate),
    RemoveTagsFromCertificate: operation(
      { CertificateArn: ARN, Tags: { ...TAGS, required: true } },
      removeTagsFromCertificate,
    ),
    ListTagsForCertificate: operation({ CertificateArn: ARN }, listTagsForCertificate),
  },
};
