// Host settings to addresses. `localhost` stands for both loopback addresses, so that a client reaches us whichever of
// the two its resolver prefers.

import { BlockList, isIP } from "node:net";

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/** What to pass to `listen`, first the one that must work; further ones may be missing on a machine without IPv6. */
export function listenHosts(host: string): readonly string[] {
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  return bare === "localhost" ? ["127.0.0.1", "::1"] : [bare];
}

/** Only this machine can connect. A name other than `localhost` could resolve to anything, so it does not count. */
export function isLoopback(host: string): boolean {
  return listenHosts(host).every((address) => {
    const family = isIP(address);
    return family !== 0 && LOOPBACK.check(address, family === 6 ? "ipv6" : "ipv4");
  });
}

/** The second loopback address is not there: no IPv6 on this machine. */
export function isAddressMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT";
}

/** How to write host and port in a URL. */
export function formatAuthority(host: string, port: number): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Where another process of this machine connects to: a listener on all addresses is on loopback too. */
export function reachable({ host, port }: { readonly host: string; readonly port: number }): {
  readonly host: string;
  readonly port: number;
} {
  return { host: host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host, port };
}
