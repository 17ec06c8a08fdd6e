// What each page of the console shows in its picture, and how one knows that it is there: a row for each row of console/src/pages.ts.

import { generateKeyPairSync } from "node:crypto";
import { CreateBucketCommand, PutBucketPolicyCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import type { Page } from "playwright-core";
import { bucketClient } from "../support/bucket-client.ts";
import type { RunningService } from "../support/running-service.ts";
import { askServiceAcm } from "../support/service-acm.ts";
import { callOperation, KEY, rawSignIn, shopConfig, type MadeDistribution } from "./raw-console.ts";

export interface PreparedPage {
  /** As in console/src/pages.ts. */
  readonly pattern: string;
  /** Of its picture. */
  readonly name: string;
  readonly path: string;
  readonly isThere: (page: Page) => Promise<void>;
}

/** What the shop has in place of its one origin. */
const TWO_ORIGINS = {
  Origins: {
    Quantity: 2,
    Items: [
      {
        Id: "site",
        DomainName: "localhost",
        CustomHeaders: { Quantity: 1, Items: [{ HeaderName: "X-From", HeaderValue: "the edge" }] },
        CustomOriginConfig: { HTTPPort: 8080, HTTPSPort: 443, OriginProtocolPolicy: "http-only" },
      },
      {
        Id: "spare",
        DomainName: "spare.example.com",
        CustomOriginConfig: { HTTPPort: 80, HTTPSPort: 443, OriginProtocolPolicy: "match-viewer" },
      },
    ],
  },
  OriginGroups: {
    Quantity: 1,
    Items: [
      {
        Id: "both",
        FailoverCriteria: { StatusCodes: { Quantity: 3, Items: [500, 502, 503] } },
        Members: { Quantity: 2, Items: [{ OriginId: "site" }, { OriginId: "spare" }] },
      },
    ],
  },
};

/** Makes what the pages show. */
export async function preparePages(service: RunningService): Promise<readonly PreparedPage[]> {
  const { apiPort } = service;
  const cookie = await rawSignIn(apiPort);
  const call = <Output>(operation: string, input: object): Promise<Output> =>
    callOperation<Output>(apiPort, cookie, operation, input);
  const certificate = await askServiceAcm(service, KEY, "RequestCertificate", { DomainName: "*.example.com" });
  const shop = await call<MadeDistribution>("CreateDistribution", {
    DistributionConfig: {
      ...shopConfig("shop", 8080),
      ...TWO_ORIGINS,
      ViewerCertificate: {
        ACMCertificateArn: certificate,
        SSLSupportMethod: "sni-only",
        MinimumProtocolVersion: "TLSv1.2_2021",
      },
      CustomErrorResponses: {
        Quantity: 2,
        Items: [
          { ErrorCode: 404, ResponsePagePath: "/errors/404.html", ResponseCode: "404", ErrorCachingMinTTL: 60 },
          { ErrorCode: 503 },
        ],
      },
      Restrictions: { GeoRestriction: { RestrictionType: "whitelist", Quantity: 3, Items: ["AT", "CH", "DE"] } },
    },
  });
  const blog = { ...shopConfig("blog", 8081), Comment: "the blog", Enabled: false };
  await call("CreateDistribution", { DistributionConfig: blog });
  const { Id } = shop.Distribution;
  await call("CreateCloudFrontOriginAccessIdentity", {
    CloudFrontOriginAccessIdentityConfig: { CallerReference: "shop", Comment: "for the shop's pictures" },
  });
  await call("CreateOriginAccessControl", {
    OriginAccessControlConfig: {
      Name: "pictures",
      SigningProtocol: "sigv4",
      SigningBehavior: "always",
      OriginAccessControlOriginType: "s3",
    },
  });
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const EncodedKey = publicKey.export({ type: "spki", format: "pem" });
  const made = await call<{ PublicKey: { Id: string } }>("CreatePublicKey", {
    PublicKeyConfig: { CallerReference: "shop", Name: "signer", EncodedKey },
  });
  await call("CreateKeyGroup", { KeyGroupConfig: { Name: "members", Items: [made.PublicKey.Id] } });
  await call("CreateInvalidation", {
    DistributionId: Id,
    InvalidationBatch: { CallerReference: "one", Paths: { Quantity: 2, Items: ["/images/*", "/index.html"] } },
  });
  const client = bucketClient({ apiUrl: `http://127.0.0.1:${apiPort}` });
  await client.send(new CreateBucketCommand({ Bucket: "pictures" }));
  for (const Key of ["index.html", "2026/a.png", "2025/b.png"])
    await client.send(new PutObjectCommand({ Bucket: "pictures", Key, Body: "x".repeat(12_345) }));
  const Statement = [
    {
      Effect: "Allow",
      Principal: { Service: "cloudfront.amazonaws.com" },
      Action: "s3:GetObject",
      Resource: "arn:aws:s3:::pictures/2026/*",
      Condition: { StringEquals: { "AWS:SourceArn": "arn:aws:cloudfront::000000000000:distribution/E1" } },
    },
  ];
  await client.send(
    new PutBucketPolicyCommand({ Bucket: "pictures", Policy: JSON.stringify({ Version: "2012-10-17", Statement }) }),
  );
  client.destroy();
  await call("CreateStreamingDistribution", {
    StreamingDistributionConfig: {
      CallerReference: "films",
      S3Origin: { DomainName: "pictures.s3.amazonaws.com", OriginAccessIdentity: "" },
      Comment: "films",
      TrustedSigners: { Enabled: false, Quantity: 0 },
      Enabled: true,
    },
  });
  const at = `/distributions/${Id}`;
  const shows = (text: string) => (page: Page) => page.getByText(text, { exact: true }).first().waitFor();
  return [
    { pattern: "/distributions", name: "distributions", path: "/distributions", isThere: shows("the shop") },
    { pattern: "/distributions/new", name: "new", path: "/distributions/new", isThere: shows("New distribution") },
    { pattern: "/distributions/{id}", name: "distribution", path: at, isThere: shows("/images/*") },
    {
      pattern: "/distributions/{id}/settings",
      name: "settings",
      path: `${at}/settings`,
      isThere: shows("Review and save …"),
    },
    {
      pattern: "/distributions/{id}/config",
      name: "config",
      path: `${at}/config`,
      isThere: shows("DistributionConfig"),
    },
    {
      pattern: "/distributions/{id}/paths",
      name: "paths",
      path: `${at}/paths?path=/api/basket`,
      isThere: shows("applies"),
    },
    {
      pattern: "/distributions/{id}/invalidations",
      name: "invalidations",
      path: `${at}/invalidations`,
      isThere: shows("Completed"),
    },
    { pattern: "/streaming", name: "streaming", path: "/streaming", isThere: shows("films") },
    { pattern: "/identities", name: "identities", path: "/identities", isThere: shows("pictures") },
    { pattern: "/keys", name: "keys", path: "/keys", isThere: shows("members") },
    { pattern: "/buckets", name: "buckets", path: "/buckets", isThere: shows("pictures") },
    { pattern: "/buckets/{name}", name: "bucket", path: "/buckets/pictures", isThere: shows("2026/") },
  ];
}
