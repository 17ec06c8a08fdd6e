// `import` and `export` killed before each step that changes a name on the disk, one process for each: an import leaves what was there or what was
// imported, never some of both; an export leaves no file under its name that is not whole. What is left behind goes with the next one.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempDisposableSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { exportState } from "../../src/service/export-state.ts";
import { finishImport } from "../../src/service/finish-import.ts";
import { importState } from "../../src/service/import-state.ts";
import { openStore } from "../../src/service/open-store.ts";
import type { AccessKeyId, AccountId } from "../../src/vocabulary/ids.ts";
import { epochMs } from "../../src/vocabulary/time.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const KILL_AT = new URL("kill-at.ts", import.meta.url).href;
const ACCOUNT = "123456789012" as AccountId;
const NOW = epochMs(1_800_000_000_000);
/** Neither takes as many; without it a program that changes nothing would be tried for ever. */
const STEPS_MAX = 60;

/** A command that kills itself before the nth change; whether it came to its end instead. */
async function runUntil(step: number, words: readonly string[]): Promise<boolean> {
  const child = spawn(process.execPath, ["--import", KILL_AT, MAIN, ...words], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, KILL_AT: String(step) },
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const [status, signal] = (await once(child, "close")) as [number | null, string | null];
  if (signal === "SIGKILL") return false;
  assert.equal(status, 0, errors);
  return true;
}

/** A state that says in three files whose it is. */
async function makeState(folder: string, name: string): Promise<void> {
  mkdirSync(join(folder, "authority/local"), { recursive: true });
  writeFileSync(join(folder, "authority/local/root.pem"), name);
  writeFileSync(join(folder, "service-secret"), name);
  const opened = await openStore({ path: folder, storeFile: join(folder, "store.sqlite") });
  assert.ok(opened.kind === "open");
  await using store = opened.store;
  const key = { secret: "s", account: ACCOUNT, userName: name, access: "full", createdAtMs: NOW } as const;
  await store.credentials.createKey({ ...key, accessKeyId: "AKIAEXAMPLE234567890" as AccessKeyId });
}

/** Whose state is there; a mixture of two is not one name. */
async function whoseState(folder: string): Promise<string> {
  const opened = await openStore({ path: folder, storeFile: join(folder, "store.sqlite") });
  assert.ok(opened.kind === "open");
  await using store = opened.store;
  const keys = await store.credentials.listKeys(ACCOUNT);
  const said = ["service-secret", "authority/local/root.pem"].map((name) => readFileSync(join(folder, name), "utf8"));
  return [...new Set([...keys.map(({ userName }) => userName), ...said])].join(" and ");
}

const leftovers = (folder: string): readonly string[] =>
  readdirSync(folder).filter((name) => /^(?:import|export)-|\.partial$/.test(name));

test("an import that is killed leaves the old state or the new one", { timeout: 180_000 }, async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), "warmfront-killed-"));
  const [old, other, file] = ["old", "new", "state.warmfront"].map((name) => join(folder.path, name)) as [
    string,
    string,
    string,
  ];
  await makeState(old, "old");
  await makeState(other, "new");
  assert.equal(exportState(other, file, NOW).kind, "done");
  const found = new Map<string, number>();
  const tryStep = async (step: number): Promise<boolean> => {
    const here = join(folder.path, `import-at-${step}`);
    cpSync(old, here, { recursive: true });
    const isOver = await runUntil(step, ["import", file, "--overwrite", "--data-dir", here]);
    const finished = finishImport(here);
    assert.notEqual(finished.kind, "failure", `step ${step}`);
    const whose = await whoseState(here);
    assert.ok(whose === "old" || whose === "new", `killed before step ${step}: ${whose}`);
    if (whose === "new") {
      const [kept = ""] = readdirSync(here).filter((name) => name.startsWith("before-import-"));
      assert.equal(await whoseState(join(here, kept)), "old", `killed before step ${step}: what was there is kept`);
    }
    assert.deepEqual(leftovers(here), [], `killed before step ${step}`);
    found.set(whose, (found.get(whose) ?? 0) + 1);
    return isOver;
  };
  await tryUntilOver(tryStep);
  assert.ok((found.get("old") ?? 0) > 3 && (found.get("new") ?? 0) > 3, JSON.stringify([...found]));
});

test("an export that is killed has its name when it is whole, and not before", { timeout: 180_000 }, async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), "warmfront-killed-"));
  const old = join(folder.path, "old");
  await makeState(old, "old");
  let whole = 0;
  const tryStep = async (step: number): Promise<boolean> => {
    const here = join(folder.path, `export-at-${step}`);
    cpSync(old, here, { recursive: true });
    const file = join(here, "..", `state-${step}.warmfront`);
    const isOver = await runUntil(step, ["export", file, "--data-dir", here]);
    const isThere = existsSync(file);
    if (!isThere) assert.equal(exportState(here, file, NOW).kind, "done", `after a kill before step ${step}`);
    else if (!isOver) whole++;
    const copy = join(folder.path, `copy-${step}`);
    assert.equal(importState(copy, file, { overwrite: false, now: NOW }).kind, "done", `step ${step}`);
    assert.equal(await whoseState(copy), "old");
    finishImport(here);
    assert.deepEqual(leftovers(here), []);
    return isOver;
  };
  await tryUntilOver(tryStep);
  assert.ok(whole > 0, "some kills come behind the last step that counts");
});

/** Two at a time. */
async function tryUntilOver(tryStep: (step: number) => Promise<boolean>): Promise<void> {
  let [next, isOver] = [1, false];
  const work = async (): Promise<void> => {
    while (!isOver) {
      const step = next++;
      assert.ok(step <= STEPS_MAX, "it does not come to its end");
      if (await tryStep(step)) isOver = true;
    }
  };
  await Promise.all([work(), work()]);
}
