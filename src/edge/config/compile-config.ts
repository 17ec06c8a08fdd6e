// From a published distribution to the immutable form that the pipeline reads: patterns compiled, lists as sets, names in
// lower case, and what cannot be enforced yet turned into protections that make a behavior refuse. Everything that can
// be decided without a request is decided here and in the files beside it, once per change.

import type { DistributionConfig } from "../../model/distribution.ts";
import { logBucketOf, writeLogTarget } from "../../model/log-target.ts";
import type { PublishedDistribution } from "../../store/store.ts";
import type { Fidelity } from "../../vocabulary/fidelity.ts";
import type { FeedNumber } from "../../vocabulary/ids.ts";
import { openKnownPathRoom, type KnownPaths } from "../known-path.ts";
import { isSecurityPolicyName, STANDARD_POLICY } from "../transport/tls/security-policies.ts";
import { compileBehavior, type OfDistribution } from "./compile-behavior.ts";
import { compileBucket, NO_BUCKET_MEANS, type BucketMeans } from "./compile-bucket.ts";
import { compileErrorRules } from "./compile-error-rules.ts";
import type {
  EffectiveBehavior,
  EffectiveDistribution,
  EffectiveViewerTls,
  GeoRestriction,
} from "./effective-config.ts";
import { items } from "./items.ts";
import { distributionProtections } from "./protections.ts";

/** Of a distribution that shares its room with no other. */
const KNOWN_ALONE_MAX = 16;

export function compileDistribution(
  published: PublishedDistribution,
  fidelity: Fidelity,
  buckets: BucketMeans = NO_BUCKET_MEANS,
  version: FeedNumber = 0 as FeedNumber,
  knownPaths: KnownPaths = openKnownPathRoom(KNOWN_ALONE_MAX)(),
): EffectiveDistribution {
  const { config } = published;
  const origins = new Map(items(config.Origins).map((origin) => [origin.Id, origin]));
  const ofDistribution: OfDistribution = {
    account: published.account,
    groups: items(config.OriginGroups),
    protections: distributionProtections(config),
    geo: compileGeo(config),
    fidelity,
    bucketOf: (origin) => compileBucket(origin, published, buckets),
  };
  const { geo } = ofDistribution;
  const behaviors = [...items(config.CacheBehaviors), { ...config.DefaultCacheBehavior, PathPattern: undefined }].map(
    (behavior) => compileBehavior(behavior, origins, ofDistribution),
  );
  const { pages, ttls } = compileErrorRules(items(config.CustomErrorResponses), behaviors);
  return {
    id: published.id,
    version,
    account: published.account,
    label: published.label.toLowerCase(),
    aliases: items(config.Aliases).map((alias) => alias.toLowerCase()),
    isEnabled: config.Enabled,
    viewerTls: compileViewerTls(config),
    defaultRootObject: config.DefaultRootObject,
    geo,
    behaviors: ttls === undefined ? behaviors : behaviors.map((one) => ({ ...one, ttl: { ...one.ttl, errors: ttls } })),
    logsCookies: config.Logging.IncludeCookies,
    logTarget: compileLogTarget(published),
    hasUnequalProtection: isUnequal(behaviors),
    errorPages: pages,
    knownPaths,
  };
}

/** Methods beside signers: what may be written in one folder may not be in another. */
function isUnequal(behaviors: readonly EffectiveBehavior[]): boolean {
  const [first, ...others] = behaviors.map(({ allowedMethods, protections }) =>
    [...allowedMethods, ...protections.map(({ setting }) => setting)].toSorted().join(),
  );
  return (
    others.some((protection) => protection !== first) ||
    (others.length > 0 && behaviors.some(({ signers }) => signers !== undefined))
  );
}

function compileLogTarget({ id, account, config: { Logging: logging } }: PublishedDistribution): string | undefined {
  const bucket = logging.Enabled ? logBucketOf(logging) : undefined;
  return bucket === undefined
    ? undefined
    : writeLogTarget({ account, distribution: id, bucket, prefix: logging.Prefix });
}

function compileGeo({ Restrictions: { GeoRestriction: restriction } }: DistributionConfig): GeoRestriction | undefined {
  const { RestrictionType: kind, Items = [] } = restriction;
  return kind === "none" ? undefined : { kind, countries: new Set(Items) };
}

function compileViewerTls({ ViewerCertificate: viewer, HttpVersion }: DistributionConfig): EffectiveViewerTls {
  const certificateId = viewer.IAMCertificateId ?? viewer.ACMCertificateArn;
  const policy = viewer.MinimumProtocolVersion ?? "";
  return {
    // Beside the edge's own certificate it is always the same one. [CFDG distribution-web-values-specify]
    policy: certificateId !== undefined && isSecurityPolicyName(policy) ? policy : STANDARD_POLICY,
    certificateId,
    needsServerName: certificateId !== undefined && viewer.SSLSupportMethod === "sni-only",
    offersHttp2: HttpVersion === "http2" || HttpVersion === "http2and3",
  };
}
