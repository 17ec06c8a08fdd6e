// What a config says about other rows of the store: names that must be nobody else's, resources that must exist. Aliases
// are in lower case already: the model stores them so.

import type { DistributionConfig, StreamingDistributionConfig } from "../model/distribution.ts";
import { NO_CLAIMS, type Claims, type Reference, type ResourceKind } from "../store/store.ts";
import { parseResourceId } from "../vocabulary/ids.ts";

/** `origin-access-identity/cloudfront/<id>`, or empty for none; the model has checked that it is one of the two. */
function identityOf(originAccessIdentity: string): readonly Reference[] {
  return referenceTo("origin-access-identity", originAccessIdentity.slice(originAccessIdentity.lastIndexOf("/") + 1));
}

function referenceTo(kind: ResourceKind, text: string): readonly Reference[] {
  const id = parseResourceId(text);
  return id === undefined ? [] : [{ kind, id }];
}

export function distributionClaims(config: DistributionConfig): Claims {
  const origins = config.Origins.Items ?? [];
  const behaviors = [config.DefaultCacheBehavior, ...(config.CacheBehaviors.Items ?? [])];
  return {
    ...NO_CLAIMS,
    aliases: config.Aliases.Items ?? [],
    references: [
      ...origins.flatMap((origin) => identityOf(origin.S3OriginConfig?.OriginAccessIdentity ?? "")),
      ...origins.flatMap((origin) => referenceTo("origin-access-control", origin.OriginAccessControlId)),
      ...behaviors
        .flatMap(({ TrustedKeyGroups: groups }) => groups.Items ?? [])
        .flatMap((id) => referenceTo("key-group", id)),
    ],
    webAclId: config.WebACLId,
  };
}

export function streamingClaims(config: StreamingDistributionConfig): Claims {
  return {
    ...NO_CLAIMS,
    aliases: config.Aliases.Items ?? [],
    references: identityOf(config.S3Origin.OriginAccessIdentity),
  };
}
