// Every upper bound of the product, one row each. The rows are also settings (service/settings.ts adds the flag,
// the environment variable and the line in docs/settings.md), so a bound that is not here cannot be changed by anyone.

export interface LimitSpec {
  /** What the number counts. */
  readonly unit: "bytes" | "seconds" | "count" | "levels";
  readonly default: number;
  readonly min: number;
  readonly max: number;
  /** One sentence for an operator, and what happens beyond the bound. */
  readonly about: string;
  /** Where the default comes from: a citation tag, see docs/sources.md. */
  readonly source: string;
}

export const LIMITS = {
  // The management API
  apiBodyBytesMax: {
    unit: "bytes",
    default: 1_048_576,
    min: 1024,
    max: 67_108_864,
    about: "Largest body of an API request; beyond it the answer is 413 RequestEntityTooLarge.",
    source: "[D-0003]",
  },
  apiXmlDepthMax: {
    unit: "levels",
    default: 32,
    min: 12,
    max: 1000,
    about: "Deepest nesting of elements in an API request; beyond it the answer is 400 MalformedXML.",
    source: "[D-0003]",
  },
  apiXmlElementsMax: {
    unit: "count",
    default: 100_000,
    min: 1000,
    max: 10_000_000,
    about: "Most elements in an API request; beyond it the answer is 400 MalformedXML.",
    source: "[D-0003]",
  },
  apiRequestTimeoutSeconds: {
    unit: "seconds",
    default: 30,
    min: 1,
    max: 600,
    about: "Time for an API request to arrive whole; then the connection is closed.",
    source: "[D-0003]",
  },
  apiConnectionsMax: {
    unit: "count",
    default: 1000,
    min: 1,
    max: 65_535,
    about: "Open connections to the API; further ones are closed at once.",
    source: "[D-0003]",
  },
  // Quotas of an account [CFDG cloudfront-limits]
  distributionsPerAccountMax: {
    unit: "count",
    default: 200,
    min: 0,
    max: 1_000_000,
    about: "Distributions of one account; beyond it TooManyDistributions.",
    source: "[CFDG cloudfront-limits]",
  },
  streamingDistributionsPerAccountMax: {
    unit: "count",
    default: 100,
    min: 0,
    max: 1_000_000,
    about: "Streaming distributions of one account; beyond it TooManyStreamingDistributions.",
    source: "[CFDG cloudfront-limits]",
  },
  originAccessIdentitiesPerAccountMax: {
    unit: "count",
    default: 100,
    min: 0,
    max: 1_000_000,
    about: "Origin access identities of one account; beyond it TooManyCloudFrontOriginAccessIdentities.",
    source: "[CFDG cloudfront-limits]",
  },
  aliasesPerDistributionMax: {
    unit: "count",
    default: 100,
    min: 0,
    max: 100_000,
    about: "Aliases of one distribution; beyond it TooManyDistributionCNAMEs or TooManyStreamingDistributionCNAMEs.",
    source: "[CFDG cloudfront-limits]",
  },
  originsPerDistributionMax: {
    unit: "count",
    default: 25,
    min: 1,
    max: 10_000,
    about: "Origins of one distribution; beyond it TooManyOrigins.",
    source: "[CFDG cloudfront-limits]",
  },
  cacheBehaviorsPerDistributionMax: {
    unit: "count",
    default: 25,
    min: 0,
    max: 10_000,
    about: "Cache behaviors of one distribution beside the default one; beyond it TooManyCacheBehaviors.",
    source: "[CFDG cloudfront-limits]",
  },
  originCustomHeadersMax: {
    unit: "count",
    default: 10,
    min: 0,
    max: 1000,
    about: "Custom headers of one origin; beyond it TooManyOriginCustomHeaders.",
    source: "[CFDG cloudfront-limits]",
  },
  whitelistedCookiesPerBehaviorMax: {
    unit: "count",
    default: 10,
    min: 0,
    max: 1000,
    about: "Cookie names that one behavior forwards; beyond it TooManyCookieNamesInWhiteList.",
    source: "[CFDG cloudfront-limits]",
  },
  whitelistedHeadersPerBehaviorMax: {
    unit: "count",
    default: 10,
    min: 0,
    max: 1000,
    about: "Header names that one behavior forwards; beyond it TooManyHeadersInForwardedValues.",
    source: "[CFDG cloudfront-limits]",
  },
  queryStringKeysPerBehaviorMax: {
    unit: "count",
    default: 10,
    min: 0,
    max: 1000,
    about: "Query string keys of one behavior; beyond it TooManyQueryStringParameters.",
    source: "[CFDG cloudfront-limits]",
  },
  trustedSignersPerBehaviorMax: {
    unit: "count",
    default: 5,
    min: 0,
    max: 1000,
    about: "Trusted signers of one behavior; beyond it TooManyTrustedSigners.",
    source: "[CFDG cloudfront-limits]",
  },
  tagsPerResourceMax: {
    unit: "count",
    default: 50,
    min: 0,
    max: 1000,
    about: "Tags of one resource; beyond it InvalidTagging.",
    source: "[CFDG cloudfront-limits]",
  },
  invalidationPathsInProgressMax: {
    unit: "count",
    default: 3000,
    min: 1,
    max: 1_000_000,
    about:
      "Paths without wildcard in a distribution's invalidations in progress; beyond it TooManyInvalidationsInProgress.",
    source: "[CFDG Invalidation]",
  },
  invalidationWildcardsInProgressMax: {
    unit: "count",
    default: 15,
    min: 0,
    max: 1_000_000,
    about: "Wildcard paths in a distribution's invalidations in progress; beyond it TooManyInvalidationsInProgress.",
    source: "[CFDG Invalidation]",
  },
  invalidationPathsPerBatchMax: {
    unit: "count",
    default: 3000,
    min: 1,
    max: 1_000_000,
    about: "Paths of one invalidation; beyond it BatchTooLarge.",
    source: "[CFDG Invalidation]",
  },
  // The edge towards viewers
  viewerUrlBytesMax: {
    unit: "bytes",
    default: 8192,
    min: 256,
    max: 1_048_576,
    about:
      "Longest URL that a viewer may ask for (scheme, host, path and query); beyond it 413 and the connection is closed.",
    source: "[CFDG cloudfront-limits]",
  },
  viewerHeaderBytesMax: {
    unit: "bytes",
    default: 20_480,
    min: 1024,
    max: 1_048_576,
    about: "Largest request line and header section of a viewer; beyond it 413 and the connection is closed.",
    source: "[CFDG cloudfront-limits]",
  },
  viewerFieldsMax: {
    unit: "count",
    default: 256,
    min: 16,
    max: 10_000,
    about: "Most header fields that a viewer's request may have; beyond it 413 and the connection is closed.",
    source: "[D-0004]",
  },
  viewerHeaderTimeoutSeconds: {
    unit: "seconds",
    default: 30,
    min: 1,
    max: 3600,
    about: "Time for a viewer's header section to arrive; then 408 and the connection is closed.",
    source: "[D-0004]",
  },
  viewerBodyIdleTimeoutSeconds: {
    unit: "seconds",
    default: 30,
    min: 1,
    max: 3600,
    about: "Longest pause within a viewer's request body; then the connection is closed.",
    source: "[D-0004]",
  },
  viewerIdleTimeoutSeconds: {
    unit: "seconds",
    default: 60,
    min: 1,
    max: 3600,
    about: "Longest idle time of a kept-alive viewer connection.",
    source: "[D-0004]",
  },
  viewerWriteTimeoutSeconds: {
    unit: "seconds",
    default: 60,
    min: 1,
    max: 3600,
    about: "Longest time that a viewer may leave a response unread; then the connection is closed.",
    source: "[D-0004]",
  },
  viewerConnectionsMax: {
    unit: "count",
    default: 20_000,
    min: 1,
    max: 1_000_000,
    about: "Open viewer connections of one edge; further ones are closed at once.",
    source: "[D-0004]",
  },
  viewerHttp2StreamsMax: {
    unit: "count",
    default: 128,
    min: 1,
    max: 65_535,
    about: "Requests that one HTTP/2 connection may have open at once; further ones are refused.",
    source: "[D-0009]",
  },
  viewerHttp2ResetBurstMax: {
    unit: "count",
    default: 1000,
    min: 1,
    max: 1_000_000,
    about: "Requests that an HTTP/2 viewer may reset at a stretch; beyond it the connection is ended.",
    source: "[D-0009]",
  },
  viewerHttp2ResetsPerSecondMax: {
    unit: "count",
    default: 33,
    min: 1,
    max: 1_000_000,
    about: "Resets per second that an HTTP/2 viewer gains back after a stretch of them.",
    source: "[D-0009]",
  },
  // The edge towards origins
  originHeaderBytesMax: {
    unit: "bytes",
    default: 20_480,
    min: 1024,
    max: 1_048_576,
    about: "Largest header section of an origin's response; beyond it 502.",
    source: "[CFDG cloudfront-limits]",
  },
  originConnectionsPerOriginMax: {
    unit: "count",
    default: 256,
    min: 1,
    max: 65_535,
    about: "Connections of one edge to one origin; further requests wait for a free one.",
    source: "[D-0004]",
  },
  originNamesMax: {
    unit: "count",
    default: 10_000,
    min: 1,
    max: 10_000_000,
    about: "Names of origins whose addresses are kept; those that were asked for longest ago go first.",
    source: "[D-0011]",
  },
  originNameTimeoutSeconds: {
    unit: "seconds",
    default: 3,
    min: 1,
    max: 60,
    about: "Time for name servers to answer for an origin's name, a second try included; then they count as down.",
    source: "[D-0011]",
  },
  originNameErrorSeconds: {
    unit: "seconds",
    default: 5,
    min: 1,
    max: 3600,
    about: "How long it is remembered that a name does not exist or that its servers are down.",
    source: "[D-0011]",
  },
  originNameStaleSeconds: {
    unit: "seconds",
    default: 3600,
    min: 0,
    max: 604_800,
    about: "How long addresses are used beyond their TTL while name servers are down; then 502.",
    source: "[D-0011]",
  },
  // The cache
  cacheCapacityBytes: {
    unit: "bytes",
    default: 536_870_912,
    min: 0,
    max: 1_099_511_627_776,
    about: "Bytes that stored responses may take, bookkeeping included; least recently used go first.",
    source: "[D-0001]",
  },
  cacheResponseBytesMax: {
    unit: "bytes",
    default: 67_108_864,
    min: 0,
    max: 53_687_091_200,
    about: "Largest response body that is stored; a larger one is passed through.",
    source: "[D-0001]",
  },
} as const satisfies Record<string, LimitSpec>;

export type LimitName = keyof typeof LIMITS;
export type Limits = Readonly<Record<LimitName, number>>;

export const DEFAULT_LIMITS: Limits = Object.freeze(
  Object.fromEntries(Object.entries(LIMITS).map(([name, spec]) => [name, spec.default])),
) as Limits;
