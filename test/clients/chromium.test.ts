// Chromium as a viewer of the whole service: a web site of many files over HTTPS and HTTP/2, HTTP/1.1 beside it, twice, and a
// recording that is played from places that were not asked for before.

import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before, type TestContext } from "node:test";
import { startService, type RunningService } from "../support/running-service.ts";
import { findChromium, openChromium, type Chromium, type Page } from "./chromium.ts";
import { ALL_METHODS, openFronted, type Fronted } from "./fronted.ts";
import { MINUTES, PICTURES, serveWebSite } from "./web-site.ts";

const program = findChromium();
const needs = { skip: program === undefined ? "Chromium is not installed" : false, timeout: 120_000 };

let service: RunningService;
let chromium: Chromium;

before(async () => {
  if (program === undefined) return;
  service = await startService();
  chromium = await openChromium(program, service);
});

after(async () => {
  if (program === undefined) return;
  await chromium[Symbol.asyncDispose]();
  await service[Symbol.asyncDispose]();
});

function openSite(httpVersion: "http1.1" | "http2"): Promise<Fronted> {
  return openFronted(service, (request, response) => void serveWebSite(request, response), {
    config: { HttpVersion: httpVersion },
    behavior: {
      AllowedMethods: ALL_METHODS,
      Compress: true,
      ForwardedValues: { QueryString: true, Cookies: { Forward: "none" } },
    },
  });
}

/** The page's own word on what each of its resources came by. */
function protocolsOf(page: Page): Promise<unknown> {
  return page.evaluate(
    '[...new Set(performance.getEntriesByType("navigation").concat(performance.getEntriesByType("resource"))' +
      ".map((entry) => entry.nextHopProtocol))]",
  );
}

const until = (condition: string): string =>
  `new Promise((resolve) => { const look = () => (${condition}) ? resolve() : setTimeout(look, 20); look(); })`;

/** Everything is answered, and nothing complained of; X-Cache of each answer of the edge. */
function assertClean(page: Page, at: string): string[] {
  assert.deepEqual(page.complaints, []);
  for (const { url, status } of page.loaded) assert.ok([200, 206, 304].includes(status), `${status} ${url}`);
  return page.loaded.filter(({ url }) => url.startsWith(at)).map(({ headers }) => headers["x-cache"] ?? "none");
}

/** For a look by eye: a test that fails on what a page looks like would fail with each Chromium. */
async function keepScreenshot(page: Page, name: string, t: TestContext): Promise<void> {
  const picture = await page.screenshot();
  assert.ok(picture.length > 10_000, "an empty page");
  const keep = process.env["WARMFRONT_SCREENSHOTS"];
  if (keep === undefined) return;
  const path = join(mkdtempSync(join(keep === "" ? tmpdir() : keep, "screenshot-")), `${name}.png`);
  writeFileSync(path, picture);
  t.diagnostic(path);
}

// HTTP/1.1 first: once there is a connection of HTTP/2 to any distribution, a browser uses it for all names of its certificate.
for (const [httpVersion, scheme, protocol] of [
  ["http1.1", "https", "http/1.1"],
  ["http2", "http", "http/1.1"],
  ["http2", "https", "h2"],
] as const) {
  test(
    `a site of many files comes whole by ${protocol} over ${scheme}, and from the edge the second time`,
    needs,
    async (t) => {
      await using site = await openSite(httpVersion);
      const at = site[scheme];
      const page = await chromium.openPage();
      const isRead = 'document.querySelectorAll("#target tr").length > 100 && document.fonts.status === "loaded"';
      const isShown = '"done" in document.body.dataset && document.fonts.status === "loaded"';
      for (const expected of ["Miss from cloudfront", "Hit from cloudfront"]) {
        page.forget();
        await page.open(`${at}/index.html`);
        await page.evaluate(until(isRead));
        assert.deepEqual(await protocolsOf(page), [protocol]);
        const seen = assertClean(page, at);
        assert.ok(seen.length > 45, `${seen.length} files`);
        assert.deepEqual([...new Set(seen)], [expected]);
        assert.ok(
          page.loaded.some(({ headers }) => headers["content-encoding"] === "gzip"),
          "nothing was compressed",
        );
        if (expected.startsWith("Hit")) await keepScreenshot(page, `${protocol.replace("/", "-")}-${scheme}-index`, t);

        page.forget();
        await page.open(`${at}/gallery.html`);
        await page.evaluate(until(isShown));
        assert.equal(await page.evaluate("document.body.dataset.done"), "imported gallery xhr 200000 classic");
        assert.deepEqual(await protocolsOf(page), [protocol]);
        const gallery = assertClean(page, at);
        assert.ok(gallery.length > PICTURES + 6, `${gallery.length} files`);
        if (expected.startsWith("Hit")) {
          // What was sent by POST is nobody else's; the recording is read in parts, as far as Chromium likes.
          const misses = page.loaded
            .filter(({ headers }) => !headers["x-cache"]?.startsWith("Hit"))
            .map(({ url }) => url);
          assert.deepEqual(
            misses.filter((url) => !url.endsWith("/recording.wav")),
            [`${at}/post`],
          );
          await keepScreenshot(page, `${protocol.replace("/", "-")}-${scheme}-gallery`, t);
        }
      }
    },
  );
}

