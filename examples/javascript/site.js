// A site with a members' area, made with the AWS SDK for JavaScript: pages in a bucket that only the distribution can read (an
// origin access control), everything below /members/ for those who have signed cookies, as a log-in would set them.
// Makes it, shows it, removes it; `node site.js --keep` leaves it there.

import * as cf from "@aws-sdk/client-cloudfront";
import * as s3 from "@aws-sdk/client-s3";
import { getSignedCookies } from "@aws-sdk/cloudfront-signer";
import { generateKeyPairSync } from "node:crypto";
import { get } from "node:http";

const reference = `members-${Date.now()}`; // the bucket's name, and CallerReference: the same again would make nothing twice
const edgePort = Number(process.env.WARMFRONT_EDGE_HTTP_PORT ?? 7480);
const region = process.env.AWS_DEFAULT_REGION ?? "us-east-1";

// Both read AWS_ENDPOINT_URL and the keys from the environment. Names of buckets go into the path, since Node does not find names
// below localhost by itself.
const cloudfront = new cf.CloudFrontClient({ region });
const buckets = new s3.S3Client({ region, forcePathStyle: true });
const WAIT = { client: cloudfront, maxWaitTime: 600, minDelay: 1, maxDelay: 5 };

async function makeBucket() {
  await buckets.send(new s3.CreateBucketCommand({ Bucket: reference }));
  const pages = { "index.html": "<h1>Welcome</h1>", "members/report.html": "<h1>Members only</h1>" };
  for (const [Key, Body] of Object.entries(pages)) {
    const ContentType = "text/html; charset=utf-8";
    await buckets.send(new s3.PutObjectCommand({ Bucket: reference, Key, Body, ContentType }));
  }
}

/** CloudFront gets the public half; whoever has the private half can let people in. */
async function makeKeyGroup(EncodedKey) {
  const { PublicKey } = await cloudfront.send(
    new cf.CreatePublicKeyCommand({ PublicKeyConfig: { CallerReference: reference, Name: reference, EncodedKey } }),
  );
  const { KeyGroup } = await cloudfront.send(
    new cf.CreateKeyGroupCommand({ KeyGroupConfig: { Name: reference, Items: [PublicKey.Id] } }),
  );
  return { key: PublicKey.Id, group: KeyGroup.Id };
}

async function makeControl() {
  const { OriginAccessControl } = await cloudfront.send(
    new cf.CreateOriginAccessControlCommand({
      OriginAccessControlConfig: {
        Name: reference,
        SigningProtocol: "sigv4",
        SigningBehavior: "always",
        OriginAccessControlOriginType: "s3",
      },
    }),
  );
  return OriginAccessControl.Id;
}

async function makeDistribution(control, group) {
  const behavior = {
    TargetOriginId: "bucket",
    ViewerProtocolPolicy: "allow-all",
    MinTTL: 0,
    ForwardedValues: { QueryString: false, Cookies: { Forward: "none" } },
  };
  const members = {
    ...behavior,
    PathPattern: "members/*",
    TrustedKeyGroups: { Enabled: true, Quantity: 1, Items: [group] },
  };
  const origin = {
    Id: "bucket",
    DomainName: `${reference}.s3.amazonaws.com`,
    S3OriginConfig: { OriginAccessIdentity: "" },
    OriginAccessControlId: control,
  };
  const { Distribution } = await cloudfront.send(
    new cf.CreateDistributionCommand({
      DistributionConfig: {
        CallerReference: reference,
        Comment: "members' area",
        Enabled: true,
        DefaultRootObject: "index.html",
        Origins: { Quantity: 1, Items: [origin] },
        DefaultCacheBehavior: behavior,
        CacheBehaviors: { Quantity: 1, Items: [members] },
      },
    }),
  );
  // The bucket lets this one distribution read, and nobody else.
  const statement = {
    Effect: "Allow",
    Principal: { Service: "cloudfront.amazonaws.com" },
    Action: "s3:GetObject",
    Resource: `arn:aws:s3:::${reference}/*`,
    Condition: { StringEquals: { "AWS:SourceArn": Distribution.ARN } },
  };
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  await buckets.send(new s3.PutBucketPolicyCommand({ Bucket: reference, Policy }));
  await cf.waitUntilDistributionDeployed(WAIT, { Id: Distribution.Id });
  return { id: Distribution.Id, domain: Distribution.DomainName };
}

/** As a viewer, at the edge on this machine. */
function view(domain, path, cookies = {}) {
  const Cookie = Object.entries(cookies).map(([name, value]) => `${name}=${value}`);
  const headers = { Host: domain, ...(Cookie.length > 0 ? { Cookie: Cookie.join("; ") } : {}) };
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port: edgePort, path, headers }, (response) => {
      response.resume().once("end", () => resolve(`${response.statusCode} ${String(response.headers["x-cache"])}`));
    }).once("error", reject);
  });
}

/** In the order in which nothing is in use. */
async function remove({ id, group, key, control }) {
  const now = await cloudfront.send(new cf.GetDistributionConfigCommand({ Id: id }));
  const off = { Id: id, IfMatch: now.ETag, DistributionConfig: { ...now.DistributionConfig, Enabled: false } };
  const { ETag } = await cloudfront.send(new cf.UpdateDistributionCommand(off));
  await cf.waitUntilDistributionDeployed(WAIT, { Id: id });
  await cloudfront.send(new cf.DeleteDistributionCommand({ Id: id, IfMatch: ETag }));
  for (const [Get, Delete, Id] of [
    [cf.GetKeyGroupCommand, cf.DeleteKeyGroupCommand, group],
    [cf.GetPublicKeyCommand, cf.DeletePublicKeyCommand, key],
    [cf.GetOriginAccessControlCommand, cf.DeleteOriginAccessControlCommand, control],
  ]) {
    const { ETag: IfMatch } = await cloudfront.send(new Get({ Id }));
    await cloudfront.send(new Delete({ Id, IfMatch }));
  }
  const { Contents = [] } = await buckets.send(new s3.ListObjectsV2Command({ Bucket: reference }));
  for (const { Key } of Contents) await buckets.send(new s3.DeleteObjectCommand({ Bucket: reference, Key }));
  await buckets.send(new s3.DeleteBucketCommand({ Bucket: reference }));
}

const { publicKey, privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});
await makeBucket();
const { key, group } = await makeKeyGroup(publicKey);
const control = await makeControl();
const { id, domain } = await makeDistribution(control, group);
console.log(`distribution  ${id}  http://${domain}:${edgePort}/`);

// What a log-in sends as Set-Cookie: good for the whole folder, for an hour.
const policy = {
  Statement: [
    {
      Resource: `http*://${domain}/members/*`,
      Condition: { DateLessThan: { "AWS:EpochTime": Math.floor(Date.now() / 1000) + 3600 } },
    },
  ],
};
const cookies = getSignedCookies({ keyPairId: key, privateKey, policy: JSON.stringify(policy) });
console.log(`welcome       ${await view(domain, "/")}`);
console.log(`again         ${await view(domain, "/")}`);
console.log(`no cookies    ${await view(domain, "/members/report.html")}`);
console.log(`cookies       ${await view(domain, "/members/report.html", cookies)}`);

if (!process.argv.includes("--keep")) {
  await remove({ id, group, key, control });
  console.log("removed       everything");
}
