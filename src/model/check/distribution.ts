// A distribution's config as a whole, in the order of its members: the first thing wrong is what the caller hears.
// [CFMODEL DistributionConfig], [CFDG distribution-web-values-specify]

import type { Limits } from "../../vocabulary/limits.ts";
import type { DistributionConfig } from "../distribution.ts";
import { fail, type ApiFailure } from "../errors.ts";
import { quoted } from "../sent-value.ts";
import { checkAliases } from "./aliases.ts";
import { checkBehaviors } from "./cache-behavior.ts";
import { checkGeoRestriction } from "./geo-restriction.ts";
import { checkLogging } from "./logging.ts";
import { checkOriginGroups } from "./origin-group.ts";
import { checkOrigins } from "./origin.ts";
import { checkCallerReference, checkComment } from "./text.ts";

const ROOT_OBJECT = /^(?!\/)[A-Za-z0-9_\-.*$/~"'&]{1,255}$/;

/** The id of a web ACL of WAF Classic: the documentation's own example has letters beyond F. */
const WEB_ACL_ID = /^[0-9A-Za-z]{8}(-[0-9A-Za-z]{4}){3}-[0-9A-Za-z]{12}$/;
/** The ARN of one of WAF, where those for CloudFront are. */
const WEB_ACL_ARN =
  /^arn:aws(-[a-z]+)*:wafv2:[a-z0-9-]+:\d{12}:global\/webacl\/[A-Za-z0-9_-]{1,128}\/[0-9A-Za-z-]{1,64}$/;

export function checkDistributionConfig(config: DistributionConfig, limits: Limits): ApiFailure | undefined {
  return (
    checkCallerReference(config.CallerReference) ??
    checkAliases(config.Aliases.Items ?? [], {
      max: limits.aliasesPerDistributionMax,
      code: "TooManyDistributionCNAMEs",
    }) ??
    checkDefaultRootObject(config.DefaultRootObject) ??
    checkOrigins(config.Origins.Items ?? [], limits) ??
    checkOriginGroups(config, limits) ??
    checkBehaviors(config, limits) ??
    checkComment(config.Comment) ??
    checkLogging(config.Logging) ??
    checkGeoRestriction(config.Restrictions.GeoRestriction) ??
    checkWebAclId(config.WebACLId)
  );
}

/** Accounts beside the caller's own that may sign; the store knows whether they exist. Each once, in config order. */
export function trustedSignerAccounts(config: DistributionConfig): readonly string[] {
  const behaviors = [config.DefaultCacheBehavior, ...(config.CacheBehaviors.Items ?? [])];
  const signers = behaviors.flatMap((behavior) => behavior.TrustedSigners.Items ?? []);
  return [...new Set(signers)].filter((signer) => signer !== "self");
}

function checkDefaultRootObject(name: string): ApiFailure | undefined {
  return name === "" || ROOT_OBJECT.test(name)
    ? undefined
    : fail(
        "InvalidDefaultRootObject",
        `The parameter DefaultRootObject is ${quoted(name)}: it must have at most 255 characters, each a letter, a digit or one of _ - . * $ / ~ " ' &, and not begin with a slash.`,
      );
}

/** Empty is none. Whether there is such a web ACL is nobody's to say until they can be made. */
export function checkWebAclId(id: string): ApiFailure | undefined {
  return id === "" || WEB_ACL_ID.test(id) || WEB_ACL_ARN.test(id)
    ? undefined
    : fail(
        "InvalidWebACLId",
        `The parameter WebACLId is ${quoted(id)}: it must be empty, the id of an AWS WAF Classic web ACL or the ARN of an AWS WAF one.`,
      );
}