test("a recording is played from its middle and its end by ranges of it", needs, async () => {
  await using site = await openSite("http2");
  const page = await chromium.openPage();
  await page.open(`${site.https}/gallery.html`);
  await page.evaluate(until('"done" in document.body.dataset'));
  for (const minute of [MINUTES - 1, MINUTES / 2, 1]) {
    await page.evaluate(`new Promise((resolve, reject) => {
      const recording = document.getElementById("recording");
      recording.onerror = () => reject(new Error("cannot be played: " + recording.error?.message));
      recording.ontimeupdate = () => { if (recording.currentTime > ${minute * 60 + 0.2}) resolve(); };
      recording.currentTime = ${minute * 60};
      recording.play().catch(reject);
    })`);
  }
  assert.equal(await page.evaluate('Math.round(document.getElementById("recording").duration)'), MINUTES * 60);
  const parts = page.loaded.filter(({ url }) => url.endsWith("/recording.wav"));
  assert.ok(parts.length > 1, `${parts.length} requests`);
  assert.deepEqual([...new Set(parts.map(({ status, protocol }) => `${status} ${protocol}`))], ["206 h2"]);
  // Where it began to read: not at the beginning alone. How much of it the edge had by then is a matter of pace.
  const begins = parts.map(({ headers }) => Number(/^bytes (\d+)-/.exec(headers["content-range"] ?? "")?.[1]));
  assert.ok(begins.some((begin) => begin > 0) && begins.every((begin) => begin >= 0), begins.join());
});

test("names that share a certificate may share a connection of HTTP/2, and each gets its own site", needs, async () => {
  // [RFC 9113 §9.1.1]. HttpVersion says what is offered in a handshake; on another's connection there is none.
  await using first = await openSite("http2");
  await using second = await openSite("http1.1");
  const page = await chromium.openPage();
  for (const { https, asked } of [first, second, first]) {
    await page.open(`${https}/gallery.html`);
    await page.evaluate(until('"done" in document.body.dataset'));
    assert.ok(assertClean(page, https).length > PICTURES);
    assert.ok(asked.every(({ headers }) => headers.via?.includes("cloudfront") === true));
  }
  assert.equal(first.asked.filter(({ url }) => url === "/gallery.html").length, 1);
  assert.equal(second.asked.filter(({ url }) => url === "/gallery.html").length, 1);
});

test("events come as they are sent, and big uploads arrive side by side", needs, async () => {
  let events = 0;
  await using site = await openFronted(
    service,
    (request, response) => {
      if (request.url === "/events") {
        response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-cache" });
        const told = setInterval(() => response.write(`data: ${++events}\n\n`), 50);
        response.once("close", () => clearInterval(told));
        return;
      }
      void serveWebSite(request, response);
    },
    { behavior: { AllowedMethods: ALL_METHODS, Compress: true } },
  );
  const page = await chromium.openPage();
  await page.open(`${site.https}/gallery.html`);
  const seen = await page.evaluate(`new Promise((resolve, reject) => {
    const seen = [];
    const source = new EventSource("/events");
    source.onerror = () => reject(new Error("no events"));
    source.onmessage = ({ data }) => { if (seen.push(data) === 5) { source.close(); resolve(seen.join()); } };
  })`);
  assert.equal(seen, "1,2,3,4,5"); // what is held back until its end would never have come
  const uploads = `Promise.all([8_000_000, ...Array(10).fill(300_000)].map(async (size) =>
    Number(await (await fetch("/post", { method: "POST", body: new Blob([new Uint8Array(size)]) })).text()) - size))`;
  assert.deepEqual(await page.evaluate(uploads), Array(11).fill(0));
  assertClean(page, site.https);
});
