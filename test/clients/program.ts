// Programs that are clients of the service: where to find one, and how to run it to its end without it seeing anything
// of the machine's own settings, accounts and proxies.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

export interface Ended {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** A client's own settings must not leak into a test, nor its requests to a proxy. */
export function clearedEnvironment(home: string): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !/^(?:AWS_|TF_|WARMFRONT_|\w+_proxy$)/i.test(entry[0]),
  );
  return {
    ...Object.fromEntries(kept),
    HOME: home,
    AWS_CONFIG_FILE: join(home, "no-config"),
    AWS_SHARED_CREDENTIALS_FILE: join(home, "no-credentials"),
  };
}

/** The first executable file of that name: among these folders, then those of the PATH. */
export function* findPrograms(name: string, ...folders: readonly string[]): Generator<string> {
  for (const folder of [...folders, ...(process.env["PATH"] ?? "").split(delimiter)]) {
    if (folder !== "" && isExecutable(join(folder, name))) yield join(folder, name);
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Runs a program to its end; one that is not done in time is killed, which rejects. */
export async function runProgram(
  program: string,
  words: readonly string[],
  given: { readonly environment: Record<string, string>; readonly folder: string; readonly timeoutSeconds: number },
): Promise<Ended> {
  const child = spawn(program, words, {
    cwd: given.folder,
    env: given.environment,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: given.timeoutSeconds * 1000,
    killSignal: "SIGKILL",
  });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  const [status, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  if (status === null) {
    throw new Error(
      `${program} ${words.join(" ")} was ended by ${signal} within ${given.timeoutSeconds} s: ${err}${out}`,
    );
  }
  return { status, out, err };
}

/** The first AWS CLI that runs at all: a shim on the PATH may lead nowhere. */
export async function findAws(): Promise<string | undefined> {
  return (await findEachAws())[0]?.program;
}

/** An AWS CLI of each major version that this machine has, the first on the PATH of each. */
export async function findEachAws(): Promise<readonly { readonly program: string; readonly version: string }[]> {
  const found = new Map<string, { readonly program: string; readonly version: string }>();
  for (const program of findPrograms("aws", "/usr/bin")) {
    const asked = await runProgram(program, ["--version"], {
      environment: clearedEnvironment(tmpdir()),
      folder: tmpdir(),
      timeoutSeconds: 60,
    });
    const [version, major] = /^aws-cli\/(\d+)\.\S+/.exec(asked.status === 0 ? asked.out : "") ?? [];
    if (version !== undefined && major !== undefined && !found.has(major)) found.set(major, { program, version });
  }
  return [...found.values()];
}
