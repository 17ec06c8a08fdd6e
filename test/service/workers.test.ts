// Several edge workers on the same ports: how viewers are shared out, what the death of one costs, and that a reload costs nothing.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { connect } from "node:tls";
import { fileURLToPath } from "node:url";
import { openCountingViewers } from "../support/counting-viewers.ts";
import { openSite } from "../support/distribution.ts";
import { farPortsOf } from "../support/process-connections.ts";
import { processesOf, startService, type RunningService } from "../support/running-service.ts";
import { view } from "../support/test-origin.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const canSeeConnections = existsSync("/proc/net/tcp");
const WORKERS = ["--workers", "2", "--log-level", "debug"];

test("connections are shared out among the workers", { skip: !canSeeConnections && "no /proc" }, async () => {
  await using service = await startService(WORKERS);
  await using site = await openSite(service);
  const viewers = openCountingViewers({ port: service.edgePort, host: site.domain, path: "/a", viewers: 40 });
  await untilAnswered(viewers.counts, 400);
  const held = processesOf(service, "edge").map((id) => farPortsOf(id, service.edgePort).size);
  await viewers.stop();
  assert.equal(held.length, 2);
  assert(
    held.every((count) => count >= 4),
    `of 40 connections the workers have ${held.join(" and ")}`,
  );
});

test(
  "a worker that is killed under load loses its own connections and no other, and is replaced",
  { skip: !canSeeConnections && "no /proc" },
  async () => {
    await using service = await startService(WORKERS);
    await using site = await openSite(service);
    const kept = openCountingViewers({ port: service.edgePort, host: site.domain, path: "/a", viewers: 30 });
    const fresh = openCountingViewers({
      port: service.edgePort,
      host: site.domain,
      path: "/b",
      viewers: 4,
      isNewEachTime: true,
    });
    await untilAnswered(kept.counts, 300);
    const [doomed = 0] = processesOf(service, "edge");
    const own = farPortsOf(doomed, service.edgePort);
    process.kill(doomed, "SIGKILL");
    await untilWorkers(service, 3);
    await untilAnswered(kept.counts, kept.counts.answered + 600);
    await untilAnswered(fresh.counts, fresh.counts.answered + 60);
    const broken = (await kept.stop()).brokenPorts;
    assert(broken.length > 0, "nobody was connected to it");
    assert.deepEqual(
      broken.filter((port) => !own.has(port)),
      [],
    );
    assert.equal(kept.counts.refused, 0);
    // Whoever was with it in that moment, at most; those who come then wait until its successor listens.
    await fresh.stop();
    assert.equal(fresh.counts.refused, 0);
    assert(fresh.counts.unanswered + fresh.counts.cut <= 4, JSON.stringify(fresh.counts));
  },
);

test("a viewer takes up its TLS session with every worker, also with one that has taken another's place [D-0022]", async () => {
  await using service = await startService(WORKERS);
  const session = await shakeHands(service);
  assert(session.bytes !== undefined, "no session was left");
  // That all of them meet the worker that made the session happens once in 4096 runs.
  const isAlwaysResumed = async (): Promise<boolean> => {
    for (let count = 0; count < 12; count++) if (!(await shakeHands(service, session.bytes)).isResumed) return false;
    return true;
  };
  assert.equal(await isAlwaysResumed(), true);
  for (const [index, doomed] of processesOf(service, "edge").entries()) {
    process.kill(doomed, "SIGKILL");
    await untilWorkers(service, 3 + index);
  }
  assert.equal(await isAlwaysResumed(), true);
});

async function shakeHands(
  service: RunningService,
  session?: Buffer,
): Promise<{ readonly isResumed: boolean; readonly bytes: Buffer | undefined }> {
  const socket = connect({
    host: "127.0.0.1",
    port: service.edgeHttpsPort,
    servername: "d0.cloudfront.localhost",
    rejectUnauthorized: false,
    ...(session && { session }),
  });
  let bytes: Buffer | undefined;
  const left = once(socket, "session").then(([made]) => (bytes = made as Buffer));
  await once(socket, "secureConnect");
  if (session === undefined) await left;
  const isResumed = socket.isSessionReused();
  socket.destroy();
  return { isResumed, bytes };
}

test("a reload under load replaces every worker and fails no request", async () => {
  await using service = await startService(WORKERS);
  await using site = await openSite(service);
  const before = processesOf(service, "edge");
  const asked = { port: service.edgePort, host: site.domain, path: "/a" };
  const viewers = [
    openCountingViewers({ ...asked, viewers: 20 }),
    openCountingViewers({ ...asked, viewers: 10, isNewEachTime: true }),
    openCountingViewers({ ...asked, viewers: 10, pauseMs: 100 }),
  ];
  for (const { counts } of viewers) await untilAnswered(counts, 50);
  assert.deepEqual(await warmfront("reload", "--data-dir", service.dataDirectory), {
    status: 0,
    out: "Reloaded: 2 workers.\n",
    err: "",
  });
  for (const { counts } of viewers) await untilAnswered(counts, counts.answered + 50);
  for (const one of viewers) {
    const { answered, ...wrong } = await one.stop();
    assert(answered > 100);
    assert.deepEqual(wrong, { refused: 0, unanswered: 0, cut: 0, closedIdle: 0, otherStatus: 0, brokenPorts: [] });
  }
  const after = processesOf(service, "edge").slice(2);
  assert.equal(after.length, 2);
  for (const id of before) assert(!isAlive(id), `process ${id} is still there`);
  for (const id of after) assert(isAlive(id));
  assert.equal((await view(service.edgePort, site.domain, "/a")).status, 200);
});

test("a hang-up reloads a server that has no terminal", async () => {
  await using service = await startService(WORKERS);
  process.kill(service.process.pid ?? 0, "SIGHUP");
  await untilSaid(service, "reloaded: 2 workers");
  assert.equal(processesOf(service, "edge").length, 4);
  assert.equal(await service.end("SIGTERM"), 0);
});

test("a reload without a server says so", async () => {
  await using service = await startService();
  assert.equal(await service.end(), 0);
  const { status, err } = await warmfront("reload", "--data-dir", service.dataDirectory);
  assert.equal(status, 1);
  assert.match(err, /no server runs on the data directory/);
  assert(!existsSync(join(service.dataDirectory, "server.json")));
});

test("a worker that hangs is killed and replaced", async () => {
  await using service = await startService([...WORKERS, "--worker-silent-seconds", "2"]);
  await using site = await openSite(service);
  const [first = 0] = processesOf(service, "edge");
  process.kill(first, "SIGSTOP");
  await untilSaid(service, `process ${first} does not answer any more`);
  await untilWorkers(service, 3);
  assert.equal((await view(service.edgePort, site.domain, "/a")).status, 200);
});

async function untilWorkers(service: RunningService, count: number): Promise<void> {
  await until(() => processesOf(service, "edge").length >= count);
}

async function untilSaid(service: RunningService, text: string): Promise<void> {
  await until(() => service.errors().includes(text));
}

async function untilAnswered(counts: { readonly answered: number }, count: number): Promise<void> {
  await until(() => counts.answered >= count);
}

/** Bounded by the test's own time-out. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch {
    return false;
  }
}

async function warmfront(...words: string[]): Promise<{ status: unknown; out: string; err: string }> {
  const child = spawn(process.execPath, [MAIN, ...words], { stdio: ["ignore", "pipe", "pipe"] });
  let out = "";
  let err = "";
  child.stdout.on("data", (text) => (out += String(text)));
  child.stderr.on("data", (text) => (err += String(text)));
  const [status] = (await once(child, "exit")) as [number | null];
  return { status, out, err };
}
