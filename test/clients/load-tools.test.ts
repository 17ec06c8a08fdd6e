// wrk and h2load against the whole service: what is stored, what is new each time, what may not be stored; over HTTP, HTTPS and
// HTTP/2. A second each, in which nothing may go wrong; how fast it was is only told (docs/performance.md measures).

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before, type TestContext } from "node:test";
import { startService, type RunningService } from "../support/running-service.ts";
import { openFronted, type Fronted } from "./fronted.ts";
import { clearedEnvironment, findPrograms, runProgram } from "./program.ts";

const [wrk] = findPrograms("wrk");
const [h2load] = findPrograms("h2load");
const needs = (name: string, program: string | undefined): { skip: string | false; timeout: number } => ({
  skip: program === undefined ? `${name} is not installed` : false,
  timeout: 60_000,
});

const SECONDS = 1;
const BODY = "warm ".repeat(400);

let service: RunningService;
let site: Fronted;
let folder: string;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "warmfront-load-"));
  service = await startService();
  site = await openFronted(service, (request, response) => {
    const isStored = request.url?.startsWith("/private") !== true;
    response.writeHead(200, {
      "Content-Type": "text/plain",
      "Content-Length": BODY.length,
      "Cache-Control": isStored ? "max-age=300" : "no-store",
    });
    response.end(BODY);
  });
});

after(async () => {
  await site[Symbol.asyncDispose]();
  await service[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** wrk has no flag for it. */
const KEPT_1_0 = '"GET /stored HTTP/1.0\\r\\nHost: " .. host .. "\\r\\nConnection: keep-alive\\r\\n\\r\\n"';

/** Requests that wrk makes, in Lua: each by how many there were before, and whether the origin is asked once. */
const REQUESTS: readonly (readonly [what: string, path: string, request: string, isOnce: boolean])[] = [
  ["a stored page", "/stored", 'wrk.format("GET", "/stored")', true],
  ["a new page each time", "/new", 'wrk.format("GET", "/new/" .. run .. "/" .. count)', false],
  ["a page that may not be stored", "/private", 'wrk.format("GET", "/private")', false],
  ["a stored page by HTTP/1.0 with keep-alive", "/stored", KEPT_1_0, true],
];

/** A run that ends may leave requests on their way, which come while the next one counts its own. */
function countAsked(path: string): number {
  return site.asked.filter(({ url }) => url?.startsWith(path)).length;
}

for (const scheme of ["http", "https"] as const) {
  for (const [row, [what, path, request, isOnce]] of REQUESTS.entries()) {
    test(`wrk over ${scheme}: ${what}`, needs("wrk", wrk), async (t: TestContext) => {
      const script = join(folder, `${scheme}-${row}.lua`);
      writeFileSync(
        script,
        `local count = 0\nlocal run = "${scheme}"\nlocal host = "${site.domain}"\n` +
          `request = function() count = count + 1 return ${request} end\n` +
          "done = function(summary) local e = summary.errors io.write(string.format(" +
          '"%d done, errors %d %d %d %d %d\\n", summary.requests, e.connect, e.read, e.write, e.status, e.timeout)) end\n',
      );
      const port = scheme === "http" ? service.edgePort : service.edgeHttpsPort;
      const before = countAsked(path);
      const words = ["-t1", "-c32", `-d${SECONDS}`, "-s", script, "-H", `Host: ${site.domain}`];
      const { status, out, err } = await runProgram(wrk ?? "", [...words, `${scheme}://127.0.0.1:${port}/`], {
        environment: clearedEnvironment(folder),
        folder,
        timeoutSeconds: 30,
      });
      assert.equal(status, 0, err);
      const [, done = "", errors] = /^(\d+) done, errors ([\d ]+)$/m.exec(out) ?? [];
      assert.equal(errors, "0 0 0 0 0", out);
      assert.ok(Number(done) > 100, out);
      const asked = countAsked(path) - before;
      if (isOnce) assert.ok(asked <= 1, `${asked} requests came to the origin`);
      else assert.ok(asked >= Number(done), `${asked} of ${done} requests came to the origin`);
      t.diagnostic(`${Math.round(Number(done) / SECONDS)} a second`);
    });
  }
}

async function runH2load(...words: readonly string[]): Promise<string> {
  const at = ["--connect-to", `127.0.0.1:${service.edgeHttpsPort}`];
  const { status, out, err } = await runProgram(h2load ?? "", [...at, ...words], {
    environment: clearedEnvironment(folder),
    folder,
    timeoutSeconds: 30,
  });
  assert.equal(status, 0, err);
  assert.match(out, /^Application protocol: h2$/m);
  return out;
}

/** All of these ended well. */
function assertAll(out: string): number {
  const [, total, done] =
    /^requests: (\d+) total, \d+ started, (\d+) done, \d+ succeeded, 0 failed, 0 errored, 0 timeout$/m.exec(out) ?? [];
  assert.ok(done !== undefined && Number(done) > 0, out);
  assert.match(out, new RegExp(`^status codes: ${done} 2xx, 0 3xx, 0 4xx, 0 5xx$`, "m"));
  assert.equal(done, total);
  return Number(done);
}

for (const [what, path, pages, isStored] of [
  ["a stored page", "/stored", [""], true],
  ["five hundred new pages", "/new/h2", Array.from({ length: 500 }, (_, page) => `/${page}`), true],
  ["a page that may not be stored", "/private", [""], false],
] as const) {
  test(`h2load: ${what}`, needs("h2load", h2load), async (t: TestContext) => {
    const urls = join(folder, "urls");
    writeFileSync(urls, pages.map((page) => `${site.https}${path}${page}\n`).join(""));
    const before = countAsked(path);
    // By count: what a run by time cuts off at its end is counted as failed by h2load itself.
    const out = await runH2load("-n", "4000", "-c", "8", "-m", "32", "-t", "1", "-i", urls);
    const done = assertAll(out);
    assert.equal(done, 4000);
    const asked = countAsked(path) - before;
    if (isStored) assert.ok(asked <= pages.length, `${asked} requests came to the origin`);
    else assert.equal(asked, done);
    t.diagnostic(/^finished in .*$/m.exec(out)?.[0] ?? "");
  });
}

test("what h2load sees of an answer is right for HTTP/2", needs("h2load", h2load), async () => {
  const out = await runH2load("-v", "-n", "1", "-c", "1", `${site.https}/stored`);
  const fields = [...out.matchAll(/^\[stream_id=1\] (:?[^:\s]+): (.*)$/gm)].map(([, name = "", value = ""]) => [
    name,
    value,
  ]);
  const names = fields.map(([name]) => name ?? "");
  assert.deepEqual(fields[0], [":status", "200"]);
  assert.deepEqual(
    names,
    names.map((name) => name.toLowerCase()),
  );
  for (const name of ["content-length", "x-cache", "via", "x-amz-cf-id", "age", "date"])
    assert.ok(names.includes(name), name);
  for (const name of ["connection", "keep-alive", "transfer-encoding", "upgrade"])
    assert.ok(!names.includes(name), name);
  assert.equal(new Set(names).size, names.length);
});
