// A bucket that nobody may read but the identity of one distribution, made through the APIs as anyone would.

import {
  CreateCloudFrontOriginAccessIdentityCommand,
  CreateDistributionCommand,
  waitUntilDistributionDeployed,
} from "@aws-sdk/client-cloudfront";
import { CreateBucketCommand, PutBucketPolicyCommand, type S3Client } from "@aws-sdk/client-s3";
import { randomUUID } from "node:crypto";
import { cloudFrontClient, smallConfig } from "./distribution.ts";
import type { RunningService } from "./running-service.ts";

/** Domain name of the distribution, which is deployed. */
export async function distributePrivately(
  service: Pick<RunningService, "apiUrl">,
  s3: S3Client,
  Bucket: string,
): Promise<string> {
  const client = cloudFrontClient(service);
  try {
    await s3.send(new CreateBucketCommand({ Bucket }));
    const CloudFrontOriginAccessIdentityConfig = { CallerReference: randomUUID(), Comment: "" };
    const { CloudFrontOriginAccessIdentity: identity } = await client.send(
      new CreateCloudFrontOriginAccessIdentityCommand({ CloudFrontOriginAccessIdentityConfig }),
    );
    const Policy = JSON.stringify({
      Version: "2012-10-17",
      Statement: {
        Effect: "Allow",
        Principal: { CanonicalUser: identity?.S3CanonicalUserId },
        Action: "s3:GetObject",
        Resource: `arn:aws:s3:::${Bucket}/*`,
      },
    });
    await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
    const origin = {
      Id: "site",
      DomainName: `${Bucket}.s3.amazonaws.com`,
      S3OriginConfig: { OriginAccessIdentity: `origin-access-identity/cloudfront/${identity?.Id}` },
    };
    const DistributionConfig = { ...smallConfig(80), Origins: { Quantity: 1, Items: [origin] } };
    const { Distribution } = await client.send(new CreateDistributionCommand({ DistributionConfig }));
    const { Id = "", DomainName = "" } = Distribution ?? {};
    await waitUntilDistributionDeployed({ client, maxWaitTime: 30, minDelay: 1, maxDelay: 1 }, { Id });
    return DomainName;
  } finally {
    client.destroy();
  }
}
