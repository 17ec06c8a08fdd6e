// The cache on the disk as operators have it: warm after a restart and after a worker was killed, gone when it is not wanted, no
// obstacle when the disk cannot be used.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { ROW_BYTES } from "../../src/edge/storage/disk/index-row.ts";
import { LIMITS } from "../../src/vocabulary/limits.ts";
import { openSite } from "../support/distribution.ts";
import { explain } from "../support/explain.ts";
import { startService, TEST_WORKERS, type RunningService } from "../support/running-service.ts";
import { view } from "../support/test-origin.ts";

function newDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "warmfront-disk-cache-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** What X-Cache says of each path. */
async function results(service: RunningService, host: string, paths: readonly string[]): Promise<readonly unknown[]> {
  const said: unknown[] = [];
  for (const path of paths) {
    const viewed = await view(service.edgePort, host, path);
    assert.equal(viewed.body, `page ${path}`);
    said.push(viewed.headers["x-cache"]);
  }
  return said;
}

const HIT = "Hit from cloudfront";
const MISS = "Miss from cloudfront";
const PATHS = ["/one", "/two", "/three"];

/** Until it is so; the test's own time-out ends it. */
async function until(isSo: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Process ids of the edge workers. */
function edgeWorkers(service: RunningService): readonly number[] {
  const supervisor = service.process.pid ?? 0;
  const children = readFileSync(`/proc/${supervisor}/task/${supervisor}/children`, "latin1").trim().split(" ");
  return children.map(Number).filter((id) => readFileSync(`/proc/${id}/cmdline`, "latin1").includes("edge-process"));
}

test("what was stored before a restart is a hit after it", async (t) => {
  const dataDirectory = newDirectory(t);
  // Of several, one may be asked before it has found the others.
  const one = ["--workers", "1"];
  const first = await startService(one, { dataDirectory });
  await using site = await openSite(first);
  assert.deepEqual(await results(first, site.domain, PATHS), [MISS, MISS, MISS]);
  assert.equal(await first.end(), 0);
  await using second = await startService(one, { dataDirectory });
  const { verdict, steps } = await explain(second, `http://${site.domain}/one`);
  const why = steps.map((step) => `${step.decision} (${step.why})`).join("\n");
  assert.equal(verdict, "hit", why);
  assert.match(why, /stored: status 200, 9 bytes \(on the disk, not in memory; fetched/);
  assert.match(why, /fresh: hit/);
  assert.deepEqual(await results(second, site.domain, PATHS), [HIT, HIT, HIT]);
});

test("a worker that is killed leaves what it has written to the one that takes its place", async (t) => {
  if (!existsSync("/proc/self/stat")) return t.skip("processes are found in /proc");
  const dataDirectory = newDirectory(t);
  await using service = await startService([], { dataDirectory });
  await using site = await openSite(service);
  await results(service, site.domain, PATHS);
  const home = join(dataDirectory, "cache", `0-of-${TEST_WORKERS}`);
  const rowsBytes = (): number =>
    readdirSync(home)
      .filter((name) => name.endsWith(".rows"))
      .reduce((sum, name) => sum + readFileSync(join(home, name)).length, 0);
  const isWritten = (): boolean => rowsBytes() >= PATHS.length * ROW_BYTES;
  if (TEST_WORKERS === 1) await until(isWritten);
  for (const id of edgeWorkers(service)) process.kill(id, "SIGKILL");
  const answers = async (): Promise<boolean> =>
    view(service.edgePort, site.domain, "/one").then(
      ({ status }) => status === 200,
      () => false,
    );
  await until(answers);
  if (TEST_WORKERS === 1) assert.deepEqual(await results(service, site.domain, PATHS), [HIT, HIT, HIT]);
  else await results(service, site.domain, PATHS);
});

test("without a disk the cache is in memory, and nothing is written", async (t) => {
  const dataDirectory = newDirectory(t);
  await using service = await startService(["--cache-disk-bytes", "0", "--workers", "1"], { dataDirectory });
  await using site = await openSite(service);
  assert.deepEqual(await results(service, site.domain, ["/one", "/one"]), [MISS, HIT]);
  assert.ok(!existsSync(join(dataDirectory, "cache")));
});

test("what another number of workers has left is removed", async (t) => {
  const dataDirectory = newDirectory(t);
  const first = await startService(["--workers", "1"], { dataDirectory });
  await first.end();
  assert.ok(existsSync(join(dataDirectory, "cache", "0-of-1")));
  await using second = await startService(["--workers", "2"], { dataDirectory });
  assert.equal(second.errors(), "");
  await until(() => !existsSync(join(dataDirectory, "cache", "0-of-1")));
});

test("a directory that cannot be used is said, and the cache is in memory", async (t) => {
  const dataDirectory = newDirectory(t);
  writeFileSync(join(dataDirectory, "cache"), "in the way");
  await using service = await startService(["--workers", "1"], { dataDirectory });
  await using site = await openSite(service);
  assert.deepEqual(await results(service, site.domain, ["/one", "/one"]), [MISS, HIT]);
  assert.match(service.errors(), /the cache is in memory only/);
});

test("a disk with little room for what the cache may take is said", async (t) => {
  const dataDirectory = newDirectory(t);
  const { bavail, bsize } = statfsSync(dataDirectory);
  const asked = LIMITS.cacheDiskBytes.max;
  if ((bavail * bsize) / 2 >= asked / 20) return t.skip("this disk has room for anything");
  await using service = await startService(["--workers", "1", "--cache-disk-bytes", String(asked)], { dataDirectory });
  assert.match(
    service.errors(),
    /warn edge: the cache takes \d+ MB of the disk at most, not 1099512 MB: half of what is free in .*--cache-disk-bytes$/m,
  );
});
