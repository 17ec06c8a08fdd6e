// The process of a test kit's server: a supervisor as `warmfront start` runs one, whose life hangs on the channel to the test's process. When
// that is closed, by stop() or because the other end is gone however it went, the server ends and takes its data along.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openService, type Service } from "../service/open-service.ts";
import { readSettings, type Settings } from "../service/settings.ts";
import type { FromKitServer, StartKit } from "./kit-messages.ts";

/** What a test wants unless it says otherwise. Nothing of the environment counts: tests run alike everywhere. */
const DEFAULTS: Readonly<Record<string, string>> = {
  workers: "1",
  logLevel: "warn",
  // Nobody's load but the tests', on a machine that may be late.
  overloadTurnMillisecondsMax: "60000",
  originWaitMillisecondsMax: "0",
  // What is stored is to be gone with the kit; memory is enough for it.
  cacheDiskBytes: "0",
  drainSeconds: "1",
};

const gone = Promise.withResolvers<void>();
process.on("disconnect", () => gone.resolve());
// Ctrl-C reaches every process of a terminal: whoever runs the tests ends them, and this with them.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);

function say(message: FromKitServer): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected && process.send !== undefined) process.send(message, () => resolve());
    else resolve();
  });
}

function gather(given: StartKit["settings"], dataDir: string): Settings | string {
  const own = { apiPort: "0", edgeHttpPort: "0", edgeHttpsPort: "0", dataDir, testControls: "yes" };
  const values = new Map(Object.entries<string | number>({ ...DEFAULTS, ...given, ...own }));
  const read = readSettings({
    flags: new Map(),
    environment: {},
    file: { path: "settings", content: Object.fromEntries(values) },
  });
  return read.kind === "ok" ? read.settings : read.message;
}

async function run({ settings: given }: StartKit): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), "warmfront-kit-"));
  let service: Service | undefined;
  try {
    const settings = gather(given, dataDir);
    if (typeof settings === "string") return await say({ kind: "failed", message: settings });
    const outcome = await openService(settings, {
      write: (line) => void process.stderr.write(line),
      stopAsked: gone.promise,
      readSettings: () => settings,
    });
    if (outcome.kind === "failure") return await say({ kind: "failed", message: outcome.message });
    if (outcome.kind === "stopped") return;
    service = outcome.service;
    const portOf = (url: string): number => Number(new URL(url).port);
    await say({
      kind: "ready",
      apiPort: portOf(service.apiUrl),
      edgeHttpPort: portOf(service.edgeUrl),
      edgeHttpsPort: portOf(service.edgeHttpsUrl),
      certificateAuthority: readFileSync(service.rootFile, "utf8"),
    });
    await gone.promise;
  } finally {
    await service?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

process.once("message", (message: StartKit) => {
  run(message)
    .catch((fault: unknown) => say({ kind: "failed", message: String(fault) }))
    .finally(() => process.exit())
    .catch(() => process.exit(1));
});
