import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { movableClock } from "../../test/support/control-harness.ts";
import type { Caller } from "../callers/caller.ts";
import type { AuditedCall } from "../control/audit.ts";
import { openAuditLog, type AuditLogSettings } from "./audit-log.ts";

const CALLER = {
  account: "1",
  accessKeyId: "AKIA",
  userName: "u",
  access: "full",
  isSession: false,
} as unknown as Caller;
const call = (operation: string, caller?: Caller): AuditedCall => ({
  ...(caller !== undefined && { caller }),
  operation,
  method: "POST",
  status: 200,
  from: "192.0.2.7",
  isRead: false,
});

function inFolder(
  body: (path: string, settings: AuditLogSettings, clock: ReturnType<typeof movableClock>) => void,
): void {
  const folder = mkdtempSync(join(tmpdir(), "warmfront-audit-"));
  const path = join(folder, "audit.log");
  const clock = movableClock();
  try {
    body(path, { path, hasReads: false, unknownCallersMax: 2, clock, log: () => undefined }, clock);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const operationsOf = (path: string): unknown[] =>
  readFileSync(path, "utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => {
      const { operation, leftOut } = JSON.parse(line) as Record<string, unknown>;
      return operation ?? leftOut;
    });

test("a line is in the file when the call returns, for its owner alone; after a rename it goes on in a new file", () => {
  inFolder((path, settings) => {
    const log = openAuditLog(settings);
    log.write(call("a", CALLER));
    assert.equal(statSync(path).mode & 0o777, 0o600);
    renameSync(path, `${path}.1`);
    log.write(call("b", CALLER));
    log.reopen();
    log.write(call("c", CALLER));
    log.close();
    assert.deepEqual([operationsOf(`${path}.1`), operationsOf(path)], [["a", "b"], ["c"]]);
  });
});

test("behind a line that was cut off a new one begins", () => {
  inFolder((path, settings) => {
    appendFileSync(path, '{"operation":"cut"');
    const log = openAuditLog(settings);
    log.write(call("a", CALLER));
    log.write(call("b", CALLER));
    log.close();
    assert.match(readFileSync(path, "utf8"), /^\{"operation":"cut"\n\{.*"a".*\}\n\{.*"b".*\}\n$/);
  });
});

test("callers whom nobody knows have so many lines in ten seconds, and those who are known all of theirs", () => {
  inFolder((path, settings, clock) => {
    const log = openAuditLog(settings);
    for (const operation of ["a", "b", "c", "d"]) log.write(call(operation));
    log.write(call("known", CALLER));
    clock.advance(10);
    log.write(call("e"));
    log.close();
    assert.deepEqual(operationsOf(path), ["a", "b", "known", 2, "e"]);
  });
});

test("a file that cannot be opened is told; one that cannot be written loses lines, counted", () => {
  inFolder((path, settings) => {
    assert.throws(() => openAuditLog({ ...settings, path: `${path}/none` }), /audit log .*--audit-log/);
  });
  inFolder((_path, settings) => {
    const said: string[] = [];
    const log = openAuditLog({ ...settings, path: "/dev/full", log: (_level, _part, message) => said.push(message) });
    for (const operation of ["a", "b"]) log.write(call(operation, CALLER));
    assert.equal(log.lost(), 2);
    assert.equal(said.length, 1, said.join());
  });
});
