// One step of the feed, at the edge: compiled into the tables that requests are answered by, or an invalidation of what is stored. All of it is
// in force when it returns, so that no request sees half a change.

import type { Change, PublishedDistribution } from "../store/store.ts";
import type { DistributionId, FeedNumber } from "../vocabulary/ids.ts";
import { unreachable } from "../vocabulary/unreachable.ts";
import type { CertificateTable } from "./certificate-table.ts";
import type { AccessControls } from "./config/access-controls.ts";
import type { ConfigTable } from "./config/config-table.ts";
import type { TrustedKeys } from "./config/trusted-keys.ts";
import type { Traffic } from "./record/traffic.ts";
import type { InvalidatedPath } from "./storage/cache-storage.ts";

/** What an edge keeps of the feed, and what a change is told to beside that. */
export interface Published {
  readonly config: ConfigTable;
  readonly keys: TrustedKeys;
  readonly accessControls: AccessControls;
  /** `undefined`: viewers come over plain HTTP only. */
  readonly certificates: CertificateTable | undefined;
  readonly traffic: Pick<Traffic, "remove">;
  /** `id`: of the API's invalidation, or of what was removed. */
  invalidate(invalidated: InvalidatedPath, number: FeedNumber, id: string): void;
  /** A distribution is served as it is now. */
  onDistribution(distribution: PublishedDistribution): void;
}

/** In force when it returns. Throws where the change cannot be compiled. */
export function applyChange(change: Change, to: Published): void {
  switch (change.kind) {
    case "distribution":
      to.config.applyDistribution(change);
      to.onDistribution(change.distribution);
      break;
    case "streaming-distribution":
      to.config.applyStreaming(change);
      break;
    case "public-key":
    case "key-group":
    case "key-pair":
      to.keys.apply(change);
      break;
    case "origin-access-control":
      to.accessControls.apply(change.control);
      break;
    case "server-certificate":
      to.certificates?.put(change.certificate);
      break;
    case "removed":
      to.config.remove(change.id);
      to.accessControls.remove(change.id);
      to.traffic.remove(change.id);
      to.certificates?.remove(change.id);
      to.keys.remove(change.id);
      // Its id is never given out again, so nothing of it can be asked for.
      to.invalidate({ distribution: change.id as DistributionId, path: "/*" }, change.number, change.id);
      break;
    case "invalidation":
      for (const path of change.invalidation.paths) {
        // Paths may be written without their slash. [CFDG Invalidation]
        const withSlash = path.startsWith("/") ? path : `/${path}`;
        const { id, distribution } = change.invalidation;
        to.invalidate({ distribution, path: withSlash }, change.number, id);
      }
      break;
    default:
      unreachable(change);
  }
}
