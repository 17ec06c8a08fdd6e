// Second stage, first half: whose host is this? The name alone decides, never the address that was reached.

import type { ConfigTable } from "../config/config-table.ts";
import type { EffectiveDistribution } from "../config/effective-config.ts";
import { refusal, type Received, type Refusal } from "../exchange.ts";

/** A disabled distribution keeps its names: an exact alias of it is refused even where another has the wildcard. [CFDG CNAMEs] */
export function findDistribution(received: Received, table: ConfigTable): EffectiveDistribution | Refusal {
  const { host } = received.request;
  const found = table.find(host);
  if (found === undefined) {
    return refusal(
      403,
      "bad-request",
      `no distribution has the host ${host} as its own name or alias`,
      "[CFDG CNAMEs]",
    );
  }
  if (found.owner.kind === "streaming") {
    const { id } = found.owner.distribution;
    return refusal(
      403,
      "bad-request",
      `${host} is the ${found.by} of streaming distribution ${id}, which is not served over HTTP`,
      "[CFDG distribution-rtmp]",
    );
  }
  const { distribution } = found.owner;
  if (!distribution.isEnabled) {
    return refusal(
      403,
      "bad-request",
      `distribution ${distribution.id}, found by its ${found.by}, is disabled`,
      "[CFDG HowToDeleteDistribution]",
    );
  }
  return distribution;
}
