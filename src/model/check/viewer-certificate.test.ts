import assert from "node:assert/strict";
import test from "node:test";
import { epochMs } from "../../vocabulary/time.ts";
import type { WireDocument } from "../../wire/shape.ts";
import type { ServerCertificateConfig } from "../server-certificate.ts";
import {
  certificateIdOf,
  checkViewerCertificate,
  nameCertificate,
  type NamedCertificate,
} from "./viewer-certificate.ts";

const NOW = epochMs(Date.UTC(2026, 10, 20));
const DAY = 86_400_000;

const IAM: ServerCertificateConfig = {
  Source: "iam",
  Name: "www",
  Path: "/cloudfront/",
  Arn: "arn:aws:iam::111122223333:server-certificate/cloudfront/www",
  CertificateBody: "",
  CertificateChain: "",
  PrivateKey: "",
  Type: "IMPORTED",
  Names: ["www.example.com", "*.shop.example.com"],
  KeyAlgorithm: "RSA_2048",
  NotBefore: NOW - DAY,
  NotAfter: NOW + DAY,
  SuppliedAt: NOW,
};
const arnIn = (region: string): string =>
  `arn:aws:acm:${region}:111122223333:certificate/01234567-89ab-4cde-8f01-23456789abcd`;
const acm = (changes: Partial<ServerCertificateConfig> = {}): ServerCertificateConfig => ({
  ...IAM,
  Source: "acm",
  Name: "",
  Path: "",
  Arn: arnIn("us-east-1"),
  ...changes,
});

const CERTIFICATES: Readonly<Record<string, NamedCertificate>> = {
  shop: { kind: "of-folder" },
  ASCAGOOD: nameCertificate(IAM, NOW),
  ASCAELSEWHERE: nameCertificate({ ...IAM, Path: "/elb/" }, NOW),
  ASCAOVER: nameCertificate({ ...IAM, NotAfter: NOW }, NOW),
  ASCAEARLY: nameCertificate({ ...IAM, NotBefore: NOW + 1 }, NOW),
  ASCALARGE: nameCertificate({ ...IAM, KeyAlgorithm: "EC_secp521r1" }, NOW),
  [arnIn("us-east-1")]: nameCertificate(acm(), NOW),
  [arnIn("eu-west-1")]: nameCertificate(acm({ Arn: arnIn("eu-west-1") }), NOW),
};
const certificateOf = (id: string): NamedCertificate | undefined => CERTIFICATES[id];
const viaIam = (id: string): WireDocument => ({ IAMCertificateId: id, SSLSupportMethod: "sni-only" });
const viaAcm = (arn: string): WireDocument => ({ ACMCertificateArn: arn, SSLSupportMethod: "sni-only" });

/** What was sent, and the refusal's code. Which certificates are refused without any of one's own is in distribution.test.ts. */
const ROWS: readonly [WireDocument, string | undefined][] = [
  [viaIam("shop"), undefined],
  [{ ...viaIam("shop"), MinimumProtocolVersion: "TLSv1.3_2025" }, undefined],
  [{ IAMCertificateId: "shop", SSLSupportMethod: "vip", MinimumProtocolVersion: "TLSv1" }, undefined],
  [{ Certificate: "shop", CertificateSource: "iam", SSLSupportMethod: "sni-only" }, undefined],
  [{ IAMCertificateId: "shop", Certificate: "shop", CertificateSource: "iam", SSLSupportMethod: "vip" }, undefined],
  [viaIam("other"), "InvalidViewerCertificate"],
  [viaAcm("shop"), "InvalidViewerCertificate"],
  [{ Certificate: "shop", CertificateSource: "acm", SSLSupportMethod: "sni-only" }, "InvalidViewerCertificate"],
  [{ ...viaIam("shop"), CertificateSource: "acm" }, "InvalidViewerCertificate"],
  [{ ...viaIam("shop"), ACMCertificateArn: arnIn("us-east-1") }, "InvalidViewerCertificate"],
  [{ IAMCertificateId: "shop" }, "InvalidArgument"],
  [{ ...viaIam("shop"), MinimumProtocolVersion: "SSLv3" }, "InvalidProtocolSettings"],
  [viaIam("ASCAGOOD"), undefined],
  [viaAcm("ASCAGOOD"), "InvalidViewerCertificate"],
  [viaIam(arnIn("us-east-1")), "InvalidViewerCertificate"],
  [viaAcm(arnIn("us-east-1")), undefined],
  [{ Certificate: arnIn("us-east-1"), CertificateSource: "acm", SSLSupportMethod: "sni-only" }, undefined],
];

