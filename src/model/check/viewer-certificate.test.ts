import assert from "node:assert/strict";
import test from "node:test";
import type { WireDocument } from "../../wire/shape.ts";
import { checkViewerCertificate } from "./viewer-certificate.ts";

const isOwn = (id: string): boolean => id === "shop";

/** What was sent, and the refusal's code. Which certificates are refused without any of one's own is in distribution.test.ts. */
const ROWS: readonly [WireDocument, string | undefined][] = [
  [{ IAMCertificateId: "shop", SSLSupportMethod: "sni-only" }, undefined],
  [{ IAMCertificateId: "shop", SSLSupportMethod: "sni-only", MinimumProtocolVersion: "TLSv1.3_2025" }, undefined],
  [{ IAMCertificateId: "shop", SSLSupportMethod: "vip", MinimumProtocolVersion: "TLSv1" }, undefined],
  [{ Certificate: "shop", CertificateSource: "iam", SSLSupportMethod: "sni-only" }, undefined],
  [{ IAMCertificateId: "shop", Certificate: "shop", CertificateSource: "iam", SSLSupportMethod: "vip" }, undefined],
  [{ IAMCertificateId: "other", SSLSupportMethod: "sni-only" }, "InvalidViewerCertificate"],
  [{ ACMCertificateArn: "shop", SSLSupportMethod: "sni-only" }, "InvalidViewerCertificate"],
  [{ Certificate: "shop", CertificateSource: "acm", SSLSupportMethod: "sni-only" }, "InvalidViewerCertificate"],
  [{ IAMCertificateId: "shop" }, "InvalidArgument"],
  [
    { IAMCertificateId: "shop", SSLSupportMethod: "sni-only", MinimumProtocolVersion: "SSLv3" },
    "InvalidProtocolSettings",
  ],
];

test("a certificate of the caller's own may be named, as IAM's are [D-0008]", () => {
  for (const [sent, code] of ROWS) {
    const failure = checkViewerCertificate(sent, isOwn);
    assert.equal(failure?.code, code, JSON.stringify(sent));
  }
});
