// `warmfront reload` and SIGHUP: every edge worker is replaced, what the operator has changed is read, and no viewer notices.

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectHttp2, constants, type ClientHttp2Session } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { openCountingViewers } from "../support/counting-viewers.ts";
import { openSite } from "../support/distribution.ts";
import { processesOf, startService } from "../support/running-service.ts";
import { view } from "../support/test-origin.ts";
import { until, untilAnswered, untilSaid } from "../support/until.ts";
import { warmfront } from "../support/warmfront-command.ts";

const WORKERS = ["--workers", "2", "--log-level", "debug"];

test("a reload under load replaces every worker and fails no request", async () => {
  await using service = await startService(WORKERS);
  await using site = await openSite(service);
  const before = processesOf(service, "edge");
  const asked = { port: service.edgePort, host: site.domain, path: "/a" };
  const viewers = [
    openCountingViewers({ ...asked, viewers: 20 }),
    openCountingViewers({ ...asked, viewers: 10, isNewEachTime: true }),
    openCountingViewers({ ...asked, viewers: 10, pauseMs: 100 }),
  ];
  await using opened = new AsyncDisposableStack();
  for (const one of viewers) opened.use(one);
  for (const { counts } of viewers) await untilAnswered(counts, 50);
  assert.deepEqual(await warmfront("reload", "--data-dir", service.dataDirectory), {
    status: 0,
    out: "Reloaded: 2 workers.\n",
    err: "",
  });
  for (const { counts } of viewers) await untilAnswered(counts, counts.answered + 50);
  for (const one of viewers) {
    const { answered, ...wrong } = await one.stop();
    assert(answered > 100);
    assert.deepEqual(wrong, { refused: 0, unanswered: 0, cut: 0, closedIdle: 0, otherStatus: 0, brokenPorts: [] });
  }
  const after = processesOf(service, "edge").slice(2);
  assert.equal(after.length, 2);
  for (const id of before) assert(!isAlive(id), `process ${id} is still there`);
  for (const id of after) assert(isAlive(id));
  assert.equal((await view(service.edgePort, site.domain, "/a")).status, 200);
});

test("a hang-up reloads a server that has no terminal", async () => {
  await using service = await startService(WORKERS);
  process.kill(service.process.pid ?? 0, "SIGHUP");
  await untilSaid(service, "reloaded: 2 workers");
  assert.equal(processesOf(service, "edge").length, 4);
  assert.equal(await service.end("SIGTERM"), 0);
});

test("a reload without a server says so", async () => {
  await using service = await startService();
  assert.equal(await service.end(), 0);
  const { status, err } = await warmfront("reload", "--data-dir", service.dataDirectory);
  assert.equal(status, 1);
  assert.match(err, /no server runs on the data directory/);
  assert(!existsSync(join(service.dataDirectory, "server.json")));
});

test("requests in flight are finished by the worker that has them", async () => {
  await using service = await startService(WORKERS);
  await using site = await openSite(service, { isHeld: true });
  const viewed = view(service.edgePort, site.domain, "/slow");
  await site.nextAsked();
  const reloaded = warmfront("reload", "--data-dir", service.dataDirectory);
  await until(() => processesOf(service, "edge").length >= 3);
  site.release();
  assert.equal((await viewed).body, "page /slow");
  assert.equal((await reloaded).status, 0);
});

test("viewers over HTTP/2 are told to go elsewhere, and lose no request", async () => {
  await using service = await startService(WORKERS);
  await using site = await openSite(service);
  const viewers = Array.from({ length: 6 }, () => openHttp2Viewer(service.edgeHttpsPort, site.domain));
  await until(() => viewers.every(({ counts }) => counts.answered >= 20));
  assert.equal((await warmfront("reload", "--data-dir", service.dataDirectory)).status, 0);
  for (const { counts } of viewers) {
    const { answered } = counts;
    await until(() => counts.answered >= answered + 20);
  }
  for (const viewer of viewers) {
    const { failed, sessions } = await viewer.stop();
    assert.deepEqual(failed, []);
    assert(sessions > 1, "it stayed with a worker that is gone");
  }
});

