// An origin access identity's config. [CFMODEL CloudFrontOriginAccessIdentityConfig]

import type { OriginAccessIdentityConfig } from "../distribution.ts";
import type { ApiFailure } from "../errors.ts";
import { checkCallerReference, checkComment } from "./text.ts";

export function checkOriginAccessIdentityConfig(config: OriginAccessIdentityConfig): ApiFailure | undefined {
  return checkCallerReference(config.CallerReference) ?? checkComment(config.Comment);
}
