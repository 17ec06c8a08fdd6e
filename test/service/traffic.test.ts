// Live figures beside a running service: of all workers, per distribution and account, while workers come and go.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { TrafficPiece } from "../../src/service/own-traffic.ts";
import type { TrafficStep } from "../../src/service/live-traffic.ts";
import { openSite } from "../support/distribution.ts";
import { newAccessKey } from "../support/new-access-key.ts";
import { openOwnPath, type OwnStream } from "../support/own-path.ts";
import { startService } from "../support/running-service.ts";
import { view } from "../support/test-origin.ts";
import { warmfront } from "../support/warmfront-command.ts";

function piecesOf(text: string): readonly TrafficPiece[] {
  const lines = text.split("\n").slice(0, -1);
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as TrafficPiece);
}

/** All steps so far, those of the history among them. */
function stepsOf(text: string): readonly TrafficStep[] {
  return piecesOf(text).flatMap((piece) => {
    if ("history" in piece) return piece.history.steps;
    return "step" in piece ? [piece.step] : [];
  });
}

const requestsIn = (text: string): number => stepsOf(text).reduce((sum, step) => sum + step.requests, 0);

/** The newest lists. */
const topsIn = (text: string) => piecesOf(text).findLast((piece) => "tops" in piece);

async function untilCounted(stream: OwnStream, count: number): Promise<void> {
  await stream.until((text) => requestsIn(text) >= count);
}

test("each request is in one second, hits and misses apart, and what is asked for and missed most is told with its cause", async () => {
  await using service = await startService();
  await using site = await openSite(service);
  await using stream = await openOwnPath(service).stream("traffic", { distribution: site.id });
  await stream.until((text) => text.includes('"edges"'));
  for (const path of ["/a", "/a", "/a", "/b", "/b", "/c?x=1"]) await view(service.edgePort, site.domain, path);
  await untilCounted(stream, 6);
  // The worker that owns a key asks the origin, and tells of it in a moment of its own.
  await stream.until((text) => stepsOf(text).reduce((all, { origin }) => all + origin.requests, 0) >= 3);
  const steps = stepsOf(stream.text());
  const sum = (of: (step: TrafficStep) => number): number => steps.reduce((all, step) => all + of(step), 0);
  assert.equal(requestsIn(stream.text()), 6);
  assert.deepEqual([sum(({ results }) => results.Hit), sum(({ results }) => results.Miss)], [3, 3]);
  assert.equal(
    sum(({ statuses }) => statuses["2xx"]),
    6,
  );
  assert.equal(
    sum(({ origin }) => origin.requests),
    3,
  );
  assert.ok(steps.some(({ latency }) => latency.p99 !== null));
  const seconds = steps.map(({ at }) => at);
  assert.equal(new Set(seconds).size, seconds.length, "no second is told twice");
  await stream.until((text) => {
    const piece = topsIn(text);
    if (piece === undefined || !("tops" in piece)) return false;
    const { paths, misses } = piece.tops;
    return paths.reduce((all, { count }) => all + count, 0) === 6 && misses.length === 3;
  });
  const piece = topsIn(stream.text());
  assert.ok(piece !== undefined && "tops" in piece);
  assert.deepEqual(piece.tops.paths, [
    { path: "/a", count: 3 },
    { path: "/b", count: 2 },
    { path: "/c", count: 1 },
  ]);
  assert.deepEqual(piece.tops.causes, [{ cause: "never-seen", count: 3 }]);
});

test("who comes later finds the last minutes, also of workers that were replaced", async () => {
  await using service = await startService();
  await using site = await openSite(service);
  await view(service.edgePort, site.domain, "/a");
  const reloaded = await warmfront("reload", "--data-dir", service.dataDirectory);
  assert.equal(reloaded.status, 0, reloaded.err);
  await view(service.edgePort, site.domain, "/a");
  await using stream = await openOwnPath(service).stream("traffic", {});
  await untilCounted(stream, 2);
  await using later = await openOwnPath(service).stream("traffic", {});
  await later.until((text) => text.includes('"history"') && text.includes('"step"'));
  const [history] = piecesOf(later.text()).filter((piece) => "history" in piece);
  assert.ok(history !== undefined && "history" in history);
  assert.equal(
    history.history.steps.reduce((sum, { requests }) => sum + requests, 0),
    2,
  );
});

test("another account sees nothing of it, and of a distribution by name that there is none", async () => {
  await using service = await startService();
  await using site = await openSite(service);
  const theirs = openOwnPath(service, newAccessKey(service, "999999999999"));
  await using own = await openOwnPath(service).stream("traffic", {});
  await using stream = await theirs.stream("traffic", {});
  await stream.until((text) => text.includes('"edges"'));
  await view(service.edgePort, site.domain, "/secret");
  await untilCounted(own, 1);
  const seen = stepsOf(own.text()).find(({ requests }) => requests > 0)?.at ?? 0;
  await stream.until((text) => stepsOf(text).some(({ at }) => at > seen));
  assert.equal(requestsIn(stream.text()), 0);
  await own.until((text) => text.includes("/secret"));
  assert.doesNotMatch(stream.text(), /secret/);
  assert.equal((await theirs.post("traffic", { distribution: site.id })).status, 404);
  for (const body of ["garbage", { distribution: 7 }, { distribution: "../x" }]) {
    const { status } = await theirs.post("traffic", body);
    assert.ok(status === 400 || status === 404);
  }
});

test("the command shows a line a second", async () => {
  await using service = await startService();
  await using site = await openSite(service);
  await view(service.edgePort, site.domain, "/a");
  const { out, err, status } = await warmfront(
    "traffic",
    "--distribution",
    site.domain,
    "--lines",
    "2",
    "--api-port",
    String(service.apiPort),
  );
  assert.equal(status, 0, err);
  assert.match(out, /^TIME +REQUESTS[^\n]*\n\d\d:\d\d:\d\d +\d[^\n]*\n\d\d:\d\d:\d\d +\d[^\n]*\n$/);
});
