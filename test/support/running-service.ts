// The whole service as its users have it: processes of its own, a data directory of its own, free ports. Ended with the
// test, also when that fails.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/** As many edge workers as a run of the tests asks for, where a test does not say how many itself. */
export const TEST_WORKERS = Number(process.env["WARMFRONT_TEST_WORKERS"] ?? "1");

/** A machine that runs many tests at once is late enough to be refused things, which would be nobody's claim. */
const NEVER_OVERLOADED = {
  WARMFRONT_OVERLOAD_TURN_MILLISECONDS_MAX: "60000",
  WARMFRONT_ORIGIN_WAIT_MILLISECONDS_MAX: "0",
};

export interface RunningService extends AsyncDisposable {
  readonly apiUrl: string;
  readonly apiPort: number;
  readonly edgePort: number;
  readonly edgeHttpsPort: number;
  /** The root that signs for the edge's own names, in PEM. */
  readonly rootFile: string;
  readonly dataDirectory: string;
  readonly process: ChildProcess;
  /** What it printed so far, by stream. */
  readonly output: () => string;
  readonly errors: () => string;
  /** Sends the signal and waits for the end: exit code, or the signal's name. */
  end(signal?: NodeJS.Signals): Promise<number | string>;
}

/** Environment in which an AWS client of any language finds the service. */
export function clientEnvironment(service: Pick<RunningService, "apiUrl">): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: service.apiUrl,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_REGION: "us-east-1",
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_PAGER: "",
  };
}

/** Flags with which a service takes whatever ports are free. */
export const FREE_PORTS = ["--api-port", "0", "--edge-http-port", "0", "--edge-https-port", "0"] as const;

/** Starts the service with these flags beside its own, and waits until it says that it is ready. Rejects with what it said if it ends. */
export async function startService(
  flags: readonly string[] = [],
  given: { readonly dataDirectory?: string; readonly environment?: Readonly<Record<string, string>> } = {},
): Promise<RunningService> {
  const isOwnDirectory = given.dataDirectory === undefined;
  const dataDirectory = given.dataDirectory ?? mkdtempSync(join(tmpdir(), "warmfront-"));
  const own = [...FREE_PORTS, "--workers", String(TEST_WORKERS), "--data-dir", dataDirectory];
  const child = spawn(process.execPath, [MAIN, "start", ...own, ...flags], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...NEVER_OVERLOADED, ...process.env, ...given.environment },
  });
  let output = "";
  let errors = "";
  child.stdout.setEncoding("utf8");
  child.stderr.setEncoding("utf8");
  child.stderr.on("data", (text: string) => (errors += text));
  const exited = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  // Its processes have its streams too: they are closed when all of them have ended.
  const closed = once(child, "close");
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout.on("data", (text: string) => {
      output += text;
      if (/^ {2}.*npm run example$/m.test(output)) resolve();
    });
    void exited.then(([status]) => reject(new Error(`the service ended with ${status}: ${errors}${output}`)));
  });
  try {
    await ready;
  } catch (error) {
    if (isOwnDirectory) rmSync(dataDirectory, { recursive: true, force: true });
    throw error;
  }
  const portAfter = (label: string): number => Number(new RegExp(`${label} +http://\\S+?:(\\d+)`).exec(output)?.[1]);
  const apiPort = portAfter("Management API");
  const end = async (signal: NodeJS.Signals = "SIGTERM"): Promise<number | string> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    const [status, by] = await exited;
    return status ?? by ?? "unknown";
  };
  return {
    apiUrl: `http://127.0.0.1:${apiPort}`,
    apiPort,
    edgePort: portAfter("Viewers"),
    edgeHttpsPort: Number(/^ +https:\/\/\S+?:(\d+)/m.exec(output)?.[1]),
    rootFile: /^ {2}Trust for HTTPS +(\S+)/m.exec(output)?.[1] ?? "",
    dataDirectory,
    process: child,
    output: () => output,
    errors: () => errors,
    end,
    async [Symbol.asyncDispose]() {
      await end("SIGKILL");
      await closed;
      if (isOwnDirectory) rmSync(dataDirectory, { recursive: true, force: true });
    },
  };
}

/** The processes that a service which logs at level debug has started, in order. Of several workers `edge` is all, `edge 1` those of the first slot. */
export function processesOf(
  service: Pick<RunningService, "errors">,
  name: "api" | "edge" | "edge 1",
): readonly number[] {
  const pattern = new RegExp(`${name}(?: \\d+)?: runs as process (\\d+)`, "g");
  return [...service.errors().matchAll(pattern)].map(([, id]) => Number(id));
}
