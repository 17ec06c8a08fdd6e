// How many connections viewers hold, in all and per address, over all listeners of one edge. Who is beyond a bound is
// turned away before a byte of theirs is read.

import type { Limits } from "../../vocabulary/limits.ts";

export interface ConnectionCounts {
  /** `undefined`: it is counted in, until `leave` with the same address. Otherwise whose bound would be passed. */
  enter(address: string): "all" | "address" | undefined;
  leave(address: string): void;
}

export function openConnectionCounts(
  limits: Pick<Limits, "viewerConnectionsMax" | "viewerConnectionsPerAddressMax">,
): ConnectionCounts {
  const perHolder = new Map<string, number>();
  let all = 0;
  return {
    enter(address) {
      if (all >= limits.viewerConnectionsMax) return "all";
      const holder = holderOf(address);
      const held = perHolder.get(holder) ?? 0;
      if (held >= limits.viewerConnectionsPerAddressMax) return "address";
      perHolder.set(holder, held + 1);
      all++;
      return undefined;
    },
    leave(address) {
      const holder = holderOf(address);
      const held = perHolder.get(holder) ?? 0;
      if (held > 1) perHolder.set(holder, held - 1);
      else perHolder.delete(holder);
      all--;
    },
  };
}

/** What one subscriber has: an IPv4 address, or the /64 that an IPv6 address lies in [D-0010]. Mapped addresses are IPv4. */
export function holderOf(address: string): string {
  if (!address.includes(":")) return address;
  const bare = address.replace(/%.*$/, "").toLowerCase();
  const mapped = /^::ffff:([0-9.]+)$/.exec(bare)?.[1];
  if (mapped !== undefined) return mapped;
  const [front = "", back] = bare.split("::");
  const groups = front === "" ? [] : front.split(":");
  if (back !== undefined) {
    const behind = back === "" ? [] : back.split(":");
    // A dotted tail stands for two groups.
    const taken = groups.length + behind.length + (back.includes(".") ? 1 : 0);
    groups.push(...Array.from({ length: Math.max(0, 8 - taken) }, () => "0"), ...behind);
  }
  const prefix = groups.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ""));
  return `${prefix.join(":")}::/64`;
}
