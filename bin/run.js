#!/usr/bin/env node
// Runs a program of the project on the Node.js that the project pins, whatever Node.js started this file (20 or newer).
// Installs first, and only, when node_modules is not what package-lock.json says: an install in front of every start
// would cost twelve seconds. What an old Node.js reads is in bin alone, hence JavaScript without news.
//
//   node bin/run.js FILE.ts [ARGUMENT …]        a TypeScript program
//   node bin/run.js --bin NAME [ARGUMENT …]     a command of a dependency

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isConsoleBuilt } from "./console-stamp.js";
import { findPinnedNode } from "./pinned-node.js";
import { runInPlace } from "./run-node.js";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
const isWindows = process.platform === "win32";

/** What npm noted about the last install must equal the lockfile, but for packages of other platforms. */
function isInstalled() {
  if (findPinnedNode() === undefined) return false;
  try {
    const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
    const installed = JSON.parse(readFileSync(join(modules, ".package-lock.json"), "utf8")).packages;
    for (const path in wanted) {
      if (path === "") continue;
      const here = installed[path];
      if (here === undefined ? !wanted[path].optional : here.integrity !== wanted[path].integrity) return false;
    }
    return Object.keys(installed).every((path) => path in wanted);
  } catch {
    return false;
  }
}

function install() {
  process.stderr.write("warmfront: installing dependencies (once, until package-lock.json changes) …\n");
  const npm = process.env.npm_execpath;
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  const done = npm
    ? spawnSync(process.execPath, [npm, ...args], { cwd: root, stdio: ["ignore", 2, 2] })
    : spawnSync("npm", args, { cwd: root, stdio: ["ignore", 2, 2], shell: isWindows });
  if (done.status === 0 && findPinnedNode() !== undefined) return;
  const reason = done.error
    ? done.error.message
    : done.status === 0
      ? `there is no Node.js package for ${process.platform}-${process.arch}`
      : "see npm's message above";
  process.stderr.write(`warmfront: could not install the dependencies: ${reason}\n`);
  process.exit(1);
}

if (!isInstalled()) install();

const [program, ...rest] = process.argv.slice(2);
// The web console is a part of what is started or tested. Without it (no Vite, a folder that is only read) the server starts all the same.
const node = findPinnedNode();
const wantsConsole =
  program === "tools/test.ts" || (program === "src/cli/main.ts" && ["start", "serve"].includes(rest[0]));
if (wantsConsole && !isConsoleBuilt(root)) {
  process.stderr.write("warmfront: building the web console (once, until its sources change) …\n");
  spawnSync(node, [join(root, "tools/build-console.ts")], { cwd: root, stdio: ["ignore", 2, 2] });
}
const isCommand = program === "--bin";
const command = isCommand ? join(modules, ".bin", rest[0]) : node;
const args = isCommand ? rest.slice(1) : [join(root, program), ...rest];
runInPlace(command, args, { node, compiled: join(modules, ".cache", "compiled") });
