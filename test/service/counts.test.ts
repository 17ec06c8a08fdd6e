// What the edge workers have counted together, while workers are killed and replaced: real processes, with a control that has nothing
// to say to them but that they have caught up.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { REAL_TIME } from "../../src/vocabulary/served-time.ts";
import { readTraffic, totalTraffic } from "../../src/edge/record/traffic.ts";
import { openDataDirectory } from "../../src/service/data-directory.ts";
import { openEdgeWorkers, type EdgeWorkers } from "../../src/service/edge-workers.ts";
import { readSettings } from "../../src/service/settings.ts";
import { openSocketDirectory } from "../../src/service/socket-directory.ts";
import { findViewerAddresses } from "../../src/service/viewer-sockets.ts";
import { openCountingViewers } from "../support/counting-viewers.ts";
import { until } from "../support/until.ts";

interface Running extends AsyncDisposable {
  readonly workers: EdgeWorkers;
  readonly port: number;
  /** The processes that were started so far. */
  readonly processes: readonly number[];
}

async function openTwo(): Promise<Running> {
  const dataDir = mkdtempSync(join(tmpdir(), "warmfront-counts-"));
  openDataDirectory(dataDir);
  const flags = new Map([
    ["dataDir", dataDir],
    ["edgeHttpPort", "0"],
    ["edgeHttpsPort", "0"],
    ["overloadTurnMillisecondsMax", "60000"],
  ] as const);
  const read = readSettings({ flags, environment: {} });
  assert(read.kind === "ok");
  const addresses = await findViewerAddresses(read.settings, true);
  assert(addresses.kind === "found");
  const directory = openSocketDirectory();
  const processes: number[] = [];
  let lives = 0;
  const workers: EdgeWorkers = openEdgeWorkers({
    count: 2,
    settings: () => read.settings,
    time: () => REAL_TIME,
    log(_level, _part, message) {
      const [, id] = /runs as process (\d+)/.exec(message) ?? [];
      if (id !== undefined) processes.push(Number(id));
    },
    nextLife: () => ++lives,
    nodeFlags: ["--expose-gc"],
    socketDirectory: directory.path,
    addresses,
    onMessage: () => undefined,
    onTraffic: () => undefined,
    onUp: (life) => workers.tell(life, { kind: "changes", changes: [], isCaughtUp: true }),
    onDown: () => undefined,
  });
  const started = await workers.started;
  assert(started.kind === "listening");
  return {
    workers,
    port: started.addresses.find(({ setting }) => setting === "edgeHttpPort")?.port ?? 0,
    processes,
    async [Symbol.asyncDispose]() {
      await workers.drain();
      addresses.first.letGo();
      directory.remove();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Eight who ask for what nobody has. */
const openViewers = ({ port }: Running) => openCountingViewers({ port, host: "nobody.test", path: "/", viewers: 8 });
const requests = ({ workers }: Running): number => workers.counts().counters.requests;
const untilCounted = (running: Running, count: number): Promise<void> => until(() => requests(running) === count);

test("a reload loses nothing of what was counted", async () => {
  await using running = await openTwo();
  await using viewers = openViewers(running);
  await until(() => viewers.counts.answered > 200);
  assert.equal(await running.workers.replaceAll(), undefined);
  const { answered, cut, unanswered } = await viewers.stop();
  assert.deepEqual({ cut, unanswered }, { cut: 0, unanswered: 0 });
  await untilCounted(running, answered);
  const { counters, traffic } = running.workers.counts();
  assert.equal(counters.errors, answered);
  assert.equal(readTraffic(traffic.others).statuses["4xx"], answered);
});

test("what workers have counted never falls when they are killed, and what they had told stays", async () => {
  await using running = await openTwo();
  let answered = 0;
  let before = 0;
  for (let round = 0; round < 2; round++) {
    const known = running.processes.length;
    const viewers = openViewers(running);
    await until(() => viewers.counts.answered > 100);
    answered += (await viewers.stop()).answered;
    await untilCounted(running, answered);
    process.kill(running.processes[known - 1] ?? 0, "SIGKILL");
    await until(() => {
      const now = requests(running);
      assert.ok(now >= before, `${before} requests became ${now}`);
      before = now;
      return running.processes.length > known;
    });
    assert.equal(totalTraffic(running.workers.counts().traffic).requests, answered);
  }
});

test("workers that are killed under load cost what they had not told yet, and nothing is counted twice", async () => {
  await using running = await openTwo();
  await using viewers = openViewers(running);
  await until(() => requests(running) > 0);
  const told = requests(running);
  for (const id of running.processes.slice(0, 2)) process.kill(id, "SIGKILL");
  await until(() => running.processes.length === 4);
  await until(() => requests(running) > told);
  const { answered, cut, unanswered } = await viewers.stop();
  const counted = requests(running);
  assert.ok(counted > told && counted <= answered + cut + unanswered, `${counted} of ${answered}`);
});
