// Runs programs for the project's own tools: one at a time, output passed through, told when it fails.

import { spawn } from "node:child_process";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));
const BIN = join(ROOT, "node_modules", ".bin");

/**
 * Exit code of a command of a dependency, or of this Node when `command` is "node". Both are found before the machine's. What runs for
 * longer than `minutesMax` is interrupted, as by Control-C.
 */
export async function run(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  minutesMax?: number,
): Promise<number> {
  const program = command === "node" ? process.execPath : join(BIN, command);
  const child = spawn(program, [...args], {
    cwd: ROOT,
    stdio: "inherit",
    ...(minutesMax !== undefined && { timeout: minutesMax * 60_000, killSignal: "SIGINT" as const }),
    env: { ...process.env, ...environment, PATH: `${BIN}${delimiter}${process.env["PATH"] ?? ""}` },
  });
  const ended = Promise.withResolvers<number>();
  child.once("error", ended.reject);
  child.once("exit", (status) => ended.resolve(status ?? 1));
  return ended.promise;
}

/** Runs the steps in order until one fails; its exit code, or 0. */
export async function runAll(steps: readonly (readonly [command: string, ...args: string[]])[]): Promise<number> {
  for (const [command, ...args] of steps) {
    const status = await run(command, args);
    if (status !== 0) {
      process.stderr.write(`\nfailed: ${command} ${args.join(" ")}\n`);
      return status;
    }
  }
  return 0;
}
