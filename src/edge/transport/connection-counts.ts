// How many connections viewers hold, in all and per address, over all listeners of one edge. Who is beyond a bound is
// turned away before a byte of theirs is read.

import type { Limits } from "../../vocabulary/limits.ts";
import { subscriberOf } from "../../vocabulary/network-address.ts";

export interface ConnectionCounts {
  /** `undefined`: it is counted in, until `leave` with the same address. Otherwise whose bound would be passed. */
  enter(address: string): "all" | "address" | undefined;
  leave(address: string): void;
}

export function openConnectionCounts(
  limits: Pick<Limits, "viewerConnectionsMax" | "viewerConnectionsPerAddressMax">,
): ConnectionCounts {
  const perSubscriber = new Map<string, number>();
  let all = 0;
  return {
    enter(address) {
      if (all >= limits.viewerConnectionsMax) return "all";
      const subscriber = subscriberOf(address);
      const held = perSubscriber.get(subscriber) ?? 0;
      if (held >= limits.viewerConnectionsPerAddressMax) return "address";
      perSubscriber.set(subscriber, held + 1);
      all++;
      return undefined;
    },
    leave(address) {
      const subscriber = subscriberOf(address);
      const held = perSubscriber.get(subscriber) ?? 0;
      if (held > 1) perSubscriber.set(subscriber, held - 1);
      else perSubscriber.delete(subscriber);
      all--;
    },
  };
}
