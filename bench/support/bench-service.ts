// The service under measurement: its own processes as users have them, alone on a core, with as many distributions in its
// store as a bench asks for.

import { randomBytes, randomUUID } from "node:crypto";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEFAULT_KEY } from "../../src/callers/default-key.ts";
import { openSqliteStore } from "../../src/store/sqlite/open-sqlite-store.ts";
import { NO_CLAIMS } from "../../src/store/store.ts";
import { newDomainLabel, newResourceId, type RandomBytes, type ResourceId } from "../../src/vocabulary/ids.ts";
import { systemClock } from "../../src/vocabulary/time.ts";
import { startService, type RunningService } from "../../test/support/running-service.ts";
import { runLoad } from "./load-generator.ts";
import { findChild, pin } from "./machine.ts";
import { createDistributionBody, formatSignedRequest } from "./signed-requests.ts";

export interface BenchService extends RunningService {
  /** `undefined` where there is no /proc to find them in. */
  readonly supervisorId: number | undefined;
  readonly controlId: number | undefined;
  readonly edgeId: number | undefined;
}

const QUOTA = 1_000_000;
const STORE_FILE = "store.sqlite";

/** Starts a service on the server's core, with an empty store or with a filled one. */
export async function startBenchService(
  given: {
    readonly dataDirectory?: string;
    readonly environment?: Readonly<Record<string, string>>;
    readonly flags?: readonly string[];
  } = {},
): Promise<BenchService> {
  const flags = ["--distributions-per-account-max", String(QUOTA), ...(given.flags ?? [])];
  const service = await startService(flags, given);
  const supervisorId = service.process.pid;
  const controlId = findChild(supervisorId, "control-process");
  const edgeId = findChild(supervisorId, "edge-process");
  for (const processId of [supervisorId, controlId, edgeId]) pin(processId, "server");
  return Object.assign(service, { supervisorId, controlId, edgeId });
}

/** Creates one distribution through the API, in front of an origin on this machine. */
export async function createDistribution(service: RunningService, originPort?: number): Promise<void> {
  const body = createDistributionBody(randomUUID(), originPort);
  const bytes = formatSignedRequest(service.apiPort, "POST", "/2020-05-31/distribution", body);
  await runLoad({
    port: service.apiPort,
    connections: 1,
    request: (index) => (index === 0 ? bytes : undefined),
    seconds: 10,
    expectedStatus: 201,
  });
}

/** Asks the API once and answers with the body. */
export async function ask(service: RunningService, target: string): Promise<Response> {
  const text = formatSignedRequest(service.apiPort, "GET", target).toString("latin1");
  const fields = text
    .split("\r\n")
    .slice(1)
    .filter((line) => line !== "");
  // fetch sets Host and Connection by itself.
  const headers = fields
    .map((line) => line.split(": ", 2) as [string, string])
    .filter(([name]) => name !== "host" && name !== "connection");
  return fetch(`${service.apiUrl}${target}`, { headers });
}

/** Asks the edge once. fetch would set a Host of its own, hence node:http. */
export async function viewOnce(edgePort: number, host: string, path: string): Promise<Response> {
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  const asking = request({ host: "127.0.0.1", port: edgePort, path, headers: { host }, agent: false }, (response) => {
    let body = "";
    response.setEncoding("utf8").on("data", (text: string) => (body += text));
    const headers = Object.entries(response.headers).map(([name, value]): [string, string] => [name, String(value)]);
    response.once("end", () => resolve(new Response(body, { status: response.statusCode ?? 500, headers })));
    response.once("error", reject);
  });
  asking.once("error", reject).end();
  return promise;
}

export interface FilledDirectory extends Disposable {
  readonly path: string;
}

const random: RandomBytes = (count) => randomBytes(count);
/** By number of distributions: what was filled once is copied. */
const templates = new Map<number, string>();

/**
 * A data directory with that many distributions of the default account. The first is made through the API; the others
 * are put into the store directly with the same config, which leaves the same rows.
 */
export async function fillDirectory(distributions: number): Promise<FilledDirectory> {
  let template = templates.get(distributions);
  if (template === undefined) {
    const made = newDirectory();
    process.once("exit", () => rmSync(made, { recursive: true, force: true }));
    await fill(made, distributions);
    templates.set(distributions, (template = made));
  }
  const path = newDirectory();
  cpSync(template, path, { recursive: true });
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

async function fill(path: string, distributions: number): Promise<void> {
  {
    await using service = await startBenchService({ dataDirectory: path });
    await createDistribution(service);
    await service.end();
  }
  await using store = await openSqliteStore({ path: join(path, STORE_FILE) });
  const page = await store.resources.list("distribution", DEFAULT_KEY.account, { after: "", limit: 1 });
  const [first] = page.items;
  if (first === undefined) throw new Error("the store does not have what the API created");
  for (let count = 1; count < distributions; count++) {
    const created = await store.resources.create(
      {
        ...first,
        id: newResourceId(random) as ResourceId,
        handle: newDomainLabel("d", random),
        reference: randomUUID(),
        config: first.config,
        claims: NO_CLAIMS,
        tags: [],
      },
      QUOTA,
      systemClock.now(),
    );
    if (created.kind !== "created") throw new Error(`could not fill the store: ${created.kind}`);
  }
}

function newDirectory(): string {
  return mkdtempSync(join(tmpdir(), "warmfront-bench-"));
}
