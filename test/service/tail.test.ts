// `warmfront tail` and `trace` beside a running service, as they are typed, and the path behind them as any client may ask it.

import assert from "node:assert/strict";
import { Agent, request as httpRequest } from "node:http";
import { test } from "node:test";
import type { TailLine } from "../../src/edge/watch/line-fields.ts";
import { openSite } from "../support/distribution.ts";
import { newAccessKey } from "../support/new-access-key.ts";
import { openOwnPath, type OwnStream } from "../support/own-path.ts";
import { processesOf, startService, TEST_WORKERS } from "../support/running-service.ts";
import { openTailCommand } from "../support/tail-command.ts";
import { view } from "../support/test-origin.ts";
import { until } from "../support/until.ts";
import { warmfront } from "../support/warmfront-command.ts";

test("each answer is a line, and only those that were asked for travel", async () => {
  await using service = await startService();
  await using site = await openSite(service);
  await using all = await openTailCommand(service, ["--json"]);
  await using some = await openTailCommand(service, ["--json", "--where", "path =~ /^.b/ && status < 400"]);
  for (const path of ["/a", "/b1", "/a?x=1", "/b2"]) await view(service.edgePort, site.domain, path);
  await until(() => all.lines().length === 4 && some.lines().length === 2);
  const told = all.lines().map((text) => JSON.parse(text) as TailLine);
  assert.deepEqual(told.map(({ path, query }) => `${path} ${query}`).toSorted(), ["/a ", "/a x=1", "/b1 ", "/b2 "]);
  for (const line of told) {
    assert.equal(line.host, site.domain.replace(/:.*/, ""));
    assert.equal(line.distribution, site.id);
    assert.equal(line.status, 200);
  }
  const someTold = some.lines().map((text) => (JSON.parse(text) as TailLine).path);
  assert.deepEqual(someTold.toSorted(), ["/b1", "/b2"]);
});

test("a line is for people unless JSON is asked for, and ends with the id that the viewer got", async () => {
  await using service = await startService();
  await using site = await openSite(service);
  await using tail = await openTailCommand(service, ["--lines", "1", "--distribution", site.domain]);
  const { headers } = await view(service.edgePort, site.domain, "/a%07b");
  await until(() => tail.lines().length === 1);
  const [line = ""] = tail.lines();
  assert.match(
    line,
    /^\d\d:\d\d:\d\d\.\d{3} {2}200 {2}Miss +\d+ ms +[\d.]+ (?:bytes|kB) {2}GET http:\/\/\S+\/a%07b {2}\S+==$/,
  );
  assert.ok(line.endsWith(String(headers["x-amz-cf-id"])));
  assert.equal(await tail.ended, 0);
});

test("a miss is opened to its trace: the cause as it was, and the origin's answer; a hit has no origin in it", async () => {
  await using service = await startService();
  await using site = await openSite(service);
  const port = ["--api-port", String(service.apiPort)];
  await using tail = await openTailCommand(service, ["--trace"]);
  const missed = String((await view(service.edgePort, site.domain, "/a")).headers["x-amz-cf-id"]);
  const hit = String((await view(service.edgePort, site.domain, "/a")).headers["x-amz-cf-id"]);
  await until(() => [missed, hit].every((id) => tail.output().includes(id)));
  await until(() => tail.output().split("it was sent whole").length === 3);

  const ofMiss = await warmfront("trace", missed, ...port);
  assert.match(ofMiss.out, /^cause +never-seen\n/m, ofMiss.err);
  assert.match(ofMiss.out, /^origin +200 after \d+ ms\n +site was asked: GET http:\/\/localhost:\d+\/a$/m);
  assert.match(ofMiss.out, /^answer +200 Miss\n +\d+ bytes in \d+ ms, the first after \d+ ms; it was sent whole$/m);
  const ofHit = await warmfront("trace", hit, "--json", ...port);
  const { pieces } = JSON.parse(ofHit.out) as { pieces: { steps: { stage: string; decision: string }[] }[] };
  const decisions = pieces.flatMap(({ steps }) => steps.map(({ stage, decision }) => `${stage} ${decision}`));
  assert.ok(decisions.includes("answer 200 Hit"), ofHit.out);
  assert.ok(decisions.includes("freshness fresh: hit"), ofHit.out);
  assert.ok(!decisions.some((decision) => decision.startsWith("origin ")), ofHit.out);
});

