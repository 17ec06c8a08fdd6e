// Which addresses an origin may have. Held against the very addresses that are then connected to: origin-names.ts.

import { BlockList, isIP } from "node:net";

/** Not on the public Internet, or not a host there: loopback, private, link-local (cloud metadata among them), documentation, multicast. */
const NOT_PUBLIC: readonly (readonly [network: string, prefix: number, family: "ipv4" | "ipv6"])[] = [
  ["0.0.0.0", 8, "ipv4"],
  ["10.0.0.0", 8, "ipv4"],
  ["100.64.0.0", 10, "ipv4"],
  ["127.0.0.0", 8, "ipv4"],
  ["169.254.0.0", 16, "ipv4"],
  ["172.16.0.0", 12, "ipv4"],
  ["192.0.0.0", 24, "ipv4"],
  ["192.168.0.0", 16, "ipv4"],
  ["198.18.0.0", 15, "ipv4"],
  ["224.0.0.0", 3, "ipv4"],
  // Of IPv6 only global unicast is public, and of that not what embeds an IPv4 address (Teredo, 6to4).
  ["::", 3, "ipv6"],
  ["4000::", 2, "ipv6"],
  ["8000::", 1, "ipv6"],
  ["2001::", 32, "ipv6"],
  ["2002::", 16, "ipv6"],
];

// One list per family: a list that has subnets of IPv6 takes IPv4 addresses for mapped ones.
const notPublic = { ipv4: new BlockList(), ipv6: new BlockList() };
for (const [network, prefix, family] of NOT_PUBLIC) notPublic[family].addSubnet(network, prefix, family);

export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !notPublic.ipv4.check(address, "ipv4");
    case 6:
      return !notPublic.ipv6.check(address, "ipv6");
    default:
      return false;
  }
}