test("the settings file is read again; a faulty one changes nothing", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "warmfront-reload-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "settings.json");
  const write = (content: unknown): void => writeFileSync(file, JSON.stringify(content));
  write({ edgeLocation: "FRA50-P1" });
  await using service = await startService([...WORKERS, "--config", file]);
  await using site = await openSite(service);
  const popName = async (): Promise<unknown> =>
    (await view(service.edgePort, site.domain, "/a")).headers["x-amz-cf-pop"];
  const reload = (): ReturnType<typeof warmfront> => warmfront("reload", "--data-dir", service.dataDirectory);
  assert.equal(await popName(), "FRA50-P1");

  write({ edgeLocation: "LHR61-P2", apiPort: 1 });
  assert.equal((await reload()).status, 0);
  for (let asked = 0; asked < 10; asked++) assert.equal(await popName(), "LHR61-P2");

  const started = processesOf(service, "edge").length;
  for (const [content, why] of [
    [{ edgeLocation: "somewhere" }, /nothing was reloaded: .*"edgeLocation" must be a name like/],
    [{ certificatesDir: join(folder, "none") }, /nothing was reloaded: certificates: .*cannot be read/],
  ] as const) {
    write(content);
    const { status, err } = await reload();
    assert.equal(status, 1);
    assert.match(err, why);
  }
  assert.equal(processesOf(service, "edge").length, started);

  // What only a worker finds out ends its start, and the reload with it.
  write({ countryDatabase: join(folder, "none.mmdb") });
  const { status, err } = await reload();
  assert.equal(status, 1);
  assert.match(err, /not every worker was replaced: the country database .*none\.mmdb cannot be read/);
  assert.equal(await popName(), "LHR61-P2");
});

interface Http2Viewer {
  readonly counts: { answered: number; sessions: number; readonly failed: string[] };
  stop(): Promise<Http2Viewer["counts"]>;
}

/** One request after the other, as a browser asks: over another connection when it is told that this one ends. */
function openHttp2Viewer(port: number, host: string): Http2Viewer {
  const counts = { answered: 0, sessions: 0, failed: [] as string[] };
  const stopping = new AbortController();

  function openSession(): ClientHttp2Session {
    counts.sessions++;
    const session = connectHttp2(`https://127.0.0.1:${port}`, { servername: host, rejectUnauthorized: false });
    session.on("error", () => undefined); // its requests tell
    return session;
  }

  /** "answered", or "again", or what was wrong. */
  function ask(session: ClientHttp2Session): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    const stream = session.request({ ":path": "/a", ":authority": host });
    let status = 0;
    stream.on("response", (headers) => (status = Number(headers[":status"])));
    stream.on("end", () => resolve(status === 200 ? "answered" : `status ${status}`));
    stream.on("error", (error) => resolve(isNotDone(stream.rstCode) ? "again" : error.message));
    stream.on("close", () => resolve(status === 0 ? "again" : `closed with ${stream.rstCode}`));
    stream.resume().end();
    return promise;
  }

  async function run(): Promise<void> {
    let session = openSession();
    while (!stopping.signal.aborted) {
      if (session.closed || session.destroyed) session = openSession();
      const outcome = await ask(session);
      if (outcome === "answered") counts.answered++;
      else if (outcome !== "again") counts.failed.push(outcome);
    }
    session.destroy();
  }

  const running = run();
  return {
    counts,
    async stop() {
      stopping.abort();
      await running;
      return counts;
    },
  };
}

/** The server has said that it did nothing with the request. [RFC 9113 §8.7] */
function isNotDone(code: number | undefined): boolean {
  return code === constants.NGHTTP2_REFUSED_STREAM;
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch {
    return false;
  }
}
