// Several edge workers on the same ports: how viewers are shared out, what the death of one costs, and what all of them agree on.

import {
  CreateDistributionCommand,
  GetDistributionCommand,
  waitUntilDistributionDeployed,
} from "@aws-sdk/client-cloudfront";
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync } from "node:fs";
import test from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { connect } from "node:tls";
import { openCountingViewers } from "../support/counting-viewers.ts";
import { askStatus } from "../../src/service/service-status.ts";
import { cloudFrontClient, openSite, smallConfig } from "../support/distribution.ts";
import { farPortsOf } from "../support/process-connections.ts";
import { processesOf, startService, type RunningService } from "../support/running-service.ts";
import { suspend } from "../support/suspended.ts";
import { view } from "../support/test-origin.ts";
import { until, untilAnswered, untilSaid } from "../support/until.ts";
import { warmfront } from "../support/warmfront-command.ts";

const canSeeConnections = existsSync("/proc/net/tcp");
const WORKERS = ["--workers", "2", "--log-level", "debug"];

test("connections are shared out among the workers", { skip: !canSeeConnections && "no /proc" }, async () => {
  await using service = await startService(WORKERS);
  await using site = await openSite(service);
  await using viewers = openCountingViewers({ port: service.edgePort, host: site.domain, path: "/a", viewers: 40 });
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
    await using kept = openCountingViewers({ port: service.edgePort, host: site.domain, path: "/a", viewers: 30 });
    await using fresh = openCountingViewers({
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

test("a worker that hangs is killed and replaced", async () => {
  await using service = await startService([...WORKERS, "--worker-silent-seconds", "2"]);
  await using site = await openSite(service);
  const [first = 0] = processesOf(service, "edge");
  using _stopped = suspend(first);
  await untilSaid(service, `process ${first} does not answer any more`);
  await untilWorkers(service, 3);
  assert.equal((await view(service.edgePort, site.domain, "/a")).status, 200);
});

test("a worker that stands still is told by status and doctor, which say each address once", async () => {
  await using service = await startService(WORKERS);
  const here = ["--data-dir", service.dataDirectory];
  const silent = async (): Promise<readonly number[]> => {
    const told = await askStatus(service.dataDirectory);
    assert(told.kind === "running", JSON.stringify(told));
    return told.status.workers.silent.map(({ slot }) => slot);
  };
  assert.deepEqual(await silent(), []);
  {
    const [, second = 0] = processesOf(service, "edge");
    using _stopped = suspend(second);
    while ((await silent()).length === 0) await wait(50);
    const status = await warmfront("status", ...here);
    assert.match(status.out, /^Workers +2 of 2, edge 2 has said nothing for \d+ s: changes wait for it/m);
    const doctor = await warmfront("doctor", ...here);
    assert.match(doctor.out, /^warning +server +edge 2 has said nothing for \d+ s/m);
    const ports = [...doctor.out.matchAll(/^\S+ +ports +(.*)$/gm)].map(([, says]) => says);
    assert.equal(new Set(ports).size, ports.length, doctor.out);
  }
  while ((await silent()).length > 0) await wait(50);
});

test("a worker that dies at every start is given up for longer and longer, and holds no viewer of the others", async () => {
  await using service = await startService(WORKERS);
  await using site = await openSite(service);
  const over = new AbortController();
  const doom = async (): Promise<void> => {
    for (const killed = new Set<number>(); !over.signal.aborted; await wait(5)) {
      for (const id of processesOf(service, "edge 1")) {
        if (!killed.has(id)) process.kill(id, "SIGKILL");
        killed.add(id);
      }
    }
  };
  const dooming = doom();
  await untilSaid(service, "starting another in 400 ms");
  // Its sockets are closed by now: everybody comes to the other worker.
  await using fresh = openCountingViewers({
    port: service.edgePort,
    host: site.domain,
    path: "/a",
    viewers: 8,
    isNewEachTime: true,
  });
  await untilAnswered(fresh.counts, 100);
  over.abort();
  await dooming;
  const { refused, unanswered, cut } = await fresh.stop();
  assert.deepEqual({ refused, unanswered, cut }, { refused: 0, unanswered: 0, cut: 0 });
  assert.deepEqual(
    [...service.errors().matchAll(/starting another in (\d+) ms/g)].slice(0, 3).map(([, ms]) => Number(ms)),
    [100, 200, 400],
  );
});

test("a change is deployed when every live worker has it, and a dead one is not waited for", async () => {
  await using service = await startService(WORKERS);
  const client = cloudFrontClient(service);
  const [, second = 0] = processesOf(service, "edge");
  using _stopped = suspend(second);
  const made = await client.send(new CreateDistributionCommand({ DistributionConfig: smallConfig(80) }));
  const Id = made.Distribution?.Id ?? "";
  const domain = made.Distribution?.DomainName ?? "";
  // The first worker has it soon; who reaches the other one waits.
  const asked: Promise<unknown>[] = [];
  const seen = new Set<number>();
  await until(() => {
    asked.push(view(service.edgePort, domain, "/a").then(({ status: answered }) => seen.add(answered), String));
    return [...seen].some((answered) => answered !== 403);
  });
  const status = async (): Promise<string | undefined> =>
    (await client.send(new GetDistributionCommand({ Id }))).Distribution?.Status;
  assert.equal(await status(), "InProgress");
  process.kill(second, "SIGKILL");
  await waitUntilDistributionDeployed({ client, maxWaitTime: 20, minDelay: 1, maxDelay: 1 }, { Id });
  await Promise.all(asked);
});

test("a port that another server shares out among its workers is in use", async () => {
  await using service = await startService(WORKERS);
  await using other = await startService(); // for a data directory that is removed
  const ports = ["--api-port", "0", "--edge-https-port", "0", "--edge-http-port", String(service.edgePort)];
  const own = ["--data-dir", `${other.dataDirectory}/second`];
  const { status, err } = await warmfront("start", "--workers", "2", ...own, ...ports);
  assert.equal(status, 1);
  assert.match(err, /^warmfront: port \d+ on 127\.0\.0\.1 is in use by another program: .*--edge-http-port\n$/);
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

async function untilWorkers(service: RunningService, count: number): Promise<void> {
  await until(() => processesOf(service, "edge").length >= count);
}
