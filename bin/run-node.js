// Runs a program on a given Node.js in the place of this process: its streams, its signals, its end.

import { spawn } from "node:child_process";
import { delimiter, dirname } from "node:path";

/** `command` is run as it is; `node` is what `env node` finds in it. */
export function runInPlace(command, args, { node, compiled }) {
  // A terminal sends Ctrl-C to the whole group, so the child has it already; other signals come to this process alone.
  // Listened to before there is a child: a signal in the middle of its start would leave it behind without us.
  process.on("SIGINT", () => {});
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  // Commands of dependencies start with `env node`: the pinned one is to be found before the machine's.
  const path = `${dirname(node)}${delimiter}${process.env.PATH ?? ""}`;
  const child = spawn(command, args, {
    stdio: "inherit",
    // Node keeps what it compiled (keyed by content), so that the second start does not read a hundred files anew.
    env: { ...process.env, PATH: path, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? compiled },
  });
  child.on("error", (error) => {
    process.stderr.write(`warmfront: cannot run ${command}: ${error.message}\n`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => {
    if (signal) process.kill(process.pid, signal);
    else process.exit(code ?? 1);
  });
}
