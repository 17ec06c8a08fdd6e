// The access log of the whole service: lines of all its edge workers in one file, and in the next one after a reload.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { ACCESS_LOG_FIELDS, ACCESS_LOG_PREAMBLE } from "../../src/edge/record/access-log-fields.ts";
import { startService } from "../support/running-service.ts";
import { view } from "../support/test-origin.ts";

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
