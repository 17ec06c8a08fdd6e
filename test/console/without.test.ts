// The console turned off, under other names, and not built; and when it is built anew.

import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { consoleStamp, isConsoleBuilt } from "../../bin/console-stamp.js";
import { openConsoleFiles } from "../../src/service/console/console-files.ts";
import { ROOT } from "../../tools/run.ts";
import { startService } from "../support/running-service.ts";
import { warmfront } from "../support/warmfront-command.ts";
import { askRaw, ownFields } from "./raw-console.ts";

test("what is turned off is neither told nor served", async () => {
  await using service = await startService(["--console", "off"]);
  assert.doesNotMatch(service.output(), /Console/);
  const page = await askRaw(service.apiPort, {});
  assert.doesNotMatch(page.body, /doctype html/i);
  const fields = ownFields(service.apiPort);
  const session = await askRaw(service.apiPort, { path: "/_warmfront/console/session", fields });
  assert.equal(session.status, 404);
});

test("the start message and status tell where it is; no address in the clear is taken", async () => {
  await using service = await startService(["--console-addresses", "https://cdn.example.com"]);
  const told = `http://console.localhost:${service.apiPort}, https://cdn.example.com`;
  assert.ok(service.output().includes(told));
  const { out } = await warmfront("status", "--data-dir", service.dataDirectory);
  assert.ok(out.includes(told), out);
  for (const address of [
    "http://cdn.example.com",
    "cdn.example.com",
    "https://cdn.example.com/path",
    "http://localhost",
  ]) {
    const { status, err } = await warmfront("status", "--console-addresses", address);
    assert.notEqual(status, 0);
    assert.match(err, /--console-addresses must be addresses as browsers show them/, address);
  }
});

test("where it is not built its address says how to come by it; what was built is served without a restart", async () => {
  const folder = mkdtempSync(join(tmpdir(), "warmfront-console-"));
  try {
    const files = openConsoleFiles(join(folder, "dist"));
    const missing = await files.answer({ rawPath: "/distributions", fields: [] });
    assert.equal(missing.status, 503);
    assert.match(missing.body, /node bin\/run\.js tools\/build-console\.ts/);
    assert.equal((await files.answer({ rawPath: "/assets/a.js", fields: [] })).status, 404);
    mkdirSync(join(folder, "dist"));
    writeFileSync(join(folder, "dist/index.html"), "built");
    const page = await files.answer({ rawPath: "/distributions", fields: [] });
    assert.equal(Buffer.from(page.bytes ?? []).toString(), "built");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a change of any source has it built anew, and a package without sources has nothing to build", () => {
  const root = mkdtempSync(join(tmpdir(), "warmfront-sources-"));
  try {
    assert.equal(isConsoleBuilt(root), true);
    cpSync(join(ROOT, "console"), join(root, "console"), {
      recursive: true,
      filter: (path) => !/\/(?:dist|\.dist-[^/]*)$/.test(path),
    });
    assert.equal(isConsoleBuilt(root), false);
    const stamp = consoleStamp(root) ?? "";
    mkdirSync(join(root, "console/dist"));
    writeFileSync(join(root, "console/dist/stamp"), stamp);
    assert.equal(isConsoleBuilt(root), true);
    writeFileSync(join(root, "console/src/frame/another.ts"), "");
    assert.equal(isConsoleBuilt(root), false);
    rmSync(join(root, "console/src/frame/another.ts"));
    assert.equal(isConsoleBuilt(root), true);
    writeFileSync(join(root, "package-lock.json"), "{}");
    assert.equal(isConsoleBuilt(root), false);
  } finally {
    rmSync(root, { recursive: true });
  }
});
