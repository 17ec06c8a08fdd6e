// Addresses of peers as sockets tell them, as text: what two of them have in common, and where they are. Pure.

/** An IPv4 address that is written as IPv6, as a socket for both tells it, is IPv4. */
export function withoutMapping(address: string): string {
  return address.replace(/^::ffff:(?=[0-9.]+$)/i, "");
}

/** Of this machine, as far as anybody can tell from the address. */
export function isLoopbackAddress(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}

/** What one subscriber has: an IPv4 address, or the /64 that an IPv6 address lies in [D-0010]. */
export function subscriberOf(address: string): string {
  if (!address.includes(":")) return address;
  const bare = withoutMapping(address.replace(/%.*$/, "").toLowerCase());
  if (!bare.includes(":")) return bare;
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
