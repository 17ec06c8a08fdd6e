#!/usr/bin/env node
// The command `warmfront`. In a clone of the project it is the same as `npm run warmfront --`; in a package it runs what was built from the
// sources when that was packed (tools/build-package.ts): Node.js reads no TypeScript below node_modules.

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

if (existsSync(join(root, "src"))) {
  process.argv.splice(2, 0, "src/cli/main.ts");
  await import("./run.js");
} else {
  const [{ findNode }, { runInPlace }] = await Promise.all([import("./pinned-node.js"), import("./run-node.js")]);
  try {
    const node = findNode();
    const args = [join(root, "dist", "cli", "main.js"), ...process.argv.slice(2)];
    runInPlace(node, args, { node, compiled: join(root, ".compiled") });
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
