// How long the web console takes in a browser until something can be done on it: from the address to a list of distributions that
// takes a search. With nothing in the browser's cache, as at somebody's first visit, and with what it has kept.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { openConsoleWorld, openPage, type ConsoleWorld } from "../test/console/console-browser.ts";
import { callOperation, rawSignIn, shopConfig } from "../test/console/raw-console.ts";
import { ROOT } from "../tools/run.ts";
import type { Bench, Figure } from "./support/bench.ts";
import { formatSpread } from "./support/statistics.ts";

const ROUNDS = 9;
const DISTRIBUTIONS = 50;

export const consolePage: Bench = {
  name: "console",
  about: "The web console in Chromium: until a page of 50 distributions takes a search, and what it is made of.",
  async run() {
    await using world = await openConsoleWorld();
    const { apiPort } = world.service;
    const cookie = await rawSignIn(apiPort);
    for (let index = 0; index < DISTRIBUTIONS; index++) {
      const input = { DistributionConfig: shopConfig(`shop-${index}`, 8080) };
      await callOperation(apiPort, cookie, "CreateDistribution", input);
    }
    const first: number[] = [];
    const again: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const { cold, warm } = await visit(world);
      first.push(cold);
      again.push(warm);
    }
    const figures: Figure[] = [
      { what: "first visit to interactive", value: formatSpread(first, 0), unit: "ms", wanted: "< 1000", how: HOW },
      { what: "with what the browser has kept", value: formatSpread(again, 0), unit: "ms", wanted: "< 1000", how: HOW },
      ...sizes(),
    ];
    return figures;
  },
};

const HOW = `a window of its own, ${ROUNDS} times; by the page's own clock, from the navigation to the frame after the list is there`;

async function visit(world: ConsoleWorld): Promise<{ readonly cold: number; readonly warm: number }> {
  const opened = await openPage(world);
  const { page, context } = opened;
  // Signed in by a page that is none of the console's files, so that nothing of them is kept.
  await page.goto(`${world.url}/favicon.svg`);
  await page.evaluate(
    `fetch("/_warmfront/console/session", { method: "POST", headers: { "X-Warmfront-Console": "1" }, body: '{"accessKeyId":"test","secretAccessKey":"test"}' })`,
  );
  const timed = async (): Promise<number> => {
    await page.goto(`${world.url}/distributions`);
    await page.getByRole("searchbox").waitFor();
    return (await page.evaluate(
      "new Promise((done) => requestAnimationFrame(() => done(performance.now())))",
    )) as number;
  };
  const cold = await timed();
  const warm = await timed();
  await context.close();
  return { cold, warm };
}

function sizes(): readonly Figure[] {
  const folder = join(ROOT, "console/dist/assets");
  const scripts = readdirSync(folder).filter((name) => name.endsWith(".js"));
  const bytes = scripts.map((name) => gzipSync(readFileSync(join(folder, name)), { level: 9 }).length);
  const sum = bytes.reduce((all, each) => all + each, 0);
  return [
    { what: "all scripts", value: (sum / 1000).toFixed(1), unit: "KB", wanted: "< 200", how: "compressed with gzip" },
  ];
}
