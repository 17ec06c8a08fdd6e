// The command line as it is typed: a process for each row.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));

for (const [words, status, expected] of [
  [["help"], 0, /^Commands\n {2}start\n/m],
  [["help", "sign"], 0, /^warmfront sign URL\n[^]*--key-id/],
  [["help", "signs"], 2, /^warmfront: there is no command "signs"; did you mean sign\?/],
  [["help", "constructor"], 2, /^warmfront: there is no command "constructor"/],
  [["diff-key", "http://a.example/"], 1, /^warmfront: diff-key takes two URLs with http:\/\/ or https:\/\/, found/],
  [["explain", "/a"], 1, /^warmfront: explain takes a method, if not GET, and a URL/],
  [["constructor"], 2, /^warmfront: there is no command "constructor"/],
] as const) {
  test(`warmfront ${words.join(" ")}`, () => {
    const run = spawnSync(process.execPath, [MAIN, ...words], { encoding: "utf8", timeout: 30_000 });
    assert.equal(run.status, status, run.stderr);
    assert.match(run.stdout + run.stderr, expected);
  });
}
