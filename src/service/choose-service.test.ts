import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseService, type PortService } from "./choose-service.ts";

const OWN = "127.0.0.1:7400";
const FORM = "Content-Type: application/x-www-form-urlencoded; charset=utf-8";
const v4 = (service: string): string =>
  `Authorization: AWS4-HMAC-SHA256 Credential=test/20261120/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=00`;
const query4 = (service: string): string => `X-Amz-Credential=test%2F20261120%2Fus-east-1%2F${service}%2Faws4_request`;

// Request line, fields with bars between, and whose it is.
const ROWS: readonly (readonly [line: string, fields: string, service: PortService])[] = [
  ["GET /2020-05-31/distribution", v4("cloudfront"), "api"],
  ["GET /2020-05-31/distribution", "", "api"],
  ["GET /2020-05-31/distribution", v4("s3"), "buckets"],
  ["GET /2020-05-31", "", "api"],
  ["GET /2020-05-30/distribution", "", "buckets"],
  ["GET /bucket/key", v4("s3"), "buckets"],
  ["GET /bucket/key", v4("sts"), "api"],
  ["GET /bucket/key", v4("cloudfront"), "api"],
  ["GET /bucket/key", "Authorization: AWS test:c2ln", "buckets"],
  ["GET /bucket/key", "Authorization: AWS4-HMAC-SHA256 Signature=00,Credential=a/b/c/s3/aws4_request", "buckets"],
  [
    "GET /bucket/key",
    "Authorization: AWS4-HMAC-SHA256 Credential=a/with/slashes/20261120/x/s3/aws4_request,",
    "buckets",
  ],
  ["GET /bucket/key", "Authorization: AWS4-HMAC-SHA256 Credential=s3/20261120/x/sts/aws4_request,", "api"],
  ["GET /bucket/key", "Authorization: Bearer token", "buckets"],
  ["GET /2020-05-31/distribution", "Authorization: Bearer token", "api"],
  ["GET /bucket/key", "", "buckets"],
  ["GET /", "", "buckets"],
  ["GET /", v4("s3"), "buckets"],
  ["HEAD /bucket", "", "buckets"],
  [`GET /bucket/key?${query4("s3")}`, "", "buckets"],
  [`GET /bucket/key?${query4("cloudfront")}`, "", "api"],
  [`GET /2020-05-31/x?X%2DAmz%2DCredential=a%2Fb%2Fc%2Fs3%2Faws4_request&X-Amz-Date=1`, "", "buckets"],
  ["GET /2020-05-31/x?AWSAccessKeyId=test&Signature=x&Expires=1", "", "buckets"],
  ["POST /", FORM, "api"],
  ["POST /", `${FORM}|${v4("sts")}`, "api"],
  ["POST /", "X-Amz-Target: CertificateManager.ListCertificates|Content-Type: application/x-amz-json-1.1", "api"],
  ["POST /", "Content-Type: application/xml", "buckets"],
  ["POST /bucket?delete", FORM, "buckets"],
  ["GET /_warmfront/health", "", "api"],
  ["GET /_warmfront/health", v4("s3"), "api"],
  ["GET /_warmfront", "", "buckets"],
  // A bucket's own name: whatever is in its path is a key.
  ["GET /_warmfront/health", "Host: site.s3.localhost:7400", "buckets"],
  ["GET /2020-05-31/distribution", "Host: site.s3.localhost:7400", "buckets"],
  ["GET /2020-05-31/distribution", `Host: site.s3.eu-west-1.amazonaws.com|${v4("cloudfront")}`, "buckets"],
  ["POST /", `Host: site.s3-website.localhost|${FORM}`, "buckets"],
  ["GET /2020-05-31/distribution", "Host: s3.amazonaws.com", "api"],
];

test("/metrics is ours while there are any, and a bucket of that name has all that its clients ask", () => {
  const rows: readonly (readonly [method: string, target: string, fields: readonly [string, string][], PortService])[] =
    [
      ["GET", "/metrics", [], "api"],
      ["HEAD", "/metrics", [["Authorization", "Bearer token"]], "api"],
      ["GET", "/metrics?list-type=2", [], "buckets"],
      ["GET", "/metrics/", [], "buckets"],
      ["GET", "/metrics/key", [], "buckets"],
      ["PUT", "/metrics", [], "buckets"],
      ["GET", "/metrics", [["Authorization", v4("s3").slice("Authorization: ".length)]], "buckets"],
      ["GET", "/metrics", [["Host", "site.s3.localhost"]], "buckets"],
    ];
  for (const [method, target, fields, service] of rows) {
    const [rawPath = "", rawQuery = ""] = target.split("?");
    const head = { method, rawPath, rawQuery, fields };
    assert.equal(chooseService(head, true), service, `${method} ${target}`);
    assert.equal(chooseService(head, false), "buckets", `${method} ${target}, without metrics`);
  }
});

for (const [line, text, service] of ROWS) {
  test(`${line}${text === "" ? "" : ` with ${text}`}: ${service}`, () => {
    const [method = "", target = ""] = line.split(" ");
    const [rawPath = "", rawQuery = ""] = target.split("?");
    const fields = text
      .split("|")
      .filter((field) => field !== "")
      .map((field): [string, string] => [field.slice(0, field.indexOf(":")), field.slice(field.indexOf(":") + 2)]);
    const withHost = text.includes("Host: ") ? fields : [["Host", OWN] as const, ...fields];
    assert.equal(chooseService({ method, rawPath, rawQuery, fields: withHost }), service);
  });
}
