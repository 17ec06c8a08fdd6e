import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { openServiceSecret } from "./service-secret.ts";

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "warmfront-secret-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test("a secret is made once, and is there for its owner only", (t) => {
  const path = folder(t);
  const first = openServiceSecret(path);
  assert.equal(first.length, 32);
  assert.deepEqual(openServiceSecret(path), first);
  assert.deepEqual(readdirSync(path), ["service-secret"]);
  assert.equal(statSync(join(path, "service-secret")).mode & 0o777, 0o600);
  assert.notDeepEqual(openServiceSecret(folder(t)), first);
});

test("a file that holds no secret is told, and stays", (t) => {
  const path = folder(t);
  writeFileSync(join(path, "service-secret"), "short");
  assert.throws(() => openServiceSecret(path), /must hold 32 bytes, found 5/);
});

test("processes that start at once have the same secret", { timeout: 20_000 }, async (t) => {
  const path = folder(t);
  const program = join(path, "program.mjs");
  const subject = fileURLToPath(new URL("service-secret.ts", import.meta.url));
  writeFileSync(
    program,
    `import { openServiceSecret } from ${JSON.stringify(subject)};
     process.once("message", () => {
       process.send(Buffer.from(openServiceSecret(${JSON.stringify(path)})).toString("hex"));
       process.disconnect();
     });
     process.send("ready");`,
  );
  const children = Array.from({ length: 4 }, () => fork(program));
  await Promise.all(children.map((child) => once(child, "message")));
  const told = children.map((child) => once(child, "message"));
  for (const child of children) child.send("go");
  const secrets = new Set((await Promise.all(told)).map(([secret]) => secret as string));
  assert.equal(secrets.size, 1);
});

test("a secret that cannot be made is named", (t) => {
  const path = join(folder(t), "none");
  assert.throws(() => openServiceSecret(path), {
    message: new RegExp(`^cannot make ${join(path, "service-secret")}: ENOENT`),
  });
});
