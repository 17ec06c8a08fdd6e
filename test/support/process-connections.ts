// Which TCP connections a process holds, as Linux tells it: by the far end's port, which is what a viewer knows of itself.

import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Far ports of the established connections to `port` that the process has accepted. */
export function farPortsOf(processId: number, port: number): ReadonlySet<number> {
  const inodes = new Set<string>();
  for (const descriptor of readdirSync(`/proc/${processId}/fd`)) {
    const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${processId}/fd/${descriptor}`))?.[1];
    if (inode !== undefined) inodes.add(inode);
  }
  const ports = new Set<number>();
  for (const line of readFileSync("/proc/net/tcp", "latin1").split("\n").slice(1)) {
    const [, local = "", far = "", state, , , , , , inode = ""] = line.trim().split(/\s+/);
    if (state !== "01" || portOf(local) !== port || !inodes.has(inode)) continue;
    ports.add(portOf(far));
  }
  return ports;
}

function portOf(address: string): number {
  return Number.parseInt(address.split(":")[1] ?? "", 16);
}

/** A descriptor may be closed meanwhile. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
