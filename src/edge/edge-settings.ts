// What an operator decides about an edge, as the service has read it from its settings (service/settings.ts).

import type { Fidelity } from "../vocabulary/fidelity.ts";
import type { Limits } from "../vocabulary/limits.ts";
import type { OtherStore } from "./bucket-stores.ts";
import type { ViewerCertificates } from "./certificate-table.ts";
import type { DebugHeadersFor } from "./watch/debug-headers.ts";

export interface EdgeSettings {
  /** What follows a distribution's label in its own host name, without the leading dot: `cloudfront.localhost`. */
  readonly domainSuffix: string;
  /** Port that redirects to HTTPS name; left out of them when it is 443. Read for each of them: it may be known late. */
  readonly publicHttpsPort: number;
  /** What stands in Via for this edge, 32 hexadecimal digits; drawn when it is left out. */
  readonly edgeName?: string;
  /** `X-Amz-Cf-Pop` of every answer. */
  readonly popName: string;
  readonly fidelity: Fidelity;
  /** Origins may be on loopback, link-local and private addresses (DESIGN: only while viewers' listeners are on loopback). */
  readonly allowPrivateOrigins: boolean;
  /** PEM certificates that origins may be signed by, beside the well-known ones. */
  readonly originAuthorities?: readonly string[];
  /** Name servers for origins, as `address` or `address:port`; absent: the system's. */
  readonly nameServers?: readonly string[];
  /** Instead of the system's table of host names. */
  readonly hostsFile?: string;
  /** What viewers are shown on the TLS port; left out where there is none. */
  readonly viewerCertificates?: ViewerCertificates;
  /** Of the service: with it the edge proves to its bucket store who asks. Left out, it can ask for nobody. */
  readonly serviceSecret?: Uint8Array;
  /** Who is shown debug headers; left out: nobody. It takes the service's secret. */
  readonly debugHeaders?: DebugHeadersFor;
  /** Stores that have the buckets named with them, instead of the service's own. */
  readonly otherStores?: readonly OtherStore[];
  readonly limits: Limits;
}
