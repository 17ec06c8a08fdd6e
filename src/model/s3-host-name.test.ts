import assert from "node:assert/strict";
import { test } from "node:test";
import { readS3HostName } from "./s3-host-name.ts";

const NAMES: readonly (readonly [host: string, bucket: string, kind: "rest" | "website", region?: string])[] = [
  ["photos.s3.amazonaws.com", "photos", "rest"],
  ["photos.s3.us-east-1.amazonaws.com", "photos", "rest", "us-east-1"],
  ["photos.s3-eu-west-1.amazonaws.com", "photos", "rest", "eu-west-1"],
  ["photos.s3.us-gov-west-1.amazonaws.com", "photos", "rest", "us-gov-west-1"],
  ["photos.s3-us-gov-west-1.amazonaws.com", "photos", "rest", "us-gov-west-1"],
  ["photos.s3.dualstack.ap-southeast-2.amazonaws.com", "photos", "rest", "ap-southeast-2"],
  ["photos.s3-fips.us-east-2.amazonaws.com", "photos", "rest", "us-east-2"],
  ["photos.s3-fips.dualstack.us-east-2.amazonaws.com", "photos", "rest", "us-east-2"],
  ["photos.s3-external-1.amazonaws.com", "photos", "rest"],
  ["photos.s3.cn-north-1.amazonaws.com.cn", "photos", "rest", "cn-north-1"],
  ["photos.s3.localhost", "photos", "rest"],
  ["photos.s3-website.localhost", "photos", "website"],
  ["photos.s3-website-us-east-1.amazonaws.com", "photos", "website", "us-east-1"],
  ["photos.s3-website.eu-central-1.amazonaws.com", "photos", "website", "eu-central-1"],
  ["photos.s3-website.cn-northwest-1.amazonaws.com.cn", "photos", "website", "cn-northwest-1"],
  ["www.example.com.s3.amazonaws.com", "www.example.com", "rest"],
  ["www.example.com.s3-website-eu-west-1.amazonaws.com", "www.example.com", "website", "eu-west-1"],
  ["a.s3.s3.amazonaws.com", "a.s3", "rest"], // the bucket is as long as it can be
  ["a.s3.us-west-2.s3.amazonaws.com", "a.s3.us-west-2", "rest"],
  ["dualstack.s3.us-west-2.amazonaws.com", "dualstack", "rest", "us-west-2"],
  ["xs3.s3.localhost", "xs3", "rest"],
  ["Photos.S3.Amazonaws.COM", "photos", "rest"],
  ["photos.s3.localhost.", "photos", "rest"],
  ["photos.s3.localhost:9000", "photos", "rest"],
  ["photos.s3.amazonaws.com.:80", "photos", "rest"],
  ["old_name.s3.amazonaws.com", "old_name", "rest"],
];

for (const [host, bucket, kind, region] of NAMES) {
  test(`${host} is the bucket ${bucket} by ${kind}`, () => {
    assert.deepEqual(readS3HostName(host), { bucket, kind, region });
  });
}

const OTHERS = [
  "",
  "s3.amazonaws.com",
  "s3.us-east-1.amazonaws.com",
  "s3-eu-west-1.amazonaws.com",
  "s3.localhost",
  "s3-website.localhost",
  "s3-website-us-east-1.amazonaws.com",
  "localhost",
  "photos.localhost",
  "photos.s3.localhost.example.com",
  "photos.s3.amazonaws.com.example.com",
  "evil-s3.amazonaws.com.example.com",
  "evil-s3.amazonaws.com",
  "photos.s3.amazonaws.com.cn.example.com",
  "photos.s3.example.com",
  "photos.s3xamazonaws.com",
  "photos.s3.amazonawsxcom",
  "photos.s3.amazonaws.co",
  "photos.s3-website.amazonaws.com", // a website is of a region
  "photos.s3-accesspoint.us-east-1.amazonaws.com",
  "photos.s3-accelerate.amazonaws.com",
  "photos.s3.dualstack.amazonaws.com",
  "photos.s3.us-east.amazonaws.com",
  "photos.s3..us-east-1.amazonaws.com",
  "a..b.s3.amazonaws.com",
  ".s3.amazonaws.com",
  "-a-.s3.amazonaws.com",
  "ab.s3.localhost", // a bucket's name has three characters
  "pho/tos.s3.localhost",
  "photos@x.s3.localhost",
  "pho%74os.s3.localhost",
  "photos.s3.localhost:port",
  "photos.s3.localhost:80:80",
  "photos.s3.localhost..",
  "photos.s3.localhost\n",
  `${"a".repeat(250)}.s3.localhost`,
];

for (const host of OTHERS) {
  test(`${JSON.stringify(host.slice(0, 60))} names no bucket`, () => assert.equal(readS3HostName(host), undefined));
}

test("a long name that is almost one is decided at once", () => {
  const started = performance.now();
  for (let round = 0; round < 1000; round++) {
    assert.equal(readS3HostName(`${"a.s3.".repeat(40)}amazonaws.net`), undefined);
    assert.equal(readS3HostName(`${"a-".repeat(100)}.s3.a${"-a".repeat(20)}x`), undefined);
  }
  assert.ok(performance.now() - started < 2000);
});
