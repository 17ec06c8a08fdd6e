// What needs no server and takes no time: format, lint with types and layers, types, and the generated tables.

import { runAll } from "./run.ts";

export const CHECKS = [
  ["oxfmt", "--check", "."],
  ["oxlint", "--deny-warnings"],
  ["tsc", "--noEmit", "-p", "."],
  ["tsc", "--noEmit", "-p", "console"],
  ["node", "tools/generate-api-tables.ts", "--check"],
] as const;

if (import.meta.main) process.exitCode = await runAll(CHECKS);
