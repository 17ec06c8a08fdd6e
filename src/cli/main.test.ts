// The command line as it is typed: a process for each row.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));

for (const [words, status, expected] of [
  [["help"], 0, /^Commands\n {2}start\n/m],
  [["help", "serve"], 0, /^warmfront serve\n\n *The same as start\./],
  [["help", "sign"], 0, /^warmfront sign URL\n[^]*--key-id/],
  [["help", "signs"], 2, /^warmfront: there is no command "signs"; did you mean sign\?/],
  [["help", "constructor"], 2, /^warmfront: there is no command "constructor"/],
  [[], 0, /^Begin with\n\n {2}warmfront start\n[^]*^ {2}buckets +The buckets of your account/m],
  [["help", "buckets"], 0, /^ {2}create BUCKET +Makes one/m],
  [["diff-key", "http://a.example/"], 2, /^warmfront: diff-key takes two URLs with http:\/\/ or https:\/\/, found/],
  [
    ["explain", "/a"],
    2,
    /^warmfront: explain takes a method, if not GET, and a URL[^]*\nUsage: warmfront explain \[METHOD\] URL /,
  ],
  [["explain", "http://a.example/", "--from", "here"], 2, /^warmfront: --from is an IP address/],
  [
    ["access-keys"],
    2,
    /^warmfront: access-keys takes one of create, list, delete, found ""\nUsage: warmfront access-keys /,
  ],
  [["access-keys", "create", "--account", "12"], 2, /^warmfront: create needs --account with twelve digits/],
  [["access-keys", "create", "--access", "none"], 2, /^warmfront: create needs --account/],
  [["key-pairs"], 2, /^warmfront: key-pairs takes one of create,[^]*\nUsage: warmfront key-pairs /],
  [["key-pairs", "delete"], 2, /^warmfront: key-pairs delete takes the id of a key pair/],
  [
    ["buckets", "--with-object"],
    2,
    /^warmfront: unknown flag --with-object; did you mean --with-objects\?\nUsage: warmfront buckets/,
  ],
  [["constructor"], 2, /^warmfront: there is no command "constructor"/],
] as const) {
  test(`warmfront ${words.join(" ")}`, () => {
    const run = spawnSync(process.execPath, [MAIN, ...words], { encoding: "utf8", timeout: 30_000 });
    assert.equal(run.status, status, run.stderr);
    assert.match(run.stdout + run.stderr, expected);
  });
}
