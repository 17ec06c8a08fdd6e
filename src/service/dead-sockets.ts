// Folders of sockets that killed supervisors have left among the temporary files: found at each start, and removed where it is certain
// that nobody is there any more. Certain is what the system says of each socket: it refuses who connects to one whose listener has ended, however
// that went, and nobody else's. A process that is stopped, or too busy to accept, is there.

import { lstatSync, readdirSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { OPERATOR_SOCKET, SOCKET_DIRECTORY_NAME, socketParents } from "./socket-directory.ts";

/** What a start looks at; what is beyond it is the next one's. */
const LOOKED_AT_MAX = 1000;

/** Tells of each that it has removed. Never rejects: what cannot be read or removed is left. */
export async function removeDeadSocketDirectories(
  onRemoved: (path: string) => void,
  parents = socketParents(),
): Promise<void> {
  if (process.platform === "win32") return; // pipes end with their processes
  for (const path of parents.flatMap(listOwn).slice(0, LOOKED_AT_MAX)) {
    try {
      if (!(await isDead(path))) continue;
      rmSync(path, { recursive: true, force: true });
      onRemoved(path);
    } catch {
      // Another start has been faster, or may do it later.
    }
  }
}

/** Folders of this user that have such a name. */
function listOwn(parent: string): readonly string[] {
  try {
    return readdirSync(parent)
      .filter((name) => SOCKET_DIRECTORY_NAME.test(name))
      .map((name) => join(parent, name))
      .filter((path) => {
        const about = lstatSync(path, { throwIfNoEntry: false });
        return about?.isDirectory() === true && about.uid === process.getuid?.();
      });
  } catch {
    return [];
  }
}

/** Of a start that has not come to listen yet nothing is certain; a worker may outlive its supervisor, and still be asked by others. */
async function isDead(path: string): Promise<boolean> {
  const sockets = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isSocket());
  if (!sockets.some(({ name }) => name === OPERATOR_SOCKET)) return false;
  for (const { name } of sockets) if (!(await isRefused(join(path, name)))) return false;
  return true;
}

function isRefused(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      resolve(false);
      socket.destroy();
    });
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code === "ECONNREFUSED"));
  });
}
