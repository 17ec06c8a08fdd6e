// The service as processes: how it starts, refuses to start, stops, and survives the death of its parts.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { openSite } from "../support/distribution.ts";
import { FREE_PORTS, processesOf, startService, TEST_WORKERS } from "../support/running-service.ts";
import { get, shakeHands } from "../support/tls-world.ts";
import { view } from "../support/test-origin.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/** Runs a command line to its end. */
function warmfront(...words: string[]): { status: number | null; out: string; err: string } {
  const done = spawnSync(process.execPath, [MAIN, ...words], { encoding: "utf8", timeout: 30_000 });
  return { status: done.status, out: done.stdout, err: done.stderr };
}

test("a start tells where everything listens and what to export, and a signal ends it with 0", async () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    await using service = await startService();
    assert.match(service.output(), /Management API {3}http:\/\/127\.0\.0\.1:\d+/);
    assert.match(service.output(), new RegExp(`export AWS_ENDPOINT_URL=${service.apiUrl} .*AWS_ACCESS_KEY_ID=test`));
    assert.equal((await fetch(`${service.apiUrl}/_warmfront/health`)).status, 200);
    assert.equal(await service.end(signal), 0);
    assert.equal(service.errors(), "");
  }
});

test("npm start ends with 0 by Ctrl-C in its terminal, and by a signal to npm alone", async (t) => {
  await using other = await startService(); // for a data directory that is removed
  const flags = [...FREE_PORTS, "--data-dir", join(other.dataDirectory, "npm")];
  for (const isTerminal of [true, false]) {
    const npm = spawn("npm", ["start", "--", ...flags], { detached: true, stdio: ["ignore", "pipe", "pipe"] });
    const pid = npm.pid ?? 0;
    t.after(() => npm.exitCode === null && process.kill(-pid, "SIGKILL"));
    const exited = once(npm, "exit");
    await new Promise<void>((resolve) => {
      npm.stdout.on("data", (text: Buffer) => text.includes("npm run example") && resolve());
    });
    process.kill(isTerminal ? -pid : pid, isTerminal ? "SIGINT" : "SIGTERM");
    assert.deepEqual(await exited, [0, null]);
  }
});