test("nothing is kept when nobody watches with traces", async () => {
  await using service = await startService();
  await using site = await openSite(service);
  await using tail = await openTailCommand(service, []);
  const id = String((await view(service.edgePort, site.domain, "/a")).headers["x-amz-cf-id"]);
  await until(() => tail.lines().length === 1);
  const { status, err } = await warmfront("trace", id, "--api-port", String(service.apiPort));
  assert.equal(status, 1);
  assert.match(err, /no trace of .*warmfront tail --trace/);
});

test("who has no key of the account sees nothing of it, neither lines nor traces", async () => {
  await using service = await startService();
  await using site = await openSite(service);
  const stranger = newAccessKey(service, "999999999999");
  const ask = openOwnPath(service, { ...stranger });
  await using own = await openTailCommand(service, ["--trace"]);
  await using theirs = await ask.stream("tail", {});
  await theirs.until((text) => text.includes('"edges"'));
  const id = String((await view(service.edgePort, site.domain, "/secret")).headers["x-amz-cf-id"]);
  await until(() => own.output().includes("it was sent whole"));
  const trace = await ask.get(`trace/${id}`);
  assert.equal(trace.status, 404);
  assert.doesNotMatch(theirs.text(), /secret/);
});

test("an expression that cannot be read is refused with its column, by the command and by the path", async () => {
  await using service = await startService();
  const typed = await warmfront("tail", "--where", "status = 500", "--api-port", String(service.apiPort));
  assert.equal(typed.status, 2);
  assert.match(typed.err, /--where, column 8: a comparison is ==[^]*\n {2}status = 500\n {9}\^/);
  const ask = openOwnPath(service);
  for (const [body, told] of [
    [{ where: "hots == 1" }, /there is no field hots; the fields are time/],
    [{ where: 7 }, /the body must be JSON/],
    [{ distribution: 7 }, /the body must be JSON/],
    [{ traces: "yes" }, /the body must be JSON/],
    ["garbage", /the body must be JSON/],
    [{ wehre: "status>=500" }, /the body has no member \\"wehre\\"; did you mean \\"where\\"\?/],
    [{ where: "", limit: 7 }, /no member \\"limit\\"; the members are where, distribution, traces"/],
  ] as const) {
    const { status, text } = await ask.post("tail", body);
    assert.equal(status, 400);
    assert.match(text, told);
  }
});

test("who asks for the lines of an edge that is not there is told so", async () => {
  await using service = await startService();
  await using tail = await openTailCommand(service, ["--edge", "9"]);
  await until(() => tail.errors().includes("there is no edge 9, so there is nothing to show"));
});

test("as many may watch as the limit says, and one that goes makes room at once", async () => {
  await using service = await startService(["--tails-max", "2"]);
  const ask = openOwnPath(service);
  const first = await ask.stream("tail", {});
  await using second = await ask.stream("tail", {});
  assert.equal((await ask.post("tail", {})).status, 503);
  await first[Symbol.asyncDispose]();
  for (;;) {
    const third = await ask.stream("tail", {});
    await third[Symbol.asyncDispose]();
    if (third.status === 200) break;
  }
  assert.equal(second.status, 200);
});

test("a worker that is killed takes its last lines along and no more: the tail goes on with its successor", async () => {
  await using service = await startService(["--log-level", "debug"]);
  await using site = await openSite(service);
  await using tail = await openTailCommand(service, ["--json"]);
  await view(service.edgePort, site.domain, "/before");
  await until(() => tail.lines().length === 1);
  const [victim] = processesOf(service, TEST_WORKERS === 1 ? "edge" : "edge 1");
  assert.ok(victim !== undefined);
  process.kill(victim, "SIGKILL");
  await until(() => tail.errors().includes("edge 1 has ended"));
  await until(() => processesOf(service, TEST_WORKERS === 1 ? "edge" : "edge 1").length === 2);
  // Until its successor listens connections may be refused; nobody is told when it does.
  while (!tail.lines().some((line) => line.includes('"edge":1') && line.includes("/after"))) {
    await view(service.edgePort, site.domain, "/after").catch(() => undefined);
  }
});

test("a tail goes on over a reload, and over a control process that is killed", async () => {
  await using service = await startService(["--log-level", "debug"]);
  await using site = await openSite(service);
  await using tail = await openTailCommand(service, ["--json"]);
  const { status } = await warmfront("reload", "--data-dir", service.dataDirectory);
  assert.equal(status, 0);
  await view(service.edgePort, site.domain, "/reloaded");
  await until(() => tail.lines().some((line) => line.includes("/reloaded")));
  const [api] = processesOf(service, "api");
  assert.ok(api !== undefined);
  process.kill(api, "SIGKILL");
  await until(() => /watching edges? [\d, ]+ again/.test(tail.errors()));
  // Again it may be there before the workers are told.
  while (!tail.lines().some((line) => line.includes("/restarted")))
    await view(service.edgePort, site.domain, "/restarted");
});

test("a stop of the service ends who watches", async () => {
  await using service = await startService();
  const ask = openOwnPath(service);
  await using stream = await ask.stream("tail", {});
  await stream.until((text) => text.includes('"edges"'));
  assert.equal(await service.end(), 0);
  await stream.ended;
});

/** What came of a tail so far. */
function countTold(stream: OwnStream): { readonly lines: number; readonly lost: number } {
  const pieces = stream
    .text()
    .split("\n")
    .slice(0, -1)
    .filter((text) => text !== "")
    .map((text) => JSON.parse(text) as { line?: object; lost?: number });
  const lost = pieces.reduce((sum, piece) => sum + (piece.lost ?? 0), 0);
  return { lines: pieces.filter(({ line }) => line !== undefined).length, lost };
}

test("who may be told no more learns how much there was, whoever else looks on", async () => {
  const COUNT = 300;
  await using service = await startService(["--tail-lines-per-second-max", "5"]);
  await using site = await openSite(service);
  await using other = await openSite(service);
  const own = openOwnPath(service);
  await using all = await own.stream("tail", {});
  await using one = await own.stream("tail", { distribution: site.id });
  await using some = await own.stream("tail", { where: "path =~ /^.b/" });
  const watching = [all, one, some];
  for (const each of watching) await each.until((text) => text.includes('"edges"'));
  for (let asked = 0; asked < COUNT; asked += 10) {
    const asking = Array.from({ length: 10 }, (_, index) =>
      view(service.edgePort, (index % 5 === 0 ? other : site).domain, index % 2 === 0 ? "/a" : "/b"),
    );
    await Promise.all(asking);
  }
  const whole = [COUNT, COUNT * 0.8, COUNT / 2];
  for (const [index, each] of watching.entries()) {
    await each.until(() => {
      const { lines, lost } = countTold(each);
      assert.ok(lines + lost <= (whole[index] ?? 0), `${lines} and ${lost} of ${whole[index]}`);
      return lines + lost === whole[index];
    });
    assert.ok(countTold(each).lost > 0);
  }
});

test("a reader who stops reading slows no viewer; what it has lost it is told when it reads on", async () => {
  const COUNT = 4000;
  const flags = ["--tail-pending-bytes-max", "16384", "--tail-lines-per-second-max", "1000000"];
  await using service = await startService(flags);
  await using site = await openSite(service);
  await using stream = await openOwnPath(service).stream("tail", {});
  await stream.until((text) => text.includes('"edges"'));
  stream.pause();
  // Lines so long that the sockets between are soon full.
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const headers = { Host: site.domain, "User-Agent": "a".repeat(1200), Referer: "r".repeat(1200) };
  const path = `/${"p".repeat(1000)}?${"q".repeat(1000)}`;
  const ask = (): Promise<number> => {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const asking = httpRequest({ host: "127.0.0.1", port: service.edgePort, path, headers, agent }, (response) => {
      response.resume().once("end", () => resolve(response.statusCode ?? 0));
    });
    asking.once("error", reject).end();
    return promise;
  };
  let left = COUNT;
  const asker = async (): Promise<void> => {
    while (left-- > 0) assert.equal(await ask(), 200);
  };
  await Promise.all(Array.from({ length: 8 }, asker));
  agent.destroy();
  stream.resume();
  await stream.until(() => {
    const { lines, lost } = countTold(stream);
    return lines + lost === COUNT;
  });
  assert.ok(countTold(stream).lost > 0);
});

test("a reader who reads nothing for too long is let go", async () => {
  const flags = ["--tails-max", "1", "--tail-stalled-seconds", "1", "--tail-lines-per-second-max", "1000000"];
  await using service = await startService(flags);
  await using site = await openSite(service);
  const ask = openOwnPath(service);
  await using stream = await ask.stream("tail", {});
  await stream.until((text) => text.includes('"edges"'));
  stream.pause();
  const path = `/${"p".repeat(1000)}?${"q".repeat(1000)}`;
  // Its end is behind what it has not read; that it is gone shows by the room for another.
  for (let status = 0; status !== 200;) {
    await Promise.all(Array.from({ length: 50 }, () => view(service.edgePort, site.domain, path)));
    await using another = await ask.stream("tail", {});
    status = another.status;
  }
});
