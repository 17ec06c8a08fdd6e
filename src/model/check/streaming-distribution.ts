// A streaming distribution's config as a whole, in the order of its members. [CFMODEL StreamingDistributionConfig]

import type { Limits } from "../../vocabulary/limits.ts";
import type { StreamingDistributionConfig } from "../distribution.ts";
import { fail, type ApiFailure } from "../errors.ts";
import { checkAliases } from "./aliases.ts";
import { checkLogging } from "./logging.ts";
import { checkOriginAccessIdentity, isBucketDomainName } from "./s3-origin.ts";
import { checkCallerReference, checkComment } from "./text.ts";
import { checkTrustedSigners } from "./trusted-signers.ts";

export function checkStreamingDistributionConfig(
  config: StreamingDistributionConfig,
  limits: Limits,
): ApiFailure | undefined {
  return (
    checkCallerReference(config.CallerReference) ??
    // Streams come from buckets only. [CFDG StreamingDistributionS3Origin]
    (isBucketDomainName(config.S3Origin.DomainName) ? undefined : fail("InvalidOrigin")) ??
    checkOriginAccessIdentity(config.S3Origin.OriginAccessIdentity) ??
    checkAliases(config.Aliases.Items ?? [], {
      max: limits.aliasesPerDistributionMax,
      code: "TooManyStreamingDistributionCNAMEs",
    }) ??
    checkComment(config.Comment) ??
    checkLogging(config.Logging) ??
    checkTrustedSigners(config.TrustedSigners, "the streaming distribution", limits)
  );
}

/** The bucket is fixed at creation, its identity is not. [CFDG StreamingDistributionS3Origin] */
export function checkSameBucket(
  sent: StreamingDistributionConfig,
  stored: StreamingDistributionConfig,
): ApiFailure | undefined {
  return sent.S3Origin.DomainName === stored.S3Origin.DomainName
    ? undefined
    : fail("IllegalUpdate", "You cannot update Origin or CallerReference.");
}
