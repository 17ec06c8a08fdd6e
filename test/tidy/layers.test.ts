// The layer rules are linted with everything else; here they are shown to bite, on a planted violation of each kind.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { BUCKET_ROOMS, EDGE_ROOMS, LAYERS } from "../../lint-layers.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** File, line to plant, whether it must be refused. */
const PLANTED = [
  ["src/control/planted.ts", 'import "../edge/edge.ts";', true],
  ["src/edge/planted.ts", 'import "../control/serve.ts";', true],
  ["src/http/planted.ts", 'import "../wire/shape.ts";', true],
  ["src/vocabulary/planted.ts", 'import "../service/settings.ts";', true],
  ["src/model/check/planted.ts", 'import "../../store/store.ts";', true],
  ["src/model/planted.ts", 'import "node:fs";', true],
  ["src/control/planted-store.ts", 'import "../store/sqlite/open-sqlite-store.ts";', true],
  ["src/edge/transport/http1/planted.ts", 'import "../../cache/lookup.ts";', true],
  ["src/edge/transport/planted.ts", 'import "../origin-request/fetch-origin.ts";', true],
  ["src/edge/config/planted.ts", 'import "../viewer-request/receive.ts";', true],
  ["src/edge/viewer-request/planted.ts", 'import "../origin-request/choose-origin.ts";', true],
  ["src/edge/storage/planted.ts", 'import "../cache/cache-key.ts";', true],
  ["src/edge/viewer-response/planted.ts", 'import "../explain/explanation.ts";', true],
  ["src/edge/cache/planted.ts", 'import "../serve.ts";', true],
  ["src/edge/cache/planted-control.ts", 'import "../../control/serve.ts";', true],
  ["src/buckets/access/planted.ts", 'import "../settings/read-acl.ts";', true],
  ["src/buckets/settings/planted.ts", 'import "../objects/object-head.ts";', true],
  ["src/buckets/files/planted.ts", 'import "../access/principal.ts";', true],
  ["src/buckets/objects/planted.ts", 'import "../operations/put-object.ts";', true],
  ["src/buckets/operations/planted.ts", 'import "../serve-buckets.ts";', true],
  ["src/buckets/signatures/planted.ts", 'import "../../control/serve.ts";', true],
  ["src/buckets/operations/planted-objects.ts", 'import "../objects/object-head.ts";', false],
  ["src/buckets/planted.ts", 'import "./website/website.ts";', false],
  ["src/edge/origin-response/planted.ts", 'import "../origin-request/origin-answer.ts";', false],
  ["src/edge/cache/planted-storage.ts", 'import "../storage/cache-storage.ts";', false],
  ["src/edge/planted-serve.ts", 'import "./cache/lookup.ts";', false],
  ["src/wire/planted.ts", 'import "node:crypto";', false],
  ["src/control/planted-model.ts", 'import "../model/errors.ts";', false],
] as const;

test("an import that goes up or sideways is refused, one that goes down is not", () => {
  const folder = mkdtempSync(join(root, "test", ".planted-"));
  try {
    for (const name of ["oxlint.config.ts", "lint-layers.ts", "tsconfig.json", "node_modules"]) {
      symlinkSync(join(root, name), join(folder, name));
    }
    for (const [file, line] of PLANTED) {
      mkdirSync(join(folder, dirname(file)), { recursive: true });
      writeFileSync(join(folder, file), `${line}\n`);
    }
    const bin = join(root, "node_modules", ".bin");
    const linted = spawnSync(join(bin, "oxlint"), ["--format=unix", "src"], {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, PATH: `${bin}:${process.env["PATH"] ?? ""}` },
    });
    for (const [file, line, isRefused] of PLANTED) {
      const said = linted.stdout.split("\n").filter((row) => row.startsWith(`${file}:`) && row.includes("restricted"));
      assert.equal(said.length > 0, isRefused, `${file}: ${line}\n${linted.stdout}${linted.stderr}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("every folder of src is in a layer", async () => {
  const { readdirSync } = await import("node:fs");
  assert.deepEqual(readdirSync(join(root, "src")).sort(), LAYERS.flat().sort());
});

test("every folder of src/edge and src/buckets is a room", async () => {
  const { readdirSync } = await import("node:fs");
  for (const [folder, rooms] of [
    ["edge", EDGE_ROOMS],
    ["buckets", BUCKET_ROOMS],
  ] as const) {
    const entries = readdirSync(join(root, "src", folder), { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    assert.deepEqual(folders.sort(), rooms.flat().sort());
  }
});
