// `warmfront key-pairs` as an operator types it, against the whole service.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { startService } from "../support/running-service.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

test("key pairs are made, imported, listed, deactivated and deleted by the command line", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "warmfront-keys-"));
  t.after(() => rmSync(folder, { recursive: true }));
  await using service = await startService();
  const run = (...words: string[]) => {
    const { AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, ...env } = process.env;
    const args = [MAIN, "key-pairs", ...words, "--api-port", String(service.apiPort)];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { env, encoding: "utf8", timeout: 30_000 });
    return { status, out: stdout, err: stderr };
  };

  assert.match(run("list").err, /There are no key pairs yet/);
  const file = join(folder, "private.pem");
  const made = run("create", "--out", file);
  assert.equal(made.status, 0, made.err);
  const id = made.out.trim();
  assert.match(id, /^APKA[0-9A-Z]{16}$/);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(createPublicKey(readFileSync(file, "utf8")).asymmetricKeyDetails?.modulusLength, 2048);

  const again = run("create", "--out", file);
  assert.equal(again.status, 1);
  assert.match(again.err, /cannot write .*private\.pem/);

  const own = join(folder, "own.pem");
  writeFileSync(
    own,
    generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey.export({ type: "pkcs8", format: "pem" }),
  );
  const other = join(folder, "no-key.pem");
  writeFileSync(other, "no key");
  assert.match(run("import", other).err, /no-key\.pem holds no key in PEM that can be read/);
  const imported = run("import", own);
  assert.equal(imported.status, 0, imported.err);
  const third = join(folder, "third.pem");
  const refused = run("create", "--out", third);
  assert.equal(refused.status, 1);
  assert.match(refused.err, /can have 2 active key pairs/);
  assert.throws(() => statSync(third), "nothing is left of a file for a key that was not made");

  assert.match(run("delete", id).err, /is active: deactivate it first/);
  assert.equal(run("deactivate", id).status, 0);
  const list = run("list").out;
  assert.match(list, new RegExp(`^${id}  Inactive  RSA 2048  20`, "m"));
  assert.match(list, new RegExp(`^${imported.out.trim()}  Active    RSA 1024  20`, "m"));
  assert.equal(run("delete", id).status, 0);
  assert.match(run("delete", id).err, /has no key pair/);

  for (const [words, status] of [
    [[], 2],
    [["make"], 2],
    [["delete"], 2],
    [["list", "x"], 2],
    [["import", join(folder, "none.pem")], 1],
    [["create", "x"], 2],
  ] as const) {
    assert.equal(run(...words).status, status, words.join(" "));
  }
  const shown = run("create");
  assert.match(shown.out, /^-----BEGIN RSA PRIVATE KEY-----/);
  assert.match(shown.err, /APKA[0-9A-Z]{16} is active/);
});
