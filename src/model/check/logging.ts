// Where a distribution's access log is to go. What the bucket is to the caller is looked up by whoever has buckets; here is what it is
// answered. [CFMODEL LoggingConfig]

import type { Logging } from "../distribution.ts";
import { fail, type ApiFailure } from "../errors.ts";
import { logBucketOf } from "../log-target.ts";
import { lengthOf } from "./text.ts";

/** [CFDG AccessLogs] */
const PREFIX_MAX = 256;

/** Of a distribution, or of a streaming one, whose log knows no cookies. */
export function checkLogging(logging: Omit<Logging, "IncludeCookies">): ApiFailure | undefined {
  if (!logging.Enabled) return undefined;
  if (logBucketOf(logging) === undefined) return noSuchLogBucket();
  if (lengthOf(logging.Prefix) <= PREFIX_MAX && !hasControls(logging.Prefix) && logging.Prefix.isWellFormed())
    return undefined;
  return fail(
    "InvalidArgument",
    `The parameter Logging Prefix must have at most ${PREFIX_MAX} characters, none of them a control character.`,
  );
}

function noSuchLogBucket(): ApiFailure {
  return fail("InvalidArgument", "The parameter Logging Bucket does not refer to a valid S3 bucket.");
}

/** What a bucket is to a caller who wants logs in it: whether it is there, grants by ACLs at all, and lets the caller see to its ACL. */
export type LogBucketState = "ready" | "absent" | "without-acls" | "denied";

/** `host`: as it was configured. The words are the real service's. [SEEN 2026-11-21 #1] */
export function refuseLogBucket(state: LogBucketState, host: string): ApiFailure | undefined {
  switch (state) {
    case "ready":
      return undefined;
    case "absent":
      return noSuchLogBucket();
    case "without-acls":
      return fail(
        "InvalidArgument",
        `The S3 bucket that you specified for CloudFront logs does not enable ACL access: ${host}`,
      );
    case "denied":
      return fail(
        "AccessDenied",
        `You don't have permission to access the S3 bucket for CloudFront logs: ${host} If you're using IAM, you need s3:GetBucketAcl and s3:PutBucketAcl permissions to create a distribution or to update log settings for an existing distribution. In addition, the S3 ACL for the bucket must grant you FULL_CONTROL.`,
      );
  }
}

function hasControls(text: string): boolean {
  return /\p{Cc}/u.test(text);
}
