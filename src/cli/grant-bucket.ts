// What a bucket's policy says for those who may read its objects through a distribution. A statement is added to what is there;
// one that is there already, word for word, is not added again. [CFDG private-content-restricting-access-to-s3]

import type { AskBuckets } from "./ask-buckets.ts";
import { putPolicy } from "./bucket-settings.ts";

interface Statement {
  readonly Effect: "Allow";
  readonly Principal: Readonly<Record<string, string>>;
  readonly Action: "s3:GetObject";
  readonly Resource: string;
  readonly Condition?: object;
}

/** Of an origin access identity. */
export function identityStatement(identity: string, bucket: string): Statement {
  return {
    Effect: "Allow",
    Principal: { AWS: identityPrincipal(identity) },
    Action: "s3:GetObject",
    Resource: `arn:aws:s3:::${bucket}/*`,
  };
}

export function identityPrincipal(id: string): string {
  return `arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity ${id}`;
}

/** Of distributions whose origin has an access control: there the service is who asks, and the condition says for whom. */
export function controlStatement(distributionArns: readonly string[], bucket: string): Statement {
  return {
    Effect: "Allow",
    Principal: { Service: "cloudfront.amazonaws.com" },
    Action: "s3:GetObject",
    Resource: `arn:aws:s3:::${bucket}/*`,
    Condition: { StringEquals: { "AWS:SourceArn": distributionArns } },
  };
}

export type GrantOutcome =
  | { readonly kind: "granted" | "was granted" }
  | { readonly kind: "failure"; readonly message: string };

/** Reads the policy, adds the statement and writes it back: whoever changes the policy in that moment is overwritten, as S3 has it. */
export async function grantBucket(bucket: string, statement: Statement, ask: AskBuckets): Promise<GrantOutcome> {
  const found = await ask({ method: "GET", bucket, query: { policy: "" } });
  if (found.kind === "failure" && found.code !== "NoSuchBucketPolicy") {
    return { kind: "failure", message: `${bucket}: ${found.message}` };
  }
  const policy = found.kind === "ok" ? (JSON.parse(found.text) as Record<string, unknown>) : {};
  const written = policy["Statement"] ?? [];
  const statements: readonly unknown[] = Array.isArray(written) ? written : [written];
  const same = JSON.stringify(statement);
  if (statements.some((each) => JSON.stringify(each) === same)) return { kind: "was granted" };
  const text = JSON.stringify({ Version: "2012-10-17", ...policy, Statement: [...statements, statement] });
  const trouble = await putPolicy(bucket, text, ask);
  return trouble === undefined ? { kind: "granted" } : { kind: "failure", message: trouble };
}
