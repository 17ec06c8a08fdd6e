// The access log of the whole service: lines of all its edge workers in one file, and in the next one after a reload.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { ACCESS_LOG_FIELDS, ACCESS_LOG_PREAMBLE } from "../../src/edge/record/access-log-fields.ts";
import { processesOf, startService } from "../support/running-service.ts";
import { view } from "../support/test-origin.ts";
import { untilSaid } from "../support/until.ts";

const REQUESTS = 20;

/** Paths of the requests in it, and whether it begins as it must. */
function readLog(path: string): string[] {
  const text = readFileSync(path, "latin1");
  assert.ok(text.startsWith(ACCESS_LOG_PREAMBLE), text.slice(0, 100));
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return lines.map((line) => {
    const values = line.split("\t");
    assert.equal(values.length, ACCESS_LOG_FIELDS.length, line);
    assert.equal(values[ACCESS_LOG_FIELDS.indexOf("sc-status")], "403");
    return values[ACCESS_LOG_FIELDS.indexOf("cs-uri-stem")] ?? "";
  });
}

test(
  "every request has its line, whichever worker answered it, and a reload goes on in a new file",
  { timeout: 60_000 },
  async () => {
    const directory = mkdtempSync(join(tmpdir(), "warmfront-access-log-"));
    const path = join(directory, "access.log");
    try {
      const service = await startService(["--workers", "2", "--access-log", path]);
      await using _ending = service;
      const ask = async (name: string): Promise<string[]> => {
        const paths = Array.from({ length: REQUESTS }, (_, index) => `/${name}/${index}`);
        await Promise.all(paths.map((each) => view(service.edgePort, "nobody.example", each)));
        return paths;
      };
      const before = await ask("before");
      renameSync(path, `${path}.1`);
      service.process.kill("SIGHUP");
      // Workers of before write to the old file to their end, those of after to the new one.
      while (!hasFile(path)) await nextTurn();
      const after = await ask("after");
      assert.equal(await service.end("SIGTERM"), 0);
      const logged = [...readLog(`${path}.1`), ...readLog(path)];
      assert.deepEqual(logged.toSorted(), [...before, ...after].toSorted());
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
);

function hasFile(path: string): boolean {
  try {
    return readFileSync(path).length > 0;
  } catch {
    return false;
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}

test("an access log that cannot be opened is told at the start", { timeout: 60_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), "warmfront-access-log-"));
  try {
    await assert.rejects(startService(["--access-log", join(directory, "nowhere", "access.log")]), /ENOENT.*nowhere/s);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test(
  "a worker that takes a dead one's place serves although its access log cannot be opened",
  { timeout: 60_000 },
  async () => {
    const directory = mkdtempSync(join(tmpdir(), "warmfront-access-log-"));
    const [logs, away] = [join(directory, "logs"), join(directory, "away")];
    mkdirSync(logs);
    try {
      const path = join(logs, "access.log");
      await using service = await startService(["--workers", "1", "--log-level", "debug", "--access-log", path]);
      renameSync(logs, away);
      process.kill(processesOf(service, "edge").at(-1) ?? 0, "SIGKILL");
      await untilSaid(service, "edge: the access log ");
      const { status } = await view(service.edgePort, "nobody.example", "/without-a-log");
      assert.equal(status, 403);
      assert.match(service.errors(), /the access log \S+ cannot be opened: ENOENT/);
      mkdirSync(logs);
      await untilSaid(service, "is written from now on");
      assert.equal((await view(service.edgePort, "nobody.example", "/with-a-log")).status, 403);
      assert.equal(await service.end(), 0);
      assert(readLog(path).includes("/with-a-log"));
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
);
