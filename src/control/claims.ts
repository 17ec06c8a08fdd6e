// What a config says about other rows of the store: names that must be nobody else's, identities that must exist.
// Aliases are in lower case already: the model stores them so.

import type { DistributionConfig, StreamingDistributionConfig } from "../model/distribution.ts";
import type { Claims } from "../store/store.ts";
import { parseResourceId, type ResourceId } from "../vocabulary/ids.ts";

export const NO_CLAIMS: Claims = { aliases: [], identities: [], webAclId: "" };

/** `origin-access-identity/cloudfront/<id>`, or empty for none; the model has checked that it is one of the two. */
function identityOf(originAccessIdentity: string): readonly ResourceId[] {
  const id = parseResourceId(originAccessIdentity.slice(originAccessIdentity.lastIndexOf("/") + 1));
  return id === undefined ? [] : [id];
}

export function distributionClaims(config: DistributionConfig): Claims {
  const origins = config.Origins.Items ?? [];
  const identities = origins.flatMap((origin) => identityOf(origin.S3OriginConfig?.OriginAccessIdentity ?? ""));
  return {
    aliases: config.Aliases.Items ?? [],
    identities: [...new Set(identities)],
    webAclId: config.WebACLId,
  };
}

export function streamingClaims(config: StreamingDistributionConfig): Claims {
  return {
    aliases: config.Aliases.Items ?? [],
    identities: identityOf(config.S3Origin.OriginAccessIdentity),
    webAclId: "",
  };
}
