// `warmfront explain` and `diff-key` as they are typed, beside a running service.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Explanation } from "../../src/edge/explain/explanation.ts";
import { openSite } from "../support/distribution.ts";
import { askOwn } from "../support/own-paths.ts";
import { startService } from "../support/running-service.ts";
import { view } from "../support/test-origin.ts";
import { warmfront } from "../support/warmfront-command.ts";

test("a miss is told with its cause, in words and as JSON, and two URLs are held against each other", async () => {
  await using service = await startService();
  await using site = await openSite(service);
  const port = ["--api-port", String(service.apiPort)];
  const url = `http://${site.domain}/a`;
  const missed = await warmfront("explain", url, "-H", "Accept-Encoding: gzip", ...port);
  assert.match(missed.out, /^Verdict: miss\nBecause: not asked for since /m, missed.err);
  await view(service.edgePort, site.domain, "/a");
  const differs = await warmfront("explain", "-X", "get", url, "-H", "Accept-Encoding: gzip", "--json", ...port);
  const { cause } = JSON.parse(differs.out) as { cause?: { kind: string; parts: string[] } };
  assert.deepEqual([cause?.kind, cause?.parts], ["key-differs", ["content coding"]], differs.out);

  const other = `http://${site.domain}/b`;
  for (const verb of ["diff-key", "explain"]) {
    const { out, status } = await warmfront(verb, url, other, ...port);
    assert.match(
      out,
      /^path\n {4}\/a\n {4}\/b\n {4}from the path as the viewer wrote it[^]*Not shared: the cache keys differ in path\n$/m,
    );
    assert.equal(status, 0);
  }
  const long = `/${"x".repeat(9000)}`;
  const refused = await warmfront("explain", `${url}${long}`, ...port);
  assert.match(refused.out, /^Verdict: 413 url-too-long\nBecause: the URL, with scheme and host, is longer than /m);
  assert.equal((await view(service.edgePort, site.domain, `/a${long}`)).status, 413, "as a viewer sees it");

  const shared = await warmfront("diff-key", url, `${url}?x=1`, ...port);
  assert.match(shared.out, /\n\nShared: all parts of the cache key are equal\n$/);
});

for (const workers of [1, 4]) {
  test(`of ${workers} workers each is asked by its number, and says which it is; another number is refused`, async () => {
    await using service = await startService(["--workers", String(workers)]);
    await using site = await openSite(service);
    const url = `http://${site.domain}/a`;
    const numbers = Array.from({ length: workers }, (_, slot) => slot + 1);
    const askOf = async (edge?: number): Promise<Explanation & { edge: number }> => {
      const { told } = await askOwn(service, "POST", "explain", { method: "GET", url, edge });
      return told as unknown as Explanation & { edge: number };
    };
    const stepOf = ({ steps }: Explanation, stage: string): string | undefined =>
      steps.find((step) => step.stage === stage)?.decision;
    const askAll = (): Promise<(Explanation & { edge: number })[]> => Promise.all(numbers.map((edge) => askOf(edge)));

    const missed = await askAll();
    assert.deepEqual(
      missed.map(({ edge, steps }) => [edge, `${steps[0]?.stage} ${steps[0]?.decision}`]),
      numbers.map((edge) => [edge, `edge worker ${edge}`]),
    );
    assert.deepEqual(new Set(missed.map(({ verdict }) => verdict)), new Set(["miss"]));
    assert.equal(new Set(missed.map((told) => stepOf(told, "owner"))).size, 1);
    const any = await askOf();
    assert.ok(numbers.includes(any.edge));
    assert.equal(stepOf(any, "edge"), workers === 1 ? undefined : `worker ${any.edge}`);

    // What is asked for once is copied nowhere: the others learn from the owner that it is a hit.
    await view(service.edgePort, site.domain, "/a");
    const once = await askAll();
    assert.deepEqual(new Set(once.map(({ verdict }) => verdict)), new Set(["hit"]));
    const asking = once.filter((told) => stepOf(told, "copy") === "none that is fresh");
    assert.equal(asking.length, workers - 1);
    assert.ok(once.every((told) => told.steps.filter(({ stage }) => stage === "cache").length === 1));

    // Nobody is told when a copy has come.
    for (let isCopied = workers === 1; !isCopied;) {
      await Promise.all(Array.from({ length: 20 }, () => view(service.edgePort, site.domain, "/a")));
      isCopied = (await askAll()).some((told) => stepOf(told, "copy") === "fresh" && told.verdict === "hit");
    }

    const port = ["--api-port", String(service.apiPort)];
    const typed = await warmfront("explain", url, "--edge", String(workers), ...port);
    assert.match(typed.out, new RegExp(`^edge +worker ${workers}\\n`, "m"), typed.err);
    const absent = await warmfront("explain", url, "--edge=9", ...port);
    assert.equal(absent.status, 1);
    const there = workers === 1 ? "there is 1" : "there are 1, 2, 3, 4";
    assert.equal(absent.err, `warmfront: there is no edge 9: ${there}\n`);
    const wrong = await warmfront("diff-key", url, `${url}b`, "--edge", "first", ...port);
    assert.equal(wrong.status, 2);
    assert.match(wrong.err, /--edge is the number of an edge worker, from 1, found "first"/);
    const both = await warmfront("diff-key", url, `${url}b`, "--edge", String(workers), ...port);
    assert.match(both.out, /Not shared: the cache keys differ in path\n$/, both.err);
  });
}

test("what cannot be asked of the path is refused by name, also what is too long to be read", async () => {
  await using service = await startService(["--api-body-bytes-max", "1024"]);
  const asked = { method: "GET", url: "http://www.example.com/" };
  for (const [path, sent, status, error] of [
    ["explain", { ...asked, edge: 99 }, 404, /^there is no edge 99: there (?:is|are) 1/],
    ["explain", { ...asked, edge: "1" }, 400, /^"edge" is the number of an edge worker, from 1, found "1"$/],
    ["explain", { ...asked, edge: 0 }, 400, /, found 0$/],
    ["explain", { ...asked, edge: 1.5 }, 400, /, found 1\.5$/],
    ["explain", { ...asked, edgy: 1 }, 400, /^the body has no member "edgy"; did you mean "edge"\?$/],
    ["traffic", { distributions: "E1" }, 400, /no member "distributions"; did you mean "distribution"\?$/],
    ["debug-token", { second: 1 }, 400, /no member "second"; did you mean "seconds"\?$/],
    ["tail", { where: " ".repeat(1024) }, 413, /^The request's body is larger than 1024 bytes\.$/],
    ["key-pairs", { publicKey: " ".repeat(1024) }, 413, /larger than 1024 bytes/],
  ] as const) {
    const answer = await askOwn(service, "POST", path, sent);
    assert.equal(answer.status, status, JSON.stringify(answer));
    assert.match(String(answer.told["error"]), error);
  }
  const body = " ".repeat(1025);
  const ofApi = await fetch(`${service.apiUrl}/2020-05-31/distribution`, { method: "POST", body });
  assert.equal(ofApi.status, 413);
  assert.match(await ofApi.text(), /<Code>RequestEntityTooLarge<\/Code>/);
});
