// The scripts, in the shells that are there: what is offered at the end of a line.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { wordsOf } from "./help.ts";
import { VERBS } from "./verbs.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));

function scriptFor(shell: string): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, "completion", shell], {
    encoding: "utf8",
    timeout: 30_000,
  });
  assert.equal(status, 0, stderr);
  return stdout;
}

const hasBash = spawnSync("bash", ["-c", "true"]).status === 0;

/** Words as bash divides a line, the last one being completed. */
function offered(script: string, words: readonly string[]): readonly string[] {
  const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
  const line = `COMP_WORDS=(${words.map(quote).join(" ")}); COMP_CWORD=${words.length - 1}; _warmfront; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const run = spawnSync("bash", ["--norc", "--noprofile", "-c", `${script}\n${line}`], { encoding: "utf8" });
  assert.equal(run.status, 0, run.stderr);
  return run.stdout.split("\n").filter((word) => word !== "");
}

const BASH_ROWS: readonly (readonly [words: readonly string[], expected: readonly string[]])[] = [
  [["warmfront", "inv"], ["invalidate"]],
  [
    ["warmfront", "e"],
    ["export", "explain"],
  ],
  [["warmfront", "help", "ide"], ["identities"]],
  [
    ["warmfront", "access-keys", ""],
    ["create", "list", "delete"],
  ],
  [
    ["warmfront", "buckets", ""],
    ["list", "create", "delete", "ls", "cp", "sync", "policy", "website"],
  ],
  [["warmfront", "buckets", "delete", "--with"], ["--with-objects"]],
  [["warmfront", "buckets", "sync", "--delete", "--cache-con"], ["--cache-control"]],
  [["warmfront", "identities", "g"], ["grant"]],
  [
    ["warmfront", "distributions", "d"],
    ["disable", "delete"],
  ],
  [["warmfront", "distributions", "create", "--root"], ["--root-object"]],
  [["warmfront", "completion", "z"], ["zsh"]],
  [["warmfront", "invalidate", "--no"], ["--no-wait"]],
  [["warmfront", "invalidate", "--js"], []],
  [["warmfront", "start", "--api-po"], ["--api-port"]],
  [
    ["warmfront", "start", "--fidelity", ""],
    ["cloudfront", "rfc9111"],
  ],
  [["warmfront", "start", "--fidelity", "=", "r"], ["rfc9111"]],
  [
    ["warmfront", "start", "--fidelity", "="],
    ["cloudfront", "rfc9111"],
  ],
  [["warmfront", "access-keys", "create", "--access", "r"], ["read-only"]],
  [["warmfront", "access-keys", "create", "--account", ""], []],
];

test("bash completes commands, flags and values", { skip: hasBash ? false : "no bash here" }, () => {
  const script = scriptFor("bash");
  for (const [words, expected] of BASH_ROWS) assert.deepEqual(offered(script, words), expected, words.join(" "));
});

for (const [shell, check] of [
  ["bash", ["bash", ["-n"]]],
  ["zsh", ["zsh", ["-n"]]],
  ["fish", ["fish", ["--no-execute"]]],
] as const) {
  const [program, flags] = check;
  const isThere = spawnSync(program, ["-c", "true"]).status === 0;
  test(`${shell} can read its script`, { skip: isThere ? false : `no ${shell} here` }, () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "warmfront-completion-"));
    const script = join(folder.path, "script");
    writeFileSync(script, scriptFor(shell));
    const run = spawnSync(program, [...flags, script], { encoding: "utf8" });
    assert.equal(run.status, 0, run.stderr);
    assert.equal(run.stderr, "");
  });
}

const hasFish = spawnSync("fish", ["-c", "true"]).status === 0;

test("fish completes commands, actions and flags", { skip: hasFish ? false : "no fish here" }, () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), "warmfront-completion-"));
  using here = mkdtempDisposableSync(join(tmpdir(), "warmfront-completion-"));
  const script = join(folder.path, "script");
  writeFileSync(script, scriptFor("fish"));
  // Files of the folder are offered behind an action, and nowhere in its place.
  for (const name of ["sync.md", "show.md"]) writeFileSync(join(here.path, name), "");
  for (const [line, expected] of [
    ["warmfront buck", ["buckets"]],
    ["warmfront buckets s", ["sync"]],
    ["warmfront clock s", ["show"]],
    ["warmfront buckets sync s", ["show.md", "sync.md"]],
    ["warmfront identities g", ["grant"]],
    ["warmfront distributions create --root", ["--root-object"]],
    ["warmfront buckets delete tour --with-o", ["--with-objects"]],
  ] as const) {
    const run = spawnSync("fish", ["--no-config", "-c", `source ${script}; complete -C '${line}'`], {
      encoding: "utf8",
      cwd: here.path,
      env: { ...process.env, HOME: folder.path },
    });
    assert.equal(run.status, 0, run.stderr);
    const offers = run.stdout.split("\n").filter((each) => each !== "");
    assert.deepEqual(
      offers.map((each) => each.split("\t")[0]),
      expected,
      line,
    );
  }
});

test("zsh's script names each command, action and flag", () => {
  const script = scriptFor("zsh");
  for (const [name, verb] of Object.entries(VERBS)) {
    assert.ok(script.includes(`    ${name}) _arguments `), name);
    for (const flag of Object.keys(verb.flags)) assert.ok(script.includes(flag), `${name} ${flag}`);
    const words = wordsOf(verb);
    if (words !== undefined) assert.ok(script.includes(`1:action:(${words.join(" ")})`), name);
  }
});

test("an unknown shell is refused", () => {
  const { status, stderr } = spawnSync(process.execPath, [MAIN, "completion", "csh"], { encoding: "utf8" });
  assert.equal(status, 2);
  assert.match(stderr, /completion takes one of bash, zsh, fish, found "csh"/);
});
