// What explain says must be what serving does.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { AccountId } from "../../src/vocabulary/ids.ts";
import { list, openWorld, type World } from "./harness.ts";

const base = "http://d1.cloudfront.localhost";

async function steps(
  world: World,
  url: string,
  stage: string,
  headers: readonly (readonly [string, string])[] = [],
): Promise<string[]> {
  return (await world.edge.explain({ method: "GET", url: `${base}${url}`, headers })).steps
    .filter((step) => step.stage === stage)
    .map(({ decision, why }) => `${decision} (${why})`);
}

test("the verdict follows a page through miss, hit, expiry and invalidation, and asking changes nothing", async () => {
  await using world = await openWorld();
  const verdict = async (): Promise<string> => (await world.edge.explain({ method: "GET", url: `${base}/a` })).verdict;
  world.origin.answer({ headers: { "Cache-Control": "max-age=60", ETag: '"1"' }, body: "v1" });
  assert.equal(await verdict(), "miss");
  assert.equal(world.origin.asked.length, 0);
  await world.ask("GET /a");
  assert.equal(await verdict(), "hit");
  world.advance(20);
  assert.ok(
    (await steps(world, "/a", "freshness")).includes(
      "lifetime 60 s by max-age (the origin states 60 s, of which 0 s had passed; MinTTL 0, DefaultTTL 86400, MaxTTL 31536000)",
    ),
  );
  assert.ok((await steps(world, "/a", "freshness")).includes("fresh: hit (age 20 s, fresh for another 40 s)"));
  world.advance(50);
  assert.equal(await verdict(), "expired");
  assert.ok((await steps(world, "/a", "freshness")).includes("stale (age 70 s, fresh until 10 s ago)"));
  assert.match((await steps(world, "/a", "origin-request")).join(" "), /If-None-Match: "1"/);
  world.invalidate("/a");
  assert.equal(await verdict(), "miss");
  assert.equal(world.edge.counters().requests, 1);
});

test("the key is told part by part, with what was stripped", async () => {
  await using world = await openWorld({
    behavior: {
      ForwardedValues: {
        QueryString: true,
        QueryStringCacheKeys: list("x"),
        Cookies: { Forward: "whitelist", WhitelistedNames: list("id") },
        Headers: list("Accept-Language"),
      },
    },
  });
  const told = (await steps(world, "/a?x=1&utm=2", "cache-key", [["Cookie", "id=1; other=2"]])).join("\n");
  for (const part of [
    "distribution: E1",
    "path: /a",
    "query: x=1",
    "cookie: id=1",
    "header accept-language: (none)",
    "query reduced (QueryStringCacheKeys lists x",
    "1 of 2 cookies stripped",
  ]) {
    assert.ok(told.includes(part), `${part} in ${told}`);
  }
});

test("each refusal is told with the reason that serving has", async () => {
  await using world = await openWorld({ behavior: { ViewerProtocolPolicy: "redirect-to-https" } });
  const rows = [
    [{ method: "GET", url: "http://nobody.example.com/" }, "403 bad-request", /no distribution has the host/],
    [{ method: "GET", url: `${base}/a` }, "301 redirect-to-https", /redirect-to-https/],
    [
      { method: "POST", url: "https://d1.cloudfront.localhost/a" },
      "403 method-not-allowed",
      /AllowedMethods does not list POST/,
    ],
    [{ method: "GET", url: "not a url" }, "unreadable", /not an http or https URL/],
    [{ method: "G T", url: `${base}/` }, "400 bad-method", /^a method is made of/],
  ] as const;
  for (const [asked, verdict, why] of rows) {
    const told = await world.edge.explain(asked);
    assert.equal(told.verdict, verdict);
    assert.match(told.steps.at(-1)?.why ?? "", why);
  }
});

test("an explanation is plain data with a source for each step, and tells no secrets of the origin", async () => {
  await using world = await openWorld({
    origin: { CustomHeaders: list({ HeaderName: "X-Secret", HeaderValue: "hush" }) },
  });
  const told = await world.edge.explain({ method: "GET", url: `${base}/a` }, "000000000000" as AccountId);
  assert.deepEqual(JSON.parse(JSON.stringify(told)), told);
  assert.ok(
    told.steps.every(({ stage, decision, why, source }) => [stage, decision, why, source].every((text) => text !== "")),
  );
  assert.ok(JSON.stringify(told).includes("X-Secret"));
  assert.ok(!JSON.stringify(told).includes("hush"));
});

