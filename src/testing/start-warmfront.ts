// The test kit: a server in processes of its own, because a server is several processes anyway, runs on the Node.js that the project pins
// and not on the tests' (20 or newer, whatever a test runner does to its modules), and must not share their event loop. It ends with the
// test's process, also when that is killed (kit-server.ts), and does not keep it alive. [D-0034]

import { fork } from "node:child_process";
import { createInterface } from "node:readline";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findNode } from "../../bin/pinned-node.js";
import type { Clock, DistributionName, StartOptions, Warmfront } from "../../bin/testing.d.ts";
import { DEFAULT_KEY } from "../callers/default-key.ts";
import { systemClock } from "../vocabulary/time.ts";
import { signRequest } from "../wire/sigv4-sign.ts";
import { fetchFromEdge } from "./fetch-from-edge.ts";
import type { FromKitServer, StartKit } from "./kit-messages.ts";

const OWN = import.meta.url;
/** The same folder and ending as this file's. */
const SERVER = join(dirname(fileURLToPath(OWN)), `kit-server${OWN.endsWith(".ts") ? ".ts" : ".js"}`);
const REGION = "us-east-1";
/** Lines of the log that the message of a failed start has. */
const LINES_TOLD = 20;

/** [docs/testing.md] */
export async function startWarmfront({ settings = {}, log }: StartOptions = {}): Promise<Warmfront> {
  // No flags of this process: what a test runner loads into its own is not for the server.
  const child = fork(SERVER, [], {
    execPath: findNode(),
    execArgv: ["--no-warnings"],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    env: serverEnvironment(),
  });
  const lines: string[] = [];
  const errors = child.stderr;
  if (errors === null) throw new Error("the server has no log");
  createInterface({ input: errors }).on("line", (line) => {
    if (lines.push(line) > LINES_TOLD) lines.shift();
    log?.(line);
  });
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(`cannot run ${child.spawnfile}: ${error.message}`));
    child.once("exit", (status, signal) => resolve(`the server ended with ${signal ?? status}`));
  });
  const start: StartKit = { kind: "start", settings };
  child.send(start, () => undefined);
  const said = new Promise<FromKitServer>((resolve) =>
    child.once("message", (message) => resolve(message as FromKitServer)),
  );
  const first = await Promise.race([said, ended]);
  if (typeof first === "string" || first.kind === "failed") {
    if (child.connected) child.disconnect();
    const why = typeof first === "string" ? [first, ...lines].join("\n") : first.message;
    throw new Error(`Warmfront could not be started: ${why}`);
  }
  // A test that forgets to stop it ends all the same, and it with that.
  child.unref();
  child.channel?.unref();
  (errors as { unref?: () => void }).unref?.();

  const { apiPort, edgeHttpPort, edgeHttpsPort, certificateAuthority } = first;
  const endpoint = `http://127.0.0.1:${apiPort}`;
  const credentials = { accessKeyId: DEFAULT_KEY.accessKeyId, secretAccessKey: DEFAULT_KEY.secret };
  const ask = (method: "GET" | "POST", path: string, sent?: object): Promise<Told> =>
    askOwnPath({ endpoint, method, path, sent });
  let stopping: Promise<void> | undefined;

  async function stopNow(): Promise<void> {
    child.ref();
    if (child.connected) child.disconnect();
    await ended;
  }

  const kit: Warmfront = {
    endpoint,
    region: REGION,
    credentials,
    environment: {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: REGION,
      AWS_DEFAULT_REGION: REGION,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: "true",
    },
    ports: { api: apiPort, http: edgeHttpPort, https: edgeHttpsPort },
    certificateAuthority,
    edgeUrl: (distribution, path = "/") => `http://${domainOf(distribution)}:${edgeHttpPort}${pathOf(path)}`,
    fetch: async (distribution, path = "/", init = {}) =>
      fetchFromEdge({ port: edgeHttpPort, host: domainOf(distribution), path: pathOf(path) }, init),
    clock: openClock(ask),
    async reset() {
      await ask("POST", "reset");
    },
    stop: () => (stopping ??= stopNow()),
    [Symbol.asyncDispose]: () => kit.stop(),
  };
  return kit;
}

/** Of this process, without what is meant for other servers or for its own Node.js. */
function serverEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(?:WARMFRONT_|NODE_OPTIONS$|VITEST)/.test(name));
  // The same folders as of bin: a second start does not compile all anew.
  const root = join(dirname(fileURLToPath(OWN)), "..", "..");
  const compiled = OWN.endsWith(".ts") ? join(root, "node_modules", ".cache", "compiled") : join(root, ".compiled");
  return { NODE_COMPILE_CACHE: compiled, ...Object.fromEntries(kept) };
}

function domainOf(distribution: DistributionName): string {
  const name = typeof distribution === "string" ? distribution : (distribution.DomainName ?? "");
  if (/^[\w*-]+(?:\.[\w-]+)+(?::\d+)?$/.test(name)) return name;
  const found = JSON.stringify(typeof distribution === "string" ? distribution : distribution.DomainName);
  throw new TypeError(
    `a distribution is told by its domain name or an alias, or by an object with its DomainName, found ${found}`,
  );
}

function pathOf(path: string): string {
  if (!path.startsWith("/")) throw new TypeError(`a path begins with /, found ${JSON.stringify(path)}`);
  return path;
}

type Told = Readonly<Record<string, unknown>>;

function openClock(ask: (method: "GET" | "POST", path: string, sent?: object) => Promise<Told>): Clock {
  const timeOf = async (told: Promise<Told>): Promise<Date> => new Date(String((await told)["now"]));
  return {
    now: () => timeOf(ask("GET", "clock")),
    advance: (by) => timeOf(ask("POST", "clock/advance", { by })),
    freeze: () => timeOf(ask("POST", "clock/freeze")),
    reset: () => timeOf(ask("POST", "clock/reset")),
  };
}

/** Signed by the machine's time, as the server checks it. Rejects with what the server says. */
async function askOwnPath(asked: {
  readonly endpoint: string;
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly sent?: object | undefined;
}): Promise<Told> {
  const { endpoint, method, path, sent } = asked;
  const rawPath = `/_warmfront/${path}`;
  const body = new TextEncoder().encode(sent === undefined ? "" : JSON.stringify(sent));
  const { accessKeyId, secret } = DEFAULT_KEY;
  const fields = signRequest(
    { method, rawPath, rawQuery: "", fields: [["Host", new URL(endpoint).host]], body },
    { accessKeyId, secret, region: REGION, service: "cloudfront" },
    { at: systemClock.now() },
  );
  const headers = fields.filter(([name]) => name !== "Host").map(([name, value]): [string, string] => [name, value]);
  const response = await fetch(`${endpoint}${rawPath}`, { method, headers, ...(body.length > 0 && { body }) });
  const told = (await response.json()) as Told;
  if (!response.ok) throw new Error(String(told["error"]));
  return told;
}