test("a signal in the middle of a start ends it with 0, and does not wait for the start", async (t) => {
  const dataDirectory = mkdtempSync(join(tmpdir(), "warmfront-"));
  t.after(() => rmSync(dataDirectory, { recursive: true, force: true }));
  const words = ["start", ...FREE_PORTS, "--data-dir", dataDirectory];
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const child = spawn(process.execPath, [MAIN, ...words, "--log-level", "debug"], {
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    child.stdout.on("data", (text) => (said += String(text)));
    const exited = once(child, "exit");
    await once(child.stderr, "data"); // its parts are being started
    // A terminal's Ctrl-C reaches the parts, too.
    process.kill(signal === "SIGINT" ? -(child.pid ?? 0) : (child.pid ?? 0), signal);
    assert.deepEqual(await exited, [0, null]);
    assert.equal(said, "");
  }
});

test("both loopback addresses are listened at, API and edge", async () => {
  await using service = await startService();
  assert.equal((await fetch(`http://[::1]:${service.apiPort}/_warmfront/health`)).status, 200);
  assert.equal((await fetch(`http://[::1]:${service.edgePort}/`)).status, 403);
});

test("what keeps it from starting is told in one line, with exit code 1", async (t) => {
  const taken = createServer();
  taken.listen(0, "127.0.0.1");
  await once(taken, "listening");
  t.after(() => taken.close());
  const port = String((taken.address() as AddressInfo).port);
  await using running = await startService();
  const file = join(running.dataDirectory, "a-file");
  writeFileSync(file, "");
  const rows: [string[], RegExp][] = [
    [
      ["--api-port", port, "--edge-http-port", "0", "--edge-https-port", "0"],
      new RegExp(`port ${port} on 127\\.0\\.0\\.1 is in use by another program: .*--api-port`),
    ],
    [
      ["--edge-http-port", port, "--api-port", "0", "--edge-https-port", "0"],
      new RegExp(`port ${port} on 127\\.0\\.0\\.1 is in use by another program: .*--edge-http-port`),
    ],
    [
      ["--edge-https-port", port, "--api-port", "0", "--edge-http-port", "0"],
      new RegExp(`port ${port} on 127\\.0\\.0\\.1 is in use by another program: .*--edge-https-port`),
    ],
    [["--certificates-dir", join(file, "none")], /certificates: .*a-file\/none cannot be read: .*--certificates-dir/],
    [["--data-dir", join(file, "below")], /the data directory .*a-file\/below cannot be written: .*--data-dir/],
    // A folder that is there and says that it is not, to whoever wants to make one in it.
    [["--data-dir", "/proc/below"], /the data directory \/proc\/below cannot be written: .*--data-dir/],
    [["--data-dir", running.dataDirectory, ...FREE_PORTS], /another server is running on the data directory/],
    [["--api-host", "0.0.0.0", ...FREE_PORTS], /there are no access keys: create one first with: .*access-keys create/],
  ];
  for (const [words, said] of rows) {
    const own = words.includes("--data-dir") ? [] : ["--data-dir", join(running.dataDirectory, "other")];
    const { status, err } = warmfront("start", ...own, ...words);
    assert.equal(status, 1, err);
    assert.match(err, said);
    assert.equal(err.trimEnd().split("\n").length, 1, err);
  }
});

test("a store that is damaged in its middle is told in one line, with exit code 1", async () => {
  await using service = await startService();
  await using site = await openSite(service);
  assert.notEqual(site.id, "");
  assert.equal(await service.end(), 0);
  const file = join(service.dataDirectory, "store.sqlite");
  writeFileSync(file, readFileSync(file).fill(0xff, 4096 * 3));
  const flags = [...FREE_PORTS, "--data-dir", service.dataDirectory];
  const { status, err } = warmfront("start", ...flags);
  assert.equal(status, 1, err);
  assert.match(err, /store\.sqlite/);
  assert.equal(err.trimEnd().split("\n").length, 1, err);
});

test("what is not understood is told in a line, with the usage where a command is known, and with exit code 2", () => {
  const usage = "Usage: warmfront start   (warmfront help start tells more)\n";
  const rows: [string[], string][] = [
    [["start", "now"], `warmfront: start takes flags only, found "now"\n${usage}`],
    [
      ["serve", "now"],
      'warmfront: start takes flags only, found "now"\nUsage: warmfront serve   (warmfront help serve tells more)\n',
    ],
    [["start", "--api-prot", "1"], `warmfront: unknown flag --api-prot; did you mean --api-port?\n${usage}`],
    [["start", "--api-port", "x"], 'warmfront: --api-port must be 0 to 65535, found "x"\n'],
    [["strat"], 'warmfront: there is no command "strat"; did you mean start? (warmfront help lists all)\n'],
  ];
  for (const [words, said] of rows) {
    const { status, err } = warmfront(...words);
    assert.deepEqual([status, err], [2, said]);
  }
});

test("help lists every command and setting, and ends with 0", () => {
  const { status, out } = warmfront("help");
  assert.equal(status, 0);
  for (const word of ["access-keys", "explain", "--api-port", "--cache-capacity-bytes"])
    assert(out.includes(word), word);
});

test("an edge that is killed is replaced at the same port, and goes on with the configuration", async () => {
  await using service = await startService(["--log-level", "debug"]);
  await using site = await openSite(service);
  assert.equal((await view(service.edgePort, site.domain, "/a")).status, 200);
  const [edge = 0] = processesOf(service, "edge");
  const replaced = new Promise<void>((resolve) => {
    service.process.stderr?.on("data", () => {
      if (service.errors().includes("starting another")) resolve();
    });
  });
  process.kill(edge, "SIGKILL");
  await replaced;
  const answered = await untilAnswered(() => view(service.edgePort, site.domain, "/a"));
  assert.equal(answered.status, 200);
  assert.equal(answered.body, "page /a");
  // Over HTTPS too, with the certificate that was there before.
  const trusting = { servername: site.domain, ca: readFileSync(service.rootFile), rejectUnauthorized: true };
  const secure = await shakeHands(service.edgeHttpsPort, trusting);
  assert(secure.kind === "secure", JSON.stringify(secure));
  assert.match(await get(secure.socket, site.domain, "/a"), /page \/a/);
});

test("a control process that is killed is replaced, and the edge serves on meanwhile", async () => {
  await using service = await startService(["--log-level", "debug"]);
  await using site = await openSite(service);
  assert.equal((await view(service.edgePort, site.domain, "/a")).headers["x-cache"], "Miss from cloudfront");
  process.kill(processesOf(service, "api")[0] ?? 0, "SIGKILL");
  assert.equal((await view(service.edgePort, site.domain, "/a")).headers["x-cache"], "Hit from cloudfront");
  await untilAnswered(() => view(service.apiPort, "127.0.0.1", "/_warmfront/health"));
  // What comes next reaches the same edge.
  await using next = await openSite(service);
  assert.equal((await view(service.edgePort, next.domain, "/b")).body, "page /b");
  assert.equal((await view(service.edgePort, site.domain, "/a")).headers["x-cache"], "Hit from cloudfront");
});

test("a stop lets an answer that is under way reach its viewer whole", async () => {
  await using service = await startService();
  await using site = await openSite(service, { isHeld: true });
  const viewed = view(service.edgePort, site.domain, "/slow");
  await site.nextAsked();
  const ended = service.end("SIGTERM");
  site.release();
  assert.equal((await viewed).body, "page /slow");
  assert.equal(await ended, 0);
});

test("nothing outlives a supervisor that is killed", async () => {
  const service = await startService(["--log-level", "debug"]);
  try {
    const children = (["api", "edge"] as const).flatMap((name) => processesOf(service, name));
    assert.equal(await service.end("SIGKILL"), "SIGKILL");
    assert.equal(children.length, 1 + TEST_WORKERS);
    await Promise.all(children.map(untilGone));
  } finally {
    await service[Symbol.asyncDispose]();
  }
});

test("the sockets that a killed supervisor leaves are removed by the next start, whatever its data directory", async (t) => {
  const home = mkdtempSync(join(tmpdir(), "w-"));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const environment = { TMPDIR: home, XDG_RUNTIME_DIR: home };
  const folders = (): string[] => readdirSync(home).filter((name) => name.startsWith("warmfront-"));
  const killed = await startService(["--log-level", "debug"], { environment });
  const children = (["api", "edge"] as const).flatMap((name) => processesOf(killed, name));
  const [left = ""] = folders();
  await killed.end("SIGKILL");
  await Promise.all(children.map(untilGone));
  await killed[Symbol.asyncDispose]();
  assert.deepEqual(folders(), [left]);
  await using next = await startService([], { environment });
  while (folders().includes(left)) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(folders().length, 1, `the folder of ${next.apiUrl}`);
});

/** Asks again while nobody listens: a process needs its time to start. Bounded by the test's own time-out. */
async function untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!["ECONNREFUSED", "ECONNRESET"].includes(String((error as NodeJS.ErrnoException).code))) throw error;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

async function untilGone(processId: number): Promise<void> {
  for (;;) {
    try {
      process.kill(processId, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}
