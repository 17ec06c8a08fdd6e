// The folder for sockets between the workers of one service: short, because the path of a Unix socket may not be longer than
// about 100 bytes, and open to the service's own user only. On Windows, where pipes have no folder, a prefix of their names.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

const PATH_BYTES_MAX = 100;
/** Room for a name behind the folder's own. */
const NAME_BYTES_MAX = 32;
const PREFIX = "warmfront-";
/** What such a folder is called. */
export const SOCKET_DIRECTORY_NAME = /^warmfront-\w{6}$/;
/** The supervisor's own in it. */
export const OPERATOR_SOCKET = "operator";

/** Where such a folder may be. */
export function socketParents(): readonly string[] {
  return [...new Set([process.env["XDG_RUNTIME_DIR"] ?? "", tmpdir(), "/tmp"])].filter((path) => path !== "");
}

export interface SocketDirectory {
  readonly path: string;
  remove(): void;
}

/** Throws where there is nowhere to make it; the message is for the operator. */
export function openSocketDirectory(candidates: readonly (string | undefined)[] = socketParents()): SocketDirectory {
  let why = "every folder for temporary files has too long a path";
  for (const parent of candidates) {
    if (parent === undefined || parent === "") continue;
    if (Buffer.byteLength(parent) + 1 + PREFIX.length + 6 + NAME_BYTES_MAX >= PATH_BYTES_MAX) continue;
    try {
      const path = mkdtempSync(join(parent, PREFIX)); // open to its owner only
      return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
    } catch (error) {
      why = error instanceof Error ? error.message : String(error);
    }
  }
  throw new Error(
    `cannot make a folder for the sockets between workers: ${why}; set TMPDIR to one that can be written`,
  );
}

/** Where a socket of this name listens. */
export function socketPath(directory: string, name: string): string {
  return process.platform === "win32" ? `\\\\.\\pipe\\${basename(directory)}-${name}` : join(directory, name);
}

/** Removes what a service that was killed has left; anything else that a damaged note may name is left alone. */
export function removeLeftSocketDirectory(path: string): void {
  if (SOCKET_DIRECTORY_NAME.test(basename(path))) rmSync(path, { recursive: true, force: true });
}
