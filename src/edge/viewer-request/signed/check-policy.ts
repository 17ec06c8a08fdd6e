// The conditions of an access policy, at the instant of the request and from the address of the connection. They are
// checked for every request, also where the signature is known to be good. [CFDG private-content-check-expiration]

import type { AccessPolicy } from "../../../model/access-policy.ts";
import { parseIpv4 } from "../../../vocabulary/ipv4-range.ts";
import type { EpochMs } from "../../../vocabulary/time.ts";

/** Why access is denied. `undefined`: the conditions hold. */
export function whyDenied(
  { lessThan, greaterThan, addresses }: Pick<AccessPolicy, "lessThan" | "greaterThan" | "addresses">,
  now: EpochMs,
  viewerAddress: string,
): string | undefined {
  if (now >= lessThan * 1000) return `it expired ${inWords(now - lessThan * 1000)} ago, at ${instant(lessThan)}`;
  if (greaterThan !== undefined && now <= greaterThan * 1000) {
    return `it is not valid yet: from ${instant(greaterThan)} on, in ${inWords(greaterThan * 1000 - now)}`;
  }
  if (addresses === undefined) return undefined;
  const address = parseIpv4(viewerAddress);
  if (address === undefined) return `IpAddress is ${addresses.text}, and ${viewerAddress} is no IPv4 address`;
  if (address >= addresses.first && address <= addresses.last) return undefined;
  return `the viewer's address ${viewerAddress} is not in ${addresses.text}`;
}

function instant(epochSeconds: number): string {
  return new Date(epochSeconds * 1000).toISOString().replace(".000", "");
}

function inWords(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} days`;
}