test("a behavior that bypasses the cache is explained as a pass, with the setting that says so", async () => {
  await using world = await openWorld({ behavior: { DefaultTTL: 0, MaxTTL: 0 } });
  const told = await world.edge.explain({ method: "GET", url: `${base}/a` });
  assert.equal(told.verdict, "pass");
  assert.match(told.steps.find(({ stage }) => stage === "cache")?.why ?? "", /MinTTL, DefaultTTL and MaxTTL are 0/);
});

test("pages that take the place of errors are told before anything has failed", async () => {
  await using world = await openWorld({
    config: {
      CustomErrorResponses: list(
        { ErrorCode: 404, ResponsePagePath: "/404.html", ResponseCode: "200", ErrorCachingMinTTL: 5 },
        { ErrorCode: 500, ResponsePagePath: "", ResponseCode: "", ErrorCachingMinTTL: 5 },
      ),
    },
  });
  assert.deepEqual(await steps(world, "/a", "error-page"), [
    "instead of a 404 of the origin (/404.html with status 200 is set for 404)",
  ]);
  world.origin.answer({ status: 500, body: "down" });
  await world.ask("GET /a");
  assert.ok(
    (await steps(world, "/a", "freshness")).includes(
      "lifetime 5 s by error (the origin states none that counts, of which 0 s had passed; ErrorCachingMinTTL 5, MaxTTL 31536000)",
    ),
    (await steps(world, "/a", "freshness")).join("\n"),
  );
});

test("it says that a stale page is served, why, and what happens when the origin fails", async () => {
  await using world = await openWorld();
  world.origin.answer({ headers: { "Cache-Control": "max-age=60, stale-while-revalidate=30, stale-if-error=90" } });
  await world.ask("GET /a");
  world.advance(70);
  assert.ok(
    (await steps(world, "/a", "stale")).includes(
      "served: hit (within stale-while-revalidate, and refreshed behind the answer)",
    ),
  );
  world.advance(30);
  const said = await steps(world, "/a", "stale");
  assert.ok(said.includes("not served unasked (the origin is asked before it is served)"));
  assert.ok(said.some((line) => line.includes("when it cannot be reached: served for 90 s after it expired")));
});

test("by the RFC it follows Vary to the variant", async () => {
  await using world = await openWorld({ fidelity: "rfc9111" });
  world.origin.answer({
    headers: { "Cache-Control": "max-age=60", Vary: "X-Language", Date: "Fri, 20 Nov 2026 12:00:00 GMT" },
  });
  await world.ask("GET /a");
  assert.ok(
    (await steps(world, "/a", "cache-key")).includes("variant by x-language (what is stored names them in its Vary)"),
  );
  assert.ok((await steps(world, "/a", "freshness")).some((line) => line.startsWith("fresh: hit")));
});

test("a hit that an invalidation comes close to says why that has not removed it", async () => {
  await using world = await openWorld({
    behavior: { ForwardedValues: { QueryString: true, Cookies: { Forward: "none" } } },
  });
  world.origin.answer({ headers: { "Cache-Control": "max-age=60" } });
  for (const path of ["/a?x=1", "/Photo"]) await world.ask(`GET ${path}`);
  const near = async (target: string): Promise<string> => {
    const { verdict, steps } = await world.edge.explain({ method: "GET", url: `${base}${target}` });
    assert.equal(verdict, "hit");
    const step = steps.find(({ stage }) => stage === "invalidation");
    return step === undefined ? "" : `${step.decision}: ${step.why}`;
  };
  assert.equal(await near("/a?x=1"), "");
  world.invalidate("/a", "/photo", "/b*");
  assert.match(
    await near("/a?x=1"),
    /^I1 of \/a did not remove it: stored is \/a\?x=1: the query is part of the key: name it/,
  );
  assert.match(await near("/Photo"), /^I1 of \/photo did not remove it: stored is \/Photo: capital letters count/);
  world.invalidate("/a*");
  await world.ask("GET /a?x=1");
  assert.equal(await near("/a?x=1"), "", "what came before it was fetched has nothing to do with it");
});
