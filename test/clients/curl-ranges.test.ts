// curl asks for ranges and resumes downloads through the real listener: parts that are stored, parts that are missing, several
// at once, and a viewer that breaks off.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openWired } from "../scenarios/wired.ts";
import { openRangeOrigin, variedText } from "../support/range-origin.ts";
import { clearedEnvironment, findPrograms, runProgram } from "./program.ts";

const [curl] = findPrograms("curl");
const skip = curl === undefined ? "curl is not installed" : false;
const folder = mkdtempSync(join(tmpdir(), "warmfront-curl-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const body = variedText(300_000, 5);

async function run(port: number, ...words: readonly string[]): Promise<string> {
  const all = [
    "-sS",
    "--max-time",
    "20",
    "-H",
    "Host: d1.cloudfront.localhost",
    ...words,
    `http://127.0.0.1:${port}/a`,
  ];
  const ended = await runProgram(curl ?? "", all, {
    environment: clearedEnvironment(folder),
    folder,
    timeoutSeconds: 30,
  });
  assert.equal(ended.status, 0, ended.err);
  return ended.out;
}

test("curl -r gets the bytes that it asks for, over HTTP/1.0 and 1.1, and later from the cache", { skip }, async () => {
  await using wired = await openWired();
  const origin = openRangeOrigin({ body, entityTag: '"1"' });
  wired.world.origin.answer(origin.answer);
  for (const version of ["--http1.1", "--http1.0"]) {
    assert.equal(await run(wired.port, version, "-r", "1000-1999"), body.slice(1000, 2000));
    assert.equal(await run(wired.port, version, "-r", "500-2499"), body.slice(500, 2500));
    assert.equal(await run(wired.port, version, "-r", "-100"), body.slice(-100));
  }
  assert.deepEqual(origin.ranges, ["bytes=1000-1999", "bytes=500-2499", "bytes=-100"]);
  const told = await run(wired.port, "-i", "-r", "600-609,1200-1204");
  assert.match(told, /^HTTP\/1\.1 206 Partial Content\r\n/);
  const [, head = "", content = ""] = /^(.*?)\r\n\r\n(.*)$/s.exec(told) ?? [];
  assert.equal(Number(/Content-Length: (\d+)/.exec(head)?.[1]), content.length);
  assert.ok(content.includes(`\r\n\r\n${body.slice(600, 610)}\r\n--`) && content.includes(body.slice(1200, 1205)));
});

test("curl -C - resumes where it stopped, and what it had before is not fetched again", { skip }, async () => {
  await using wired = await openWired();
  const origin = openRangeOrigin({ body, entityTag: '"1"' });
  wired.world.origin.answer(origin.answer);
  const file = join(folder, "resumed");
  writeFileSync(file, await run(wired.port, "-r", "0-99999"));
  await run(wired.port, "-C", "-", "-o", file);
  assert.equal(readFileSync(file, "latin1"), body);
  // Both parts are all there is: the whole is stored now, for whoever comes next.
  assert.equal(await run(wired.port), body);
  assert.equal(origin.sent, body.length);
});
