// What the pipeline reads of a distribution: immutable, with everything decided that can be decided without a request.
// Made by compile-config.ts, once per change.

import type { CacheBehaviorSettings } from "../../model/distribution.ts";
import type { Fidelity } from "../../vocabulary/fidelity.ts";
import type { AccountId, DistributionId, FeedNumber } from "../../vocabulary/ids.ts";
import type { Seconds } from "../../vocabulary/time.ts";
import type { KnownPaths } from "../known-path.ts";
import type { BucketOrigin } from "./compile-bucket.ts";
import type { PathPattern } from "./path-pattern.ts";
import type { Field } from "../transport/message.ts";
import type { Signers } from "./trusted-keys.ts";
import type { SecurityPolicyName } from "../transport/tls/security-policies.ts";

export interface EffectiveDistribution {
  readonly id: DistributionId;
  /** Number of the change that brought it, as it is: the same number is the same configuration in every worker. */
  readonly version: FeedNumber;
  readonly account: AccountId;
  readonly label: string;
  /** Lower case. */
  readonly aliases: readonly string[];
  readonly isEnabled: boolean;
  readonly viewerTls: EffectiveViewerTls;
  /** Without leading slash; "" for none. */
  readonly defaultRootObject: string;
  /** `undefined`: every country is served. */
  readonly geo: GeoRestriction | undefined;
  /** In order of precedence; the last one matches everything. */
  readonly behaviors: readonly EffectiveBehavior[];
  /** The cookies of its viewers are in its access log. */
  readonly logsCookies: boolean;
  /** Where its access log goes, as model/log-target.ts writes it; `undefined`: none is wanted. */
  readonly logTarget: string | undefined;
  /** Its behaviors do not let in the same viewers, so it matters how a path is read. */
  readonly hasUnequalProtection: boolean;
  /** By status; `undefined` when there are none. */
  readonly errorPages: ReadonlyMap<number, ErrorPage> | undefined;
  /** Nothing is decided by it: it only remembers. */
  readonly knownPaths: KnownPaths;
}

export interface GeoRestriction {
  readonly kind: "whitelist" | "blacklist";
  /** ISO 3166-1 alpha-2. */
  readonly countries: ReadonlySet<string>;
}

/** What a viewer's handshake for one of the distribution's names is made with. */
export interface EffectiveViewerTls {
  readonly policy: SecurityPolicyName;
  /** Of the certificate that is named for its aliases; `undefined` for the edge's own. */
  readonly certificateId: string | undefined;
  /** A viewer that names no host in its handshake is not served. */
  readonly needsServerName: boolean;
  readonly offersHttp2: boolean;
}

export interface EffectiveBehavior {
  readonly pattern: PathPattern;
  readonly isDefault: boolean;
  /** The only one, or the primary of a group. */
  readonly origin: EffectiveOrigin;
  /** Of a group of origins. */
  readonly failover: Failover | undefined;
  readonly viewerProtocolPolicy: CacheBehaviorSettings["ViewerProtocolPolicy"];
  readonly allowedMethods: ReadonlySet<string>;
  readonly cachedMethods: ReadonlySet<string>;
  readonly fidelity: Fidelity;
  readonly key: KeyRecipe;
  /** Something about a request depends on the viewer's country: only then is it looked up. */
  readonly usesCountry: boolean;
  readonly compression: Compression;
  readonly ttl: TtlBounds;
  /** Whose signed URLs and cookies open it; `undefined`: it is open to all. */
  readonly signers: Signers | undefined;
  /** Settings that keep content from viewers and that are not enforced yet: with any of them nothing is served. */
  readonly protections: readonly Protection[];
  /** Why nothing is ever stored for this behavior, if so. */
  readonly neverStored: { readonly why: string; readonly source: string } | undefined;
}

export interface Protection {
  readonly setting: string;
  readonly why: string;
}

export interface Failover {
  readonly groupId: string;
  readonly secondary: EffectiveOrigin;
  /** Of the primary's answers, those that are not final. */
  readonly statusCodes: ReadonlySet<number>;
}

/** What of a request selects a stored response, and reaches the origin. [CFDG QueryStringParameters, Cookies, header-caching] */
export interface KeyRecipe {
  /** A set: the origin gets the whole query, the key only these parameters. */
  readonly query: "none" | "all" | ReadonlySet<string>;
  readonly cookies: "none" | "all" | readonly PathPattern[];
  /** Lower case, in order of name. */
  readonly headers: "all" | readonly string[];
  /** Those of them that are in the key, likewise. */
  readonly keyedHeaders: readonly string[];
  /** Responses for viewers who take one of these codings or another are told apart whatever their Vary. */
  readonly separatesCodings: boolean;
  /** Codings that are asked for and told apart, best one first. None: Accept-Encoding is like any other header. */
  readonly codings: readonly ContentCoding[];
}

/** Those that the edge tells apart and can make itself. */
export type ContentCoding = "br" | "gzip";

/** What the edge compresses with by itself. [CFDG ServingCompressedFiles] */
export interface Compression {
  readonly codings: readonly ContentCoding[];
  /** Why there are none. */
  readonly whyNone: { readonly why: string; readonly source: string } | undefined;
}

export interface TtlBounds {
  readonly min: Seconds;
  readonly default: Seconds;
  readonly max: Seconds;
  /** Of errors, by status; a status that is not there has the default. */
  readonly errors?: ReadonlyMap<number, ErrorTtl>;
}

/** What a status of 400 or more is answered with. */
export interface ErrorPage {
  /** Raw, absolute, in the same distribution. */
  readonly path: string;
  readonly status: number;
}

/** How long an error of one status stays. */
export interface ErrorTtl {
  readonly min: Seconds;
  /** MaxTTL of the behavior that serves the page; `undefined` without a page: the requested object's own counts. */
  readonly max: Seconds | undefined;
}

export interface EffectiveOrigin {
  readonly id: string;
  /** Lower case. */
  readonly domain: string;
  /** Empty, or begins with a slash and ends without one. */
  readonly path: string;
  readonly customHeaders: readonly Field[];
  readonly protocolPolicy: "http-only" | "match-viewer" | "https-only";
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Ascending. Empty: there is none that could be spoken, and no connection comes about. */
  readonly tlsVersions: readonly TlsVersion[];
  readonly readTimeout: Seconds;
  readonly keepaliveTimeout: Seconds;
  /** For the whole of an answer, all attempts included. */
  readonly completionTimeout: Seconds | undefined;
  readonly families: AddressFamilies;
  readonly connectTimeout: Seconds;
  readonly connectionAttempts: number;
  /** It is a bucket, and a store is asked instead of a server of that name. */
  readonly bucket: BucketOrigin | undefined;
}

/** Which kind of addresses an origin is connected to over. */
export type AddressFamilies = "ipv4" | "ipv6" | "dualstack";

export type TlsVersion = "TLSv1" | "TLSv1.1" | "TLSv1.2" | "TLSv1.3";
