// The machine's own table of names, which counts before any name server, as it does for every other program on it.

import { readFileSync, statSync } from "node:fs";
import type { LookupAddress } from "node:dns";
import { isIP } from "node:net";
import { addSeconds, seconds, type Clock, type EpochMs } from "../../vocabulary/time.ts";

export interface HostsFile {
  /** `name` in lower case. Empty: it is not there. */
  find(name: string): readonly LookupAddress[];
}

export const SYSTEM_HOSTS_FILE =
  process.platform === "win32"
    ? `${process.env["SystemRoot"] ?? "C:\\Windows"}\\System32\\drivers\\etc\\hosts`
    : "/etc/hosts";

const NAMES: ReadonlyMap<string, readonly LookupAddress[]> = new Map();
/** A change of the file counts after at most this. */
const LOOKED_AT_EVERY = seconds(5);
/** Larger files exist (lists of blocked hosts) and are read whole; beyond this it is not a hosts file. */
const BYTES_MAX = 16_777_216;

/** Read now and again when it has changed. A file that is not there has no names. */
export function openHostsFile(path: string, clock: Clock): HostsFile {
  let names = NAMES;
  let version = "";
  let lookAgainAt = 0 as EpochMs;
  return {
    find(name) {
      const now = clock.now();
      // A stat of a local file, asked for before a connection is made and never for a hit: not worth a thread.
      if (now >= lookAgainAt) {
        lookAgainAt = addSeconds(now, LOOKED_AT_EVERY);
        try {
          const found = statSync(path, { throwIfNoEntry: false });
          const seen = found === undefined ? "" : `${found.mtimeMs} ${found.size} ${found.ino}`;
          if (seen !== version) {
            names = found === undefined || found.size > BYTES_MAX ? NAMES : parseHosts(readFileSync(path, "utf8"));
            version = seen;
          }
        } catch {
          // Not ours to read, or no file descriptor is left: what was read before counts, and it is looked at again.
        }
      }
      return names.get(name) ?? [];
    },
  };
}

/** Lines of an address and its names; what is not that is left out. */
export function parseHosts(text: string): ReadonlyMap<string, readonly LookupAddress[]> {
  const names = new Map<string, LookupAddress[]>();
  for (const line of text.split(/\r?\n/)) {
    const [address = "", ...aliases] = line.replace(/#.*/, "").trim().split(/\s+/);
    const family = isIP(address);
    if (family === 0) continue;
    for (const alias of aliases) {
      const name = alias.toLowerCase();
      const known = names.get(name);
      if (known === undefined) names.set(name, [{ address, family }]);
      else if (!known.some((other) => other.address === address)) known.push({ address, family });
    }
  }
  return names;
}
