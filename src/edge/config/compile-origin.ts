// What a behavior names as its target, in immutable form: an origin, or a group of two.

import assert from "node:assert/strict";
import type { Origin, OriginGroup } from "../../model/distribution.ts";
import { seconds } from "../../vocabulary/time.ts";
import type { BucketOrigin } from "./compile-bucket.ts";
import type { EffectiveOrigin, Failover, Protection, TlsVersion } from "./effective-config.ts";
import { items } from "./items.ts";
import { originProtections } from "./protections.ts";

/** What a behavior names: an origin, or a group of two. The API has checked the ids. */
export function compileTarget(
  id: string,
  origins: ReadonlyMap<string, Origin>,
  groups: readonly OriginGroup[],
  bucketOf: (origin: Origin) => BucketOrigin | undefined,
): { origin: EffectiveOrigin; failover: Failover | undefined; protections: readonly Protection[] } {
  const group = groups.find(({ Id }) => Id === id);
  const ids = group === undefined ? [id] : items(group.Members).map(({ OriginId }) => OriginId);
  const members = ids.map((memberId) => {
    const origin = origins.get(memberId);
    assert(origin !== undefined, `no origin ${memberId}`);
    return origin;
  });
  const protections = members.flatMap(originProtections);
  const [origin, secondary] = members.map((member) => compileOrigin(member, bucketOf(member)));
  assert(origin !== undefined && (secondary !== undefined) === (group !== undefined), `${id} has no two origins`);
  if (group === undefined || secondary === undefined) return { origin, failover: undefined, protections };
  const statusCodes = new Set(items(group.FailoverCriteria.StatusCodes));
  return { origin, failover: { groupId: group.Id, secondary, statusCodes }, protections };
}

function compileOrigin(origin: Origin, bucket: BucketOrigin | undefined): EffectiveOrigin {
  const completion = origin.ResponseCompletionTimeout ?? 0;
  const custom = origin.CustomOriginConfig;
  return {
    id: origin.Id,
    domain: origin.DomainName.toLowerCase(),
    path: origin.OriginPath,
    customHeaders: items(origin.CustomHeaders).map(({ HeaderName, HeaderValue }) => [HeaderName, HeaderValue] as const),
    protocolPolicy: custom?.OriginProtocolPolicy ?? "match-viewer",
    httpPort: custom?.HTTPPort ?? 80,
    httpsPort: custom?.HTTPSPort ?? 443,
    tlsVersions: custom === undefined ? ["TLSv1.2", "TLSv1.3"] : compileTlsVersions(items(custom.OriginSslProtocols)),
    readTimeout: seconds(custom?.OriginReadTimeout ?? origin.S3OriginConfig?.OriginReadTimeout ?? 30),
    keepaliveTimeout: seconds(custom?.OriginKeepaliveTimeout ?? 5),
    completionTimeout: completion === 0 ? undefined : seconds(completion),
    // Not set is both: the real service means IPv4 then, but what runs on a laptop is often on ::1 alone.
    families: custom?.IpAddressType ?? "dualstack",
    connectTimeout: seconds(origin.ConnectionTimeout),
    connectionAttempts: origin.ConnectionAttempts,
    bucket,
  };
}

/**
 * TLSv1.2 stands for itself and what came after it: the setting has no name for 1.3. SSLv3 is not in our TLS library, so
 * that alone is none at all.
 */
function compileTlsVersions(protocols: readonly string[]): readonly TlsVersion[] {
  const listed = (["TLSv1", "TLSv1.1", "TLSv1.2"] as const).filter((version) => protocols.includes(version));
  return listed.includes("TLSv1.2") ? [...listed, "TLSv1.3"] : listed;
}
