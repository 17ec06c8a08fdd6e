// What a config says about other rows of the store: names that must be nobody else's, resources that must exist. Aliases
// are in lower case already: the model stores them so.

import type { DistributionConfig, StreamingDistributionConfig } from "../model/distribution.ts";
import type { NamedCertificate } from "../model/check/viewer-certificate.ts";
import type { ApiErrorCode } from "../model/errors.ts";
import { readCertificateArn } from "../model/server-certificate.ts";
import type { KeyGroupConfig } from "../model/trusted-keys.ts";
import { NO_CLAIMS, type Claims, type Reference, type ResourceKind, type Share } from "../store/store.ts";
import { parseResourceId } from "../vocabulary/ids.ts";
import type { Limits } from "../vocabulary/limits.ts";

/** `origin-access-identity/cloudfront/<id>`, or empty for none; the model has checked that it is one of the two. */
function identityOf(originAccessIdentity: string): readonly Reference[] {
  return referenceTo("origin-access-identity", originAccessIdentity.slice(originAccessIdentity.lastIndexOf("/") + 1));
}

function referenceTo(kind: ResourceKind, text: string): readonly Reference[] {
  const id = parseResourceId(text);
  return id === undefined ? [] : [{ kind, id }];
}

/** By what a config names it; the folder's certificates are nobody's to delete. */
function certificateOf(
  { ViewerCertificate: viewer }: DistributionConfig,
  certificates: ReadonlyMap<string, NamedCertificate>,
): readonly Reference[] {
  const name = viewer.IAMCertificateId ?? viewer.ACMCertificateArn ?? "";
  return certificates.get(name)?.kind === "of-store"
    ? referenceTo("server-certificate", readCertificateArn(name)?.id ?? name)
    : [];
}

export function distributionClaims(
  config: DistributionConfig,
  certificates: ReadonlyMap<string, NamedCertificate>,
  limits: Limits,
): Claims {
  const origins = config.Origins.Items ?? [];
  const behaviors = [config.DefaultCacheBehavior, ...(config.CacheBehaviors.Items ?? [])];
  const controls = origins.flatMap((origin) => referenceTo("origin-access-control", origin.OriginAccessControlId));
  const groups = behaviors
    .flatMap(({ TrustedKeyGroups: trusted }) => trusted.Items ?? [])
    .flatMap((id) => referenceTo("key-group", id));
  return {
    ...NO_CLAIMS,
    aliases: config.Aliases.Items ?? [],
    references: [
      ...certificateOf(config, certificates),
      ...origins.flatMap((origin) => identityOf(origin.S3OriginConfig?.OriginAccessIdentity ?? "")),
      ...controls,
      ...groups,
    ],
    shares: [...controls, ...groups].map((reference) => ({
      of: sharedBy(reference),
      max: limits[
        reference.kind === "key-group" ? "distributionsPerKeyGroupMax" : "distributionsPerOriginAccessControlMax"
      ],
    })),
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

export function keyGroupClaims(config: KeyGroupConfig): Claims {
  const references = config.Items.flatMap((id) => referenceTo("public-key", id));
  return { ...NO_CLAIMS, names: [config.Name], references };
}

/** What an account has only so many of: distributions that use one and the same thing. */
function sharedBy({ kind, id }: Reference): string {
  return `distributions of ${kind} ${id}`;
}

/** The code that says that there is no room left. */
export function shareRefusal({ of }: Share): ApiErrorCode {
  return of.startsWith("distributions of key-group ")
    ? "TooManyDistributionsAssociatedToKeyGroup"
    : "TooManyDistributionsAssociatedToOriginAccessControl";
}
