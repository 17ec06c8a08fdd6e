// Viewers over TLS and HTTP/2: names, versions, and that a page is the same page over any of them.

import { ALL_METHODS, list, scenario, type DistributionDraft } from "./harness.ts";

const CIPHERS = "CFDG secure-connections-supported-viewer-protocols-ciphers";
const OWN = "d1.cloudfront.localhost";
const HTTP2: DistributionDraft = { config: { HttpVersion: "http2" }, behavior: { AllowedMethods: ALL_METHODS } };

for (const protocol of ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"] as const) {
  scenario(`the edge's own certificate is shown under ${protocol}, which its policy allows`, CIPHERS, {}, [
    {
      viewer: { target: "/a", tls: { minVersion: protocol, maxVersion: protocol } },
      origin: { body: "safe" },
      expect: { status: 200, body: "safe", tls: { protocol, isFor: OWN } },
    },
  ]);
}

const SHOP = { id: "shop", account: "000000000000", names: ["shop.example", "*.shop.example"] };

function withPolicy(policy: string): DistributionDraft {
  return {
    certificates: [SHOP],
    config: {
      Aliases: list("shop.example", "www.shop.example"),
      ViewerCertificate: {
        CloudFrontDefaultCertificate: false,
        IAMCertificateId: "shop",
        SSLSupportMethod: "sni-only",
        MinimumProtocolVersion: policy,
      },
    },
  };
}

for (const [policy, refused, taken] of [
  ["TLSv1.1_2016", "TLSv1", "TLSv1.1"],
  ["TLSv1.2_2018", "TLSv1.1", "TLSv1.2"],
  ["TLSv1.2_2021", "TLSv1.1", "TLSv1.2"],
  ["TLSv1.3_2025", "TLSv1.2", "TLSv1.3"],
] as const) {
  scenario(
    `under ${policy} a viewer with ${refused} at most is refused, and one with ${taken} is not`,
    CIPHERS,
    withPolicy(policy),
    [
      {
        viewer: { target: "/a", host: "shop.example", tls: { maxVersion: refused } },
        expect: { status: 0, tls: "refused", asked: [] },
      },
      {
        viewer: { target: "/a", host: "shop.example", tls: { maxVersion: taken } },
        expect: { status: 200, tls: { protocol: taken, isFor: "shop.example" } },
      },
    ],
  );
}

scenario(
  "the certificate is chosen by the name in the handshake, and a distribution keeps its own name beside its aliases",
  "CFDG cnames-https-dedicated-ip-or-sni",
  withPolicy("TLSv1.2_2021"),
  [
    {
      viewer: { target: "/a", host: "www.shop.example", tls: {} },
      expect: { status: 200, tls: { isFor: "www.shop.example" } },
    },
    { viewer: { target: "/a", tls: {} }, expect: { status: 200, tls: { isFor: OWN } } },
  ],
);

scenario(
  "the distribution is chosen by Host, whatever name of the same account the handshake was for",
  "CFDG CNAMEs",
  withPolicy("TLSv1.2_2021"),
  [
    {
      viewer: { target: "/a", host: "www.shop.example", tls: { name: "shop.example" } },
      expect: { status: 200, tls: { isFor: "shop.example" } },
    },
  ],
);

scenario("a viewer of HTTP/2 and one of HTTP/1.1 share a page", "CFDG distribution-web-values-specify", HTTP2, [
  {
    viewer: { target: "/a", httpVersion: "2.0" },
    origin: { headers: { "Cache-Control": "max-age=60" }, body: "one page" },
    expect: {
      status: 200,
      result: "Miss",
      body: "one page",
      tls: { application: "h2" },
      fields: { connection: undefined },
    },
  },
  { viewer: { target: "/a", httpVersion: "2.0" }, expect: { status: 200, result: "Hit", body: "one page", asked: [] } },
  { viewer: { target: "/a", scheme: "https" }, expect: { result: "Hit", tls: { application: "http/1.1" }, asked: [] } },
  { viewer: "GET /a", expect: { result: "Hit", asked: [] } },
  { viewer: { method: "HEAD", target: "/a", httpVersion: "2.0" }, expect: { status: 200, result: "Hit", body: "" } },
]);

scenario("over HTTP/2 conditions, ranges, refusals and what is posted are as over HTTP/1.1", "RFC 9113 §8.1", HTTP2, [
  {
    viewer: { target: "/a", httpVersion: "2.0" },
    origin: { headers: { "Cache-Control": "max-age=60", ETag: '"1"' }, body: "0123456789" },
    expect: { status: 200, result: "Miss" },
  },
  {
    viewer: { target: "/a", httpVersion: "2.0", headers: { "If-None-Match": '"1"' } },
    expect: { status: 304, result: "Hit", body: "" },
  },
  {
    viewer: { target: "/a", httpVersion: "2.0", headers: { Range: "bytes=2-4" } },
    expect: { status: 206, result: "Hit", body: "234", fields: { "content-range": "bytes 2-4/10" } },
  },
  {
    viewer: { method: "POST", target: "/form", httpVersion: "2.0", body: ["a=1"] },
    expect: { status: 200, result: "Miss", asked: ["POST /form"], askedBody: "a=1" },
  },
  { viewer: { target: "/a", httpVersion: "2.0", body: ["x"] }, expect: { status: 403, result: "Error", asked: [] } },
  {
    viewer: { target: "/a", httpVersion: "2.0", host: "nobody.example", tls: { name: OWN } },
    expect: { status: 403, says: "Bad request.", asked: [] },
  },
]);

scenario("HTTP/2 is not offered where the distribution does not have it", "CFDG distribution-web-values-specify", {}, [
  { viewer: { target: "/a", scheme: "https" }, expect: { status: 200, tls: { application: "http/1.1" } } },
]);
