// Whether the console was built from the sources as they are: a digest of all that it is made of, noted beside what was built. Asked at
// every start, by whatever Node.js there is, hence JavaScript without news; it takes a few milliseconds. A published package has no
// sources and what was built of them: there is nothing to do.

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Of the console's sources, and of what they are built with. `undefined`: there are none. */
export function consoleStamp(root) {
  const folder = join(root, "console");
  if (!existsSync(join(folder, "index.html"))) return undefined;
  const hash = createHash("sha256");
  const read = (path, name) => hash.update(`${name}\0`).update(readFileSync(path)).update("\0");
  const walk = (below, name) => {
    const entries = readdirSync(below, { withFileTypes: true });
    for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
      const path = join(below, entry.name);
      if (name === "" && (entry.name === "dist" || entry.name.startsWith("."))) continue;
      if (entry.isDirectory()) walk(path, `${name}/${entry.name}`);
      else read(path, `${name}/${entry.name}`);
    }
  };
  walk(folder, "");
  for (const other of ["package-lock.json", "tools/build-console.ts"]) {
    if (existsSync(join(root, other))) read(join(root, other), other);
  }
  return hash.digest("hex");
}

export function isConsoleBuilt(root) {
  const stamp = consoleStamp(root);
  if (stamp === undefined) return true;
  try {
    return readFileSync(join(root, "console", "dist", "stamp"), "utf8") === stamp;
  } catch {
    return false;
  }
}