test("a certificate of the caller's own may be named, by the member of its kind [D-0008], [D-0019]", () => {
  for (const [sent, code] of ROWS) {
    const failure = checkViewerCertificate(sent, { certificateOf, aliases: [] });
    assert.equal(failure?.code, code, JSON.stringify(sent));
  }
});

test("why a certificate cannot be shown to viewers stands behind the text that people search for", () => {
  for (const [sent, why] of [
    [viaAcm(arnIn("eu-west-1")), "it is in eu-west-1: sign the request to ACM for us-east-1"],
    [viaIam("ASCAELSEWHERE"), "the path of www is /elb/, and those for CloudFront begin with /cloudfront/"],
    [viaIam("ASCAOVER"), "it expired at 2026-11-20T00:00:00.000Z"],
    [viaIam("ASCAEARLY"), "it is not valid before 2026-11-20T00:00:00.001Z"],
    [viaIam("ASCALARGE"), "its key is on secp521r1: EC keys can be on prime256v1 and secp384r1"],
  ] as const) {
    const failure = checkViewerCertificate(sent, { certificateOf, aliases: [] });
    assert.equal(
      failure?.message,
      `The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid, or doesn't include a valid certificate chain. Here: ${why}.`,
    );
    // What is kept as it was is not held against what has become of the certificate.
    const stored = { certificate: certificateIdOf(sent), aliases: [] };
    assert.equal(checkViewerCertificate(sent, { certificateOf, aliases: [], stored }), undefined, why);
  }
});

test("a certificate covers every alias that is added", () => {
  const uncovered =
    "The certificate that is attached to your distribution doesn't cover the alternate domain name (CNAME) that you're trying to add. For more details, see: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/CNAMEs.html#alternate-domain-names-requirements";
  /** Aliases of the config, of what is stored if this is an update, and whether they are covered. */
  const rows: readonly [readonly string[], readonly string[] | undefined, boolean][] = [
    [[], undefined, true],
    [["www.example.com"], undefined, true],
    [["a.shop.example.com", "*.shop.example.com"], undefined, true],
    [["shop.example.com"], undefined, false],
    [["a.b.shop.example.com"], undefined, false],
    [["*.example.com"], undefined, false],
    [["www.example.com", "example.com"], undefined, false],
    [["www.example.com", "example.com"], ["example.com"], true],
    [["www.example.com", "example.com", "example.net"], ["example.com"], false],
  ];
  for (const [aliases, before, isCovered] of rows) {
    const stored = before && { certificate: "ASCAGOOD", aliases: before };
    const failure = checkViewerCertificate(viaIam("ASCAGOOD"), { certificateOf, aliases, ...(stored && { stored }) });
    assert.equal(failure?.message, isCovered ? undefined : uncovered, aliases.join(" "));
  }
  // Another certificate has to cover what is there already.
  const stored = { certificate: "shop", aliases: ["example.com"] };
  const moved = checkViewerCertificate(viaIam("ASCAGOOD"), { certificateOf, aliases: ["example.com"], stored });
  assert.equal(moved?.message, uncovered);
  // The operator sees to what the folder's cover.
  assert.equal(checkViewerCertificate(viaIam("shop"), { certificateOf, aliases: ["example.com"] }), undefined);
});
