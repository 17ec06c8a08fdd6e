// A mix of requests over several distributions, connections of both versions of HTTP, and workers; afterwards what was delivered is
// recomputed and held against what the viewers counted. Then the same with processes killed in the middle of it.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { bucketClient } from "../support/bucket-client.ts";
import { readLogBucket, spooledRequests, untilDelivered, untilNothingWaits } from "../support/delivered-logs.ts";
import { LOG_BUCKETS, openLoggedSites } from "../support/replay/logged-sites.ts";
import { aroundKills, differences, linesOf, replay } from "../support/replay/replay.ts";
import type { Seen } from "../support/replay/viewing.ts";
import { processesOf, startService, type RunningService } from "../support/running-service.ts";
import { view } from "../support/test-origin.ts";
import { until } from "../support/until.ts";

const isNightly = process.env["WARMFRONT_NIGHTLY"] === "1";
const COUNT = isNightly ? 100_000 : 4000;
const KILL_COUNT = isNightly ? 10_000 : 3000;
/** How often it is looked whether lines have got to the disk. */
const LOOKED_EACH = 50;
const SEED = Number(process.env["WARMFRONT_SEED"] ?? "20261121");
const OFTEN = ["--log-delivery-seconds", "1", "--log-level", "debug"];

test(
  `${COUNT} requests of all kinds are in the files as their viewers saw them (seed ${SEED})`,
  { timeout: 600_000 },
  async () => {
    await using service = await startService(OFTEN);
    await using logged = await openLoggedSites(service);
    const seen = await replay({ logged, at: () => service, seed: SEED, count: COUNT });
    assert.equal(seen.length, COUNT);
    assert.equal(seen.filter(({ ending }) => ending === "lost").length, 0);
    for (const bucket of LOG_BUCKETS) {
      const sites = logged.sites.filter((site) => site.bucket === bucket);
      const ofSites = sites.map((site) => seen.filter(({ asked }) => asked.host === site.domain));
      const files = await untilDelivered(bucketClient(service), bucket, ofSites.flat().length);
      for (const [index, site] of sites.entries()) {
        const found = differences(ofSites[index] ?? [], linesOf(files, site), site);
        assert.deepEqual(found.slice(0, 20), [], `${found.length} differences`);
      }
    }
  },
);

interface KilledReplay {
  readonly seen: readonly Seen[];
  /** Requests whose lines were on the disk just before the kill. */
  readonly kept: ReadonlySet<string>;
}

/** Asks on and on, and kills in the middle of it, once lines are on the disk. */
async function replayAndKill(
  service: RunningService,
  dataDirectory: string,
  logged: Awaited<ReturnType<typeof openLoggedSites>>,
  part: number,
  kill: () => void,
): Promise<KilledReplay> {
  let whole = 0;
  let kept: ReadonlySet<string> | undefined;
  await untilServed(service);
  const seen = await replay({
    logged,
    at: () => service,
    seed: SEED + part,
    count: KILL_COUNT,
    onSeen({ ending }) {
      if (ending !== "whole" || ++whole < KILL_COUNT / 4 || whole % LOOKED_EACH !== 0 || kept !== undefined) return;
      const onDisk = spooledRequests(dataDirectory);
      if (onDisk.size === 0) return;
      kept = onDisk;
      kill();
    },
  });
  assert.ok(kept !== undefined, `no line got to the disk while ${KILL_COUNT} requests were answered`);
  return { seen, kept };
}

async function untilServed({ edgePort }: RunningService): Promise<void> {
  const ask = (): Promise<boolean> =>
    view(edgePort, "health.cloudfront.localhost", "/_warmfront/health").then(
      ({ status }) => status === 200,
      () => false,
    );
  while (!(await ask())) await wait(20);
}

for (const victim of ["a worker", "the whole service"] as const) {
  test(
    `kill -9 of ${victim} in mid-run loses the end of what was asked and nothing else, and brings nothing twice (seed ${SEED})`,
    { timeout: 600_000 },
    async () => {
      const dataDirectory = mkdtempSync(join(tmpdir(), "warmfront-killed-"));
      let service = await startService(OFTEN, { dataDirectory });
      const logged = await openLoggedSites(service);
      try {
        const seen: Seen[] = [];
        const kept = new Set<string>();
        for (let part = 0; part < 3; part++) {
          const edges = processesOf(service, "edge");
          const victims = victim === "a worker" ? edges.slice(-1) : [...edges, ...processesOf(service, "api")];
          const isAll = victim === "the whole service";
          const killed = service;
          const replayed = await replayAndKill(service, dataDirectory, logged, part, () => {
            if (isAll) void killed.end("SIGKILL");
            for (const id of victims) process.kill(id, "SIGKILL");
          });
          seen.push(...replayed.seen);
          for (const id of replayed.kept) kept.add(id);
          if (!isAll) {
            await until(() => processesOf(service, "edge").length > edges.length);
            continue;
          }
          await service[Symbol.asyncDispose]();
          service = await startService(OFTEN, { dataDirectory });
        }
        // An end in peace brings the rest to the disk, and the next start whatever has stayed there to the buckets.
        await service.end();
        await service[Symbol.asyncDispose]();
        service = await startService(OFTEN, { dataDirectory });
        await untilNothingWaits(dataDirectory);
        const s3 = bucketClient(service);
        const files = (await Promise.all(LOG_BUCKETS.map((bucket) => readLogBucket(s3, bucket)))).flat();
        const hosts = logged.sites.filter(({ bucket }) => bucket !== "").map(({ domain }) => domain);
        const asked = seen.filter((one) => hosts.includes(one.asked.host));
        const { lost, twice, unseen, holes } = aroundKills(
          asked,
          files.flatMap(({ lines }) => lines),
        );
        assert.deepEqual(twice, []);
        assert.deepEqual(holes, []);
        const unanswered = asked.filter(({ ending }) => ending === "lost").length;
        assert.ok(unseen <= unanswered, `${unseen} lines for ${unanswered} requests whose answer nobody saw`);
        assert.deepEqual(
          lost.filter(({ requestId }) => kept.has(requestId)),
          [],
        );
      } finally {
        await logged[Symbol.asyncDispose]();
        await service[Symbol.asyncDispose]();
        rmSync(dataDirectory, { recursive: true, force: true });
      }
    },
  );
}
