// What Prometheus and whoever balances load are told by the whole service: real processes, asked over the API's port.

import assert from "node:assert/strict";
import { test } from "node:test";
import { cloudFrontClient, deploy, openSite, smallConfig } from "../support/distribution.ts";
import { readExposition, type Exposition } from "../support/exposition.ts";
import { processesOf, startService, type RunningService } from "../support/running-service.ts";
import { view } from "../support/test-origin.ts";

const TWO_WORKERS = ["--workers", "2", "--log-level", "debug"];

async function scrape(service: RunningService): Promise<Exposition> {
  const answer = await fetch(`${service.apiUrl}/metrics`);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  return readExposition(await answer.text());
}

/** Workers tell once a second. */
async function scrapeUntil(service: RunningService, isSo: (scraped: Exposition) => boolean): Promise<Exposition> {
  for (;;) {
    const scraped = await scrape(service);
    if (isSo(scraped)) return scraped;
  }
}

async function readyStatus(service: RunningService): Promise<number> {
  const answer = await fetch(`${service.apiUrl}/_warmfront/ready`).catch(() => undefined);
  return answer?.status ?? 0;
}

test("metrics tell what viewers were served, and never less, whichever process dies", { timeout: 60_000 }, async () => {
  await using service = await startService(TWO_WORKERS);
  await using site = await openSite(service);
  const distribution = site.id;
  const ask = (path: string) => view(service.edgePort, site.domain, path);
  for (const path of ["/a", "/a", "/a", "/b"]) assert.equal((await ask(path)).status, 200);
  await view(service.edgePort, "nobody.test", "/");

  const first = await scrapeUntil(service, ({ sum }) => sum("warmfront_requests_total") === 5);
  assert.equal(first.sum("warmfront_requests_total", { distribution, result: "Hit" }), 2);
  assert.equal(first.sum("warmfront_requests_total", { distribution, result: "Miss" }), 2);
  assert.equal(first.sum("warmfront_requests_total", { distribution: "other", result: "Error" }), 1);
  assert.equal(first.sum("warmfront_responses_total", { distribution, status: "2xx" }), 4);
  assert.equal(first.sum("warmfront_request_duration_seconds_count", { distribution }), 4);
  assert.ok(first.sum("warmfront_response_bytes_total", { distribution }) > 4 * "page /a".length);
  assert.equal(first.sum("warmfront_origin_requests_total", { distribution }), 2);
  assert.equal(first.sum("warmfront_origin_duration_seconds_count", { distribution }), 2);
  assert.ok(first.sum("warmfront_cache_responses") >= 2);
  assert.equal(first.sum("warmfront_workers", { state: "listening" }), 2);
  assert.equal(first.sum("warmfront_workers_wanted"), 2);
  assert.ok(first.sum("warmfront_config_revision") > 0);
  assert.equal(first.sum("warmfront_config_lag_changes"), 0);
  for (const process of ["api", "supervisor", "edge-1", "edge-2"]) {
    assert.ok(first.sum("warmfront_process_resident_memory_bytes", { process }) > 1_000_000, process);
    assert.ok(first.sum("warmfront_event_loop_delay_seconds_count", { process }) >= 0, process);
  }

  const [worker = 0] = processesOf(service, "edge 1");
  process.kill(worker, "SIGKILL");
  const second = await scrapeUntil(
    service,
    ({ sum }) => sum("warmfront_process_deaths_total") === 1 && sum("warmfront_workers", { state: "listening" }) === 2,
  );
  assert.equal(second.sum("warmfront_process_deaths_total", { process: "edge-1" }), 1);
  const [api = 0] = processesOf(service, "api");
  process.kill(api, "SIGKILL");
  while ((await readyStatus(service)) !== 200) continue;
  const third = await scrape(service);
  for (const { name, labels, value } of first.samples) {
    const family = name.replace(/_(?:bucket|sum|count)$/, "");
    const isOfAll = labels["process"] === undefined && labels["service"] === undefined;
    if (first.types.get(family) === "gauge" || first.types.get(name) === "gauge" || !isOfAll) continue;
    for (const later of [second, third]) {
      assert.ok(later.sum(name, labels) >= value, `${name} ${JSON.stringify(labels)} fell from ${value}`);
    }
  }
});

test("the service is ready while somebody serves viewers, and says why it is not", { timeout: 60_000 }, async () => {
  await using service = await startService(["--workers", "1", "--log-level", "debug"]);
  const ask = (path: string, method = "GET") => fetch(`${service.apiUrl}/_warmfront/${path}`, { method });
  assert.deepEqual(await (await ask("ready")).json(), { status: "ready", workers: { listening: 1, wanted: 1 } });
  assert.deepEqual(await (await ask("health")).json(), { status: "alive" });
  assert.equal((await ask("ready", "HEAD")).status, 200);
  assert.equal((await ask("health", "HEAD")).status, 200);
  assert.equal((await ask("ready", "POST")).status, 404);

  const [worker = 0] = processesOf(service, "edge");
  process.kill(worker, "SIGKILL");
  let answer = await ask("ready");
  while (answer.status === 200) answer = await ask("ready");
  assert.equal(answer.status, 503);
  assert.deepEqual(await answer.json(), { status: "not ready", why: "no edge worker is listening" });
  assert.equal((await ask("health")).status, 200);
  while ((await readyStatus(service)) !== 200) continue;
});

test(
  "metrics are for this machine: not for viewers, who may be led to the API's port",
  { timeout: 60_000 },
  async () => {
    await using service = await startService();
    const led = await deploy(cloudFrontClient(service), smallConfig(service.apiPort));
    const { status, body } = await view(service.edgePort, led.domain, "/metrics");
    assert.equal(status, 403);
    assert.doesNotMatch(body, /warmfront_requests/);
    assert.equal((await view(service.apiPort, "rebound.example", "/metrics")).status, 403);
    // A query, another method, another path or a signature is a bucket's client's.
    assert.match((await view(service.apiPort, "127.0.0.1", "/metrics?list-type=2")).body, /NoSuchBucket/);
    assert.match((await view(service.apiPort, "127.0.0.1", "/metrics/")).body, /NoSuchBucket/);
    assert.notEqual((await view(service.apiPort, "127.0.0.1", "/metrics", "PUT")).status, 200);
  },
);

test("switched off, the path is a bucket's, and no process counts for it", { timeout: 60_000 }, async () => {
  await using service = await startService(["--metrics", "off"]);
  assert.match((await view(service.apiPort, "127.0.0.1", "/metrics")).body, /NoSuchBucket/);
  assert.equal(await readyStatus(service), 200);
});
