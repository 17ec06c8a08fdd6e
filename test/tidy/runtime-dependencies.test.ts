// What is packed runs with the dependencies that are installed with it: nothing in src imports a package that only the project's own tests and
// tools have.

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Packages that a text imports or resolves, without Node's own modules. */
function packagesOf(text: string): readonly string[] {
  const named = text.matchAll(
    /(?:\bfrom|\bimport|\brequire(?:\.resolve)?\(|\bimport\.meta\.resolve\()\s*"([@a-z][\w@./:-]*)"/g,
  );
  return [...named]
    .map(([, name = ""]) => /^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name)
    .filter((name) => !name.startsWith("node:") && !builtinModules.includes(name));
}

test("src imports runtime dependencies only, and each of them", () => {
  const { dependencies } = JSON.parse(readFileSync(`${ROOT}/package.json`, "utf8")) as {
    dependencies: Record<string, string>;
  };
  const used = new Set<string>();
  let all = "";
  for (const file of globSync("src/**/*.ts", { cwd: ROOT })) {
    if (file.endsWith(".test.ts") || file.endsWith("-contract.ts")) continue;
    const text = readFileSync(`${ROOT}/${file}`, "utf8");
    for (const name of packagesOf(text)) used.add(name);
    all += text;
  }
  assert.ok(used.size > 2);
  assert.deepEqual(
    [...used].filter((name) => !Object.hasOwn(dependencies, name)),
    [],
  );
  // One is data, which is resolved by a name that stands for itself.
  assert.deepEqual(
    Object.keys(dependencies).filter((name) => !all.includes(`"${name}`)),
    [],
  );
});

test("a package is found in each way of naming it", () => {
  const text =
    'import a from "one"; import "@two/b/c"; const d = import.meta.resolve("three/x"); import e from "./f.ts"; import g from "node:fs";';
  assert.deepEqual(packagesOf(text), ["one", "@two/b", "three"]);
});
