// The claims of all scenarios, without playing any: reads the pages in a process of its own, where no test's name
// matches, and hands what they said to the process that asked.

import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { globSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { CLAIMS } from "../scenarios/harness.ts";

export interface Claim {
  readonly claim: string;
  readonly source: string;
}

const OWN_FILE = fileURLToPath(import.meta.url);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export async function readAllClaims(): Promise<readonly Claim[]> {
  const env: NodeJS.ProcessEnv = { ...process.env, WARMFRONT_CLAIMS: "1" };
  delete env["NODE_TEST_CONTEXT"];
  delete env["WARMFRONT_BEHAVIOR"];
  const child = fork(OWN_FILE, [], {
    env,
    cwd: ROOT,
    execArgv: ["--test-name-pattern=^no test is called so$"],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const claims = once(child, "message") as Promise<[readonly Claim[]]>;
  const ended = once(child, "exit").then(() => assert.fail("the pages could not be read"));
  const [said] = await Promise.race([claims, ended]);
  await Promise.allSettled([ended]);
  return said;
}

if (process.env["WARMFRONT_CLAIMS"] !== undefined && process.argv[1] === OWN_FILE) {
  const pages = globSync("test/scenarios/*.test.ts").toSorted();
  for (const page of pages) await import(new URL(page, new URL("../../", import.meta.url)).href);
  process.send?.(CLAIMS);
}
