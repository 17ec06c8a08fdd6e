// The names under which the console is served. They are its own, because everything that the API's port serves under other names (objects of
// buckets, above all) would share its origin in a browser. A request under any other name is not the console's, whatever it asks:
// a page that has its own name lead here gets nothing of it (DNS rebinding).

import type { ApiField } from "../../callers/message.ts";
import { combineField } from "../../http/field-list.ts";

/** Leads to this machine without anybody's doing [RFC 6761 §6.3]. */
const OWN_NAME = "console.localhost";

/** Where a browser has the console. */
export interface ConsoleAddress {
  /** As in the Origin field. */
  readonly origin: string;
  /** Over TLS, which somebody in front of us ends. */
  readonly isSecure: boolean;
}

/** `undefined`: the request is not for the console. */
export type FindConsole = (fields: readonly ApiField[]) => ConsoleAddress | undefined;

/** `addresses` as the setting has them. */
export function openConsoleAddresses(addresses: string): FindConsole {
  const given = new Map<string, ConsoleAddress>();
  for (const address of addresses.split(",").filter((each) => each !== "")) {
    const { origin, host, protocol } = new URL(address);
    given.set(host, { origin, isSecure: protocol === "https:" });
  }
  return (fields) => {
    // Of two Host fields nobody knows which one counts: together they are no name.
    const host = combineField(fields, "host")?.toLowerCase();
    if (host === undefined) return undefined;
    const found = given.get(host) ?? given.get(host.replace(/:443$/, ""));
    if (found !== undefined) return found;
    // At any port: what is between the browser and us may have another one.
    const isOwn = /^console\.localhost(?::\d{1,5})?$/.test(host);
    return isOwn ? { origin: `http://${host.replace(/:80$/, "")}`, isSecure: false } : undefined;
  };
}

/** What to open in a browser, first our own. */
export function listConsoleUrls(port: number, addresses: string): readonly string[] {
  return [`http://${OWN_NAME}:${port}`, ...addresses.split(",").filter((each) => each !== "")];
}

/** Names that no distribution may take: cookies know no ports, and its origin would be sent the console's. */
export function consoleNames(addresses: string): ReadonlySet<string> {
  const given = addresses.split(",").filter((each) => each !== "");
  return new Set([OWN_NAME, ...given.map((each) => new URL(each).hostname)]);
}
