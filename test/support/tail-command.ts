// `warmfront tail` as it is typed, while it runs: watching when it resolves.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { RunningService } from "./running-service.ts";
import { until } from "./until.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

export interface TailCommand extends AsyncDisposable {
  /** Whole lines of its standard output so far. */
  lines(): readonly string[];
  output(): string;
  errors(): string;
  readonly ended: Promise<number | null>;
}

export async function openTailCommand(
  { apiPort }: Pick<RunningService, "apiPort">,
  flags: readonly string[],
): Promise<TailCommand> {
  const child = spawn(process.execPath, [MAIN, "tail", "--api-port", String(apiPort), ...flags], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let err = "";
  child.stdout.on("data", (text) => (out += String(text)));
  child.stderr.on("data", (text) => (err += String(text)));
  const ended = once(child, "close").then(([status]) => status as number | null);
  await until(() => err.includes("watching ") || child.exitCode !== null);
  return {
    lines: () => out.split("\n").slice(0, -1),
    output: () => out,
    errors: () => err,
    ended,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
