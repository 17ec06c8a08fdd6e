// What is packed, where npm puts it: Node.js reads no TypeScript there. And the examples of docs/testing.md, run as they are printed.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { installPackage, type InstalledPackage } from "../support/installed-package.ts";

let installed: InstalledPackage;
before(() => {
  installed = installPackage();
});
after(() => installed[Symbol.dispose]());

interface Ended {
  readonly status: number | null;
  readonly text: string;
}

/** To its end, or until it has said this; then it is told to end. */
async function run(words: readonly string[], untilSaid?: RegExp): Promise<Ended> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, words, { cwd: installed.folder, stdio: ["ignore", "pipe", "pipe"], env });
  let text = "";
  const hear = (piece: Buffer): void => {
    text += String(piece);
    if (untilSaid?.test(text) === true) child.kill("SIGTERM");
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  const [status] = (await once(child, "close")) as [number | null];
  return { status, text };
}

test("the command of an installed package starts a server and stops it, without a word of warning", async () => {
  const program = join(installed.path, "bin", "warmfront.js");
  const version = await run([program, "version"]);
  assert.match(version.text, /^warmfront \d+\.\d+\.\d+\n$/);
  const free = ["--api-port", "0", "--edge-http-port", "0", "--edge-https-port", "0", "--workers", "2"];
  const started = await run(
    [program, "start", ...free, "--data-dir", "data"],
    /is ready, [^]*\nwarmfront help lists all commands/,
  );
  assert.equal(started.status, 0, started.text);
  assert.match(started.text, /^Warmfront [^]*\nStopping: requests in flight are finished first\.\n$/);
  assert.doesNotMatch(started.text, /warning|error/i);
});

const page = readFileSync(new URL("../../docs/testing.md", import.meta.url), "utf8");
const examples = [...page.matchAll(/^`([\w-]+\.test\.ts)`, run by `([^`]+)`[^]*?^```ts\n([^]*?)^```$/gm)].map(
  ([, name = "", command = "", code = ""]) => ({ name, command, code }),
);

test("the page has an example for each of two test runners", () => {
  assert.deepEqual(
    examples.map(({ command }) => command),
    ["node --test site.test.ts", "npx vitest run bucket.test.ts"],
  );
});

for (const { name, command, code } of examples) {
  test(`the example ${name} holds in its types and passes as it is printed: ${command}`, async () => {
    writeFileSync(join(installed.folder, name), code);
    writeFileSync(join(installed.folder, "package.json"), '{"type":"module"}');
    const strict = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2024", "--types", "node"];
    const types = await run(["node_modules/typescript/bin/tsc", ...strict, "--skipLibCheck", name]);
    assert.equal(types.status, 0, types.text);
    const vitest = ["node_modules/vitest/vitest.mjs", "run", name];
    const { status, text } = await run(command.startsWith("npx vitest") ? vitest : command.split(" ").slice(1));
    assert.equal(status, 0, text);
    assert.match(text, command.startsWith("npx") ? /3 passed/ : /pass 1\b/);
  });
}
