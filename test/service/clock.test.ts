// Time that is moved, from the command or the wire to what a viewer sees, with one worker and with four.

import assert from "node:assert/strict";
import { test } from "node:test";
import { openSite } from "../support/distribution.ts";
import { explain } from "../support/explain.ts";
import { askOwn, moveClock } from "../support/own-paths.ts";
import { processesOf, startService, type RunningService } from "../support/running-service.ts";
import { suspend } from "../support/suspended.ts";
import { openTestOrigin, view, type Viewed } from "../support/test-origin.ts";
import { until } from "../support/until.ts";
import { warmfront } from "../support/warmfront-command.ts";
import { cloudFrontClient, deploy, smallConfig } from "../support/distribution.ts";

const FOR_TESTS = ["--test-controls", "yes", "--log-level", "debug"];
const startWith = (workers: number): Promise<RunningService> =>
  startService([...FOR_TESTS, "--workers", String(workers)]);

const cacheOf = ({ headers }: Viewed): string => String(headers["x-cache"]);
const ageOf = ({ headers }: Viewed): number => Number(headers["age"] ?? 0);
const HOUR_MS = 3_600_000;

/** Connections go to any worker, so that so many see each of four in all likelihood. */
const MANY = 24;

for (const workers of [1, 4]) {
  test(`what is stored ages by the time that ${workers} workers are moved to, in all of them at once`, async () => {
    await using service = await startWith(workers);
    await using site = await openSite(service);
    const see = (): Promise<Viewed> => view(service.edgePort, site.domain, "/a");
    assert.equal(cacheOf(await see()), "Miss from cloudfront");
    await moveClock(service, "advance 4m");
    for (let i = 0; i < MANY; i++) {
      const seen = await see();
      assert.equal(cacheOf(seen), "Hit from cloudfront");
      assert.ok(ageOf(seen) >= 240 && ageOf(seen) < 300, String(ageOf(seen)));
    }
    await moveClock(service, "advance 1h30m");
    const told = await explain(service, `http://${site.domain}/a`);
    assert.equal(told.verdict, "expired");
    assert.equal(told.cause?.kind, "expired");
    const clock = told.steps.find(({ stage }) => stage === "clock");
    assert.match(clock?.why ?? "", /^the clock was moved: it is 1h34m ahead of the machine's time$/);
    assert.ok(Math.abs(Date.parse(clock?.decision ?? "") - Date.now() - 94 * 60_000) < HOUR_MS / 2);
    // The origin has no validator: it is fetched again, once.
    assert.equal(cacheOf(await see()), "Miss from cloudfront");
    for (let i = 0; i < MANY; i++) assert.equal(cacheOf(await see()), "Hit from cloudfront");
  });

  test(`a clock that is frozen keeps every age still in ${workers} workers, and is advanced from there`, async () => {
    await using service = await startWith(workers);
    await using site = await openSite(service);
    await view(service.edgePort, site.domain, "/a");
    const { now } = await moveClock(service, "freeze");
    const ages = new Set<number>();
    const dates = new Set<unknown>();
    for (let i = 0; i < MANY; i++) {
      ages.add(ageOf(await view(service.edgePort, site.domain, "/a")));
      dates.add((await view(service.edgePort, "nobody.example", "/")).headers["date"]);
    }
    assert.equal(ages.size, 1);
    assert.deepEqual([...dates], [new Date(String(now)).toUTCString()]);
    const later = await moveClock(service, "advance 2s");
    assert.equal(Date.parse(String(later["now"])) - Date.parse(String(now)), 2000);
    assert.equal((await askOwn(service, "GET", "clock")).told["now"], later["now"]);
    assert.equal(ageOf(await view(service.edgePort, site.domain, "/a")), ([...ages][0] ?? 0) + 2);
  });

  test(`a worker that takes the place of one of ${workers} has the time, and so has one after a reload`, async () => {
    await using service = await startWith(workers);
    await moveClock(service, "advance 30d");
    const isMoved = async (): Promise<boolean> => {
      const { headers } = await view(service.edgePort, "nobody.example", "/");
      return Date.parse(String(headers["date"])) - Date.now() > 29 * 24 * HOUR_MS;
    };
    const [first = 0] = processesOf(service, "edge");
    process.kill(first, "SIGKILL");
    await until(() => processesOf(service, "edge").length > workers);
    const all = async (): Promise<void> => {
      const seen = await Promise.all(Array.from({ length: MANY }, () => isMoved().catch(() => undefined)));
      assert.ok(!seen.includes(false), "one has another time");
    };
    await all();
    const { status, err } = await warmfront("reload", "--data-dir", service.dataDirectory);
    assert.equal(status, 0, err);
    await all();
    assert.ok(await isMoved());
  });
}

test("a reset is the machine's time again, and what was stored meanwhile is gone from memory and disk", async () => {
  await using service = await startWith(4);
  await using site = await openSite(service);
  await moveClock(service, "advance 30d");
  const paths = Array.from({ length: MANY }, (_, index) => `/${index}`);
  for (const path of paths)
    assert.equal(cacheOf(await view(service.edgePort, site.domain, path)), "Miss from cloudfront");
  const { aheadSeconds } = await moveClock(service, "reset");
  assert.equal(aheadSeconds, 0);
  for (const path of paths) {
    const seen = await view(service.edgePort, site.domain, path);
    assert.equal(cacheOf(seen), "Miss from cloudfront");
    assert.equal(seen.headers["age"], undefined);
  }
});

test("a service that is killed while its clock was moved begins anew with the machine's time and nothing stored", async () => {
  await using service = await startWith(1);
  await using site = await openSite(service);
  await moveClock(service, "advance 30d");
  await view(service.edgePort, site.domain, "/a");
  await service.end("SIGKILL");
  await using again = await startService([], { dataDirectory: service.dataDirectory });
  assert.match(again.errors(), /ended while its clock was moved: its cache was dropped/);
  const seen = await view(again.edgePort, site.domain, "/a");
  assert.equal(cacheOf(seen), "Miss from cloudfront");
});

for (const fidelity of ["cloudfront", "rfc9111"]) {
  test(`an origin's Expires and Date are believed as before, by ${fidelity}: its time is the machine's`, async () => {
    await using service = await startService([...FOR_TESTS, "--workers", "1", "--fidelity", fidelity]);
    await using origin = await openTestOrigin(() => ({
      headers: { Expires: new Date(Date.now() + 600_000).toUTCString() },
      body: "x",
    }));
    const { domain } = await deploy(cloudFrontClient(service), smallConfig(origin.port));
    await moveClock(service, "advance 1h");
    await view(service.edgePort, domain, "/a");
    assert.equal(cacheOf(await view(service.edgePort, domain, "/a")), "Hit from cloudfront");
    await moveClock(service, "advance 11m");
    assert.equal(cacheOf(await view(service.edgePort, domain, "/a")), "Miss from cloudfront");
  });
}

test("the command shows, advances, freezes and resets; status, doctor and the start say that it can", async () => {
  await using service = await startWith(1);
  assert.match(service.output(), /FOR TESTS ALONE +--test-controls yes/);
  const port = ["--api-port", String(service.apiPort)];
  const run = (...words: string[]) => warmfront("clock", ...words, ...port);
  assert.match((await run()).out, /^\d{4}-\S+Z, the machine's time\n$/);
  assert.match((await run("advance", "1h30m")).out, /, 1h30m ahead of the machine's time\n$/);
  assert.match((await run("freeze")).out, /, 1h30m ahead of the machine's time, and it stands still\n$/);
  const { out } = await run("show", "--json");
  assert.equal((JSON.parse(out) as { isFrozen: boolean }).isFrozen, true);
  const own = ["--data-dir", service.dataDirectory, ...port];
  assert.match((await warmfront("status", ...own)).out, /^For tests alone .* clock is at .*stands still\.$/m);
  assert.match((await warmfront("doctor", ...own)).out, /^warning +server +it is for tests alone/m);
  assert.match((await run("reset")).out, /, the machine's time\n$/);

  for (const [words, says] of [
    [
      ["advance"],
      /^warmfront: clock advance takes a duration like 45s, 30m, .*, found nothing\nUsage: warmfront clock /,
    ],
    [["advance", "1 hour"], /^warmfront: clock advance takes a duration like .*, found "1 hour"\nUsage: /],
    [["advance", "-1h"], /unknown flag -1h/],
    [
      ["reste"],
      /^warmfront: clock takes one of show, advance, freeze, reset, found "reste"; did you mean reset\?\nUsage: /,
    ],
    [["freeze", "now"], /^warmfront: clock freeze takes nothing more, found "now"\nUsage: /],
  ] as const) {
    const refused = await run(...words);
    assert.equal(refused.status, 2);
    assert.match(refused.err, says);
  }
  const far = await run("advance", "99999d");
  assert.equal(far.status, 1);
  assert.match(far.err, /the time would be more than 521w3d ahead of the machine's/);
});

test("what is no change of the clock is refused over the wire, each in words, and the clock stays", async () => {
  await using service = await startWith(1);
  for (const [method, path, sent, status, says] of [
    ["POST", "clock/advance", "", 400, /must be JSON like \{"by":"1h"\}.*found nothing/],
    ["POST", "clock/advance", "{", 400, /found nothing/],
    ["POST", "clock/advance", { by: 3600 }, 400, /found 3600/],
    ["POST", "clock/advance", { by: "1h".repeat(5000) }, 400, /found "1h1h/],
    ["POST", "clock/advance", { by: "0s" }, 400, /found "0s"/],
    ["POST", "clock/advance", { by: "52000w" }, 409, /more than 521w3d ahead/],
    ["POST", "clock", undefined, 404, /there is no POST/],
    ["GET", "clock/advance", undefined, 404, /there is no GET/],
    ["POST", "clock/rewind", undefined, 404, /there is no POST/],
  ] as const) {
    const refused = await askOwn(service, method, path, sent);
    assert.equal(refused.status, status, `${method} ${path}`);
    assert.match(String(refused.told["error"]), says);
  }
  const unsigned = await fetch(`${service.apiUrl}/_warmfront/clock/reset`, { method: "POST" });
  assert.equal(unsigned.status, 403);
  const { told } = await askOwn(service, "GET", "clock");
  assert.equal(told["aheadSeconds"], 0);
});

test("a server that was not started for tests refuses, and says which setting there is", async () => {
  await using service = await startService();
  for (const [method, path] of [
    ["GET", "clock"],
    ["POST", "clock/freeze"],
    ["POST", "clock/reset"],
    ["POST", "reset"],
  ] as const) {
    const { status, told } = await askOwn(service, method, path);
    assert.equal(status, 403);
    assert.match(String(told["error"]), /--test-controls yes \(or WARMFRONT_TEST_CONTROLS=yes/);
  }
  const { status, err } = await warmfront("clock", "advance", "1h", "--api-port", String(service.apiPort));
  assert.equal(status, 1);
  assert.match(
    err,
    /^warmfront: this server was not started for tests, so its clock cannot be moved, nor all be reset\. /,
  );
  const shown = await warmfront("status", "--data-dir", service.dataDirectory);
  assert.doesNotMatch(shown.out + service.output(), /tests alone/i);
});

test("many who move it at once are served one after the other, and nothing is lost of what they add", async () => {
  await using service = await startWith(4);
  await moveClock(service, "freeze");
  const { told: before } = await askOwn(service, "GET", "clock");
  await Promise.all(Array.from({ length: 50 }, () => moveClock(service, "advance 1s")));
  const { told: after } = await askOwn(service, "GET", "clock");
  assert.equal(Date.parse(String(after["now"])) - Date.parse(String(before["now"])), 50_000);
});

for (const workers of [1, 4]) {
  test(`what is stale is validated, served stale for its window, and errors are asked for again, each at its time, with ${workers} workers`, async () => {
    await using service = await startWith(workers);
    let isDown = false;
    await using origin = await openTestOrigin((path) => {
      if (path === "/window") {
        return { headers: { "Cache-Control": "max-age=60, stale-while-revalidate=3600", ETag: '"1"' }, body: "x" };
      }
      if (isDown) return { status: 503, body: "down" };
      return { headers: { "Cache-Control": "max-age=60", ETag: '"1"' }, body: path };
    });
    const { domain } = await deploy(cloudFrontClient(service), smallConfig(origin.port));
    const see = (path: string): Promise<Viewed> => view(service.edgePort, domain, path);

    // Errors are kept for ten seconds where nothing says otherwise. [CFDG HTTPStatusCodes]
    isDown = true;
    assert.equal((await see("/error")).status, 503);
    await moveClock(service, "freeze");
    isDown = false;
    for (let i = 0; i < MANY; i++) assert.equal((await see("/error")).status, 503);
    await moveClock(service, "advance 10s");
    assert.equal((await see("/error")).status, 200);

    for (const path of ["/window", "/a"]) assert.equal(cacheOf(await see(path)), "Miss from cloudfront");
    await moveClock(service, "advance 61s");
    assert.equal(cacheOf(await see("/window")), "Hit from cloudfront", "served stale while it is validated");
    await until(() => origin.asked.filter((path) => path === "/window").length === 2);
    isDown = true;
    const stale = await see("/a");
    assert.deepEqual([stale.status, stale.body], [200, "/a"], "served stale because the origin is in trouble");
  });
}

test("what lies on the disk is as old as the clock says when another worker finds it there", async () => {
  await using service = await startWith(1);
  await using site = await openSite(service);
  await view(service.edgePort, site.domain, "/a");
  /** Once the worker knows what the one before it has left; the test's own time-out ends it. */
  const verdict = async (): Promise<string> => {
    for (;;) {
      const told = await explain(service, `http://${site.domain}/a`);
      if (told.verdict !== "miss") return told.verdict;
    }
  };
  assert.equal((await warmfront("reload", "--data-dir", service.dataDirectory)).status, 0);
  await moveClock(service, "advance 4m");
  assert.equal(await verdict(), "hit");
  const aged = await view(service.edgePort, site.domain, "/a");
  assert.equal(cacheOf(aged), "Hit from cloudfront");
  assert.ok(ageOf(aged) >= 240);
  await moveClock(service, "advance 2m");
  assert.equal((await warmfront("reload", "--data-dir", service.dataDirectory)).status, 0);
  assert.equal(await verdict(), "expired");
});

test("whoever moves the clock waits for a worker that stands still, and not for one that is gone", async () => {
  await using service = await startWith(2);
  const [first = 0] = processesOf(service, "edge");
  let isMoved = false;
  {
    using _stopped = suspend(first);
    const moving = moveClock(service, "advance 1h").then(() => (isMoved = true));
    // The server knows of it by now, and the other worker may.
    const ahead = async (): Promise<number> => Number((await askOwn(service, "GET", "clock")).told["aheadSeconds"]);
    while ((await ahead()) < 3600);
    assert.equal(isMoved, false);
    process.kill(first, "SIGKILL");
    await moving;
  }
  assert.equal((await askOwn(service, "GET", "clock")).told["aheadSeconds"], 3600);
});
