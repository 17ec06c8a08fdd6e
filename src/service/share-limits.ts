// Bounds that an operator sets for the machine, and what each of its edge workers may take of them. Connections are shared out by the
// system, and keys by a hash, so equal shares are used about equally. All other bounds of the edge are of each worker.

import type { LimitName, Limits } from "../vocabulary/limits.ts";

/** Those of the cache on the disk are shared where its directory is chosen (edge-storage.ts). */
const SHARED = [
  "viewerConnectionsMax",
  "viewerConnectionsPerAddressMax",
  "originConnectionsPerOriginMax",
] as const satisfies readonly LimitName[];

/** What one of `count` workers may take: rounded up, so that none is left with nothing. */
export function shareLimits(limits: Limits, count: number): Limits {
  return { ...limits, ...Object.fromEntries(SHARED.map((name) => [name, Math.ceil(limits[name] / count)])) };
}
