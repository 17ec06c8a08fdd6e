// IPv4 addresses and ranges of them, as policies name them: `192.0.2.7` or `192.0.2.0/24`. [RFC 4632 §3.1]

export interface Ipv4Range {
  /** First address of the range, as a number of 32 bits. */
  readonly first: number;
  readonly last: number;
}

/** Four decimal numbers without leading zeros, which some readers take for octal. `undefined`: it is none. */
export function parseIpv4(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let address = 0;
  for (const part of parts) {
    if (!/^(?:0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return undefined;
    address = address * 256 + Number(part);
  }
  return address;
}

/** A single address is a range of one. Bits beyond the prefix do not count. */
export function parseIpv4Range(text: string): Ipv4Range | undefined {
  const [, addressText = "", bits = "32"] = /^([0-9.]+)(?:\/(0|[1-9][0-9]?))?$/.exec(text) ?? [];
  const address = parseIpv4(addressText);
  if (address === undefined || Number(bits) > 32) return undefined;
  const size = 2 ** (32 - Number(bits));
  const first = Math.floor(address / size) * size;
  return { first, last: first + size - 1 };
}

export function formatIpv4(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}
