// Warmfront as a service for somebody else's tests, as examples/ci starts it: ready before the tests, gone after them, with their exit code.

import assert from "node:assert/strict";
import { cpSync, existsSync, mkdtempDisposableSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { clearedEnvironment, findPrograms, runProgram, type Ended } from "./program.ts";

const EXAMPLE = fileURLToPath(new URL("../../examples/ci", import.meta.url));
const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const WARMFRONT = `${process.execPath} ${MAIN}`;
const [curl] = findPrograms("curl");
const skip = curl === undefined && "curl is not installed";

/** Ports that were free a moment ago. */
async function findPorts(count: number): Promise<readonly number[]> {
  const servers: Server[] = [];
  for (let at = 0; at < count; at++) {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    servers.push(server);
  }
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** A shell in a folder that has the example, with a server's ports in the environment. */
async function shell(
  folder: string,
  script: string,
  program = WARMFRONT,
): Promise<Ended & { readonly apiPort: number; readonly edgePort: number }> {
  const [apiPort = 0, edgePort = 0, httpsPort = 0] = await findPorts(3);
  cpSync(EXAMPLE, folder, { recursive: true });
  const ended = await runProgram("/bin/bash", ["-euc", script.replaceAll(":7400", `:${apiPort}`)], {
    environment: {
      ...clearedEnvironment(folder),
      WARMFRONT: program,
      WARMFRONT_API_PORT: String(apiPort),
      WARMFRONT_EDGE_HTTP_PORT: String(edgePort),
      WARMFRONT_EDGE_HTTPS_PORT: String(httpsPort),
      WARMFRONT_WORKERS: "1",
    },
    folder,
    timeoutSeconds: 50,
  });
  return { ...ended, apiPort, edgePort };
}

async function isListening(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/`).then(
    () => true,
    () => false,
  );
}

test("a command has a server while it runs, its exit code is kept, and nothing is left", { skip }, async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), "warmfront-ci-"));
  writeFileSync(
    join(folder.path, "tests.sh"),
    'echo "at $AWS_ENDPOINT_URL"; $WARMFRONT buckets create of-tests; $WARMFRONT status >/dev/null || exit 8; exit 7\n',
  );
  const { status, out, err, apiPort, edgePort } = await shell(folder.path, "./with-warmfront.sh bash tests.sh");
  assert.equal(status, 7, err);
  assert.equal(out, `at http://127.0.0.1:${apiPort}\nof-tests\n`);
  assert.match(readFileSync(join(folder.path, "warmfront.log"), "utf8"), /is ready[^]*Stopping/);
  assert.deepEqual([await isListening(apiPort), await isListening(edgePort)], [false, false]);
});

test("a server behind a program that hands no signals on, as npx does, is gone, too", { skip }, async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), "warmfront-ci-"));
  writeFileSync(join(folder.path, "npx.sh"), `${WARMFRONT} "$@"\nexit $?\n`);
  const { status, err, apiPort } = await shell(folder.path, "./with-warmfront.sh true", "bash npx.sh");
  assert.equal(status, 0, err);
  assert.equal(await isListening(apiPort), false);
});

test("a server that cannot start ends it at once, and says why", { skip }, async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), "warmfront-ci-"));
  const { status, err } = await shell(folder.path, "WARMFRONT_WORKERS=none ./with-warmfront.sh touch ran");
  assert.equal(status, 1);
  assert.match(err, /warmfront: .*WARMFRONT_WORKERS/);
  assert.equal(existsSync(join(folder.path, "ran")), false);
});

test("the step of the workflow ends when the server is ready", { skip }, async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), "warmfront-ci-"));
  const workflow = readFileSync(join(EXAMPLE, "github-actions.yml"), "utf8");
  const [, block = ""] = /name: Start Warmfront\n +run: \|\n((?: {10}.*\n)+)/.exec(workflow) ?? [];
  const step = block.replaceAll(/^ {10}/gm, "").replace("node warmfront/bin/warmfront.js", "$WARMFRONT");
  const tests = "$WARMFRONT buckets create of-tests\nkill $!\nwait $! || true\n";
  const { status, out, err, apiPort } = await shell(folder.path, `${step}${tests}`);
  assert.equal(status, 0, err);
  assert.equal(out, "of-tests\n");
  assert.equal(await isListening(apiPort), false);
});
