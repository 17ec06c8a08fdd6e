// An access key of an account, made by the command line as an operator does, beside the service that runs.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { RunningService } from "./running-service.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

export function newAccessKey(
  { dataDirectory }: Pick<RunningService, "dataDirectory">,
  account: string,
): { readonly accessKeyId: string; readonly secret: string } {
  const args = [MAIN, "access-keys", "create", "--account", account, "--data-dir", dataDirectory];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 30_000 });
  const [, accessKeyId, secret] = /ID=(\S+) \S+=(\S+)/.exec(stdout) ?? [];
  assert(accessKeyId !== undefined && secret !== undefined, stderr);
  return { accessKeyId, secret };
}
