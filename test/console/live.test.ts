// Live figures, the tail with its traces, and explain, in a browser.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CHROMIUM, openConsoleWorld, openPage, signIn, violationsOf, type ConsoleWorld } from "./console-browser.ts";
import { openLivePages, untilRequests, type LivePages } from "./live-rows.ts";

const options = CHROMIUM === undefined ? { skip: "there is no chromium here" } : {};
let world: ConsoleWorld;
let live: LivePages;

before(async () => {
  if (CHROMIUM === undefined) return;
  world = await openConsoleWorld();
  live = await openLivePages(world.service);
});
after(async () => {
  await live?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

test(
  "what is served moves: figures of the last minute, plots with a sentence, and the misses by cause",
  options,
  async () => {
    const opened = await openPage(world);
    const { page, context, complaints } = opened;
    await signIn(opened, world.url);
    await page.goto(`${world.url}/live?distribution=${live.id}`);
    await page.getByRole("region", { name: "The last minute" }).waitFor();
    await live.ask();
    await untilRequests(page, 6);
    await live.ask();
    await untilRequests(page, 12);
    assert.ok((await page.getByRole("img", { name: /^Hit ratio over the last five minutes\. Now / }).count()) === 1);
    assert.equal(await page.locator(".plot canvas").count(), 5);
    await page.getByRole("cell", { name: "never asked for before" }).first().waitFor();
    await page.getByText("The last seconds in figures").click();
    await page.getByRole("table", { name: "The last seconds" }).waitFor();
    assert.deepEqual(await violationsOf(page), []);
    assert.deepEqual(complaints, []);
    await context.close();
  },
);

test("the tail is filtered, paused and cleared by keys, and a line is opened to its trace", options, async () => {
  const opened = await openPage(world);
  const { page, context, complaints } = opened;
  await signIn(opened, world.url);
  await page.keyboard.press("g");
  await page.keyboard.press("t");
  await page.getByText(/Edge [\d, ]+ watched/).waitFor();
  await live.ask();
  await page
    .getByRole("button", { name: /index\.html/ })
    .nth(2)
    .waitFor();

  // A filter of its own, which the address keeps.
  await page.keyboard.press("/");
  await page.keyboard.type("status >= 500");
  await page.keyboard.press("Enter");
  await page.waitForURL(/where=status/);
  await page.keyboard.press("Escape");
  await page.getByRole("heading", { name: "Tail" }).click();
  await page.keyboard.press("c");
  await page.getByText(/Edge [\d, ]+ watched\. 0 shown/).waitFor();
  await live.ask();
  const broken = page.getByRole("button", { name: /broken/ });
  await broken.first().waitFor();
  assert.equal(await page.getByRole("button", { name: /index\.html/ }).count(), 0);

  await page.keyboard.press("p");
  const before = await broken.count();
  await live.ask();
  await page.getByText("; paused, 1 since").waitFor();
  assert.equal(await broken.count(), before);
  await page.keyboard.press("p");
  await broken.nth(before).waitFor();

  await broken.first().focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Request" });
  await dialog.getByText(/^500 /).first().waitFor();
  await dialog.getByText(/it was sent whole/).waitFor();
  assert.deepEqual(await violationsOf(page), []);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });

  await page.getByLabel("Filter").fill("status = 500");
  await page.keyboard.press("Enter");
  await page
    .getByRole("alert")
    .getByText(/column 8: a comparison is ==/)
    .waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

test("a tail ends with the session, and the page says so", options, async () => {
  const opened = await openPage(world);
  const { page, context } = opened;
  await signIn(opened, world.url);
  await page.goto(`${world.url}/tail`);
  await page.getByText(/Edge [\d, ]+ watched/).waitFor();
  await page.evaluate(
    `fetch("/_warmfront/console/session", { method: "DELETE", headers: { "X-Warmfront-Console": "1" } })`,
  );
  await page.getByLabel("Secret access key").waitFor();
  await context.close();
});

test("explain tells the same as the command, and two URLs are held against each other", options, async () => {
  const opened = await openPage(world);
  const { page, context, complaints } = opened;
  await signIn(opened, world.url);
  await page.goto(`${world.url}/explain`);
  await page.getByLabel("URL", { exact: true }).fill(`http://${live.domain}/never-asked`);
  await page.keyboard.press("Enter");
  await page.getByText("miss", { exact: true }).first().waitFor();
  await page.getByText(/Because: not asked for since/).waitFor();
  await page.getByLabel("Compare with another URL").fill(`http://${live.domain}/other`);
  await page.getByRole("button", { name: "Compare" }).click();
  await page.getByText("Not shared").waitFor();
  await page.getByRole("cell", { name: "/never-asked" }).waitFor();
  assert.deepEqual(await violationsOf(page), []);
  await page.getByLabel("Headers of the request").fill("nonsense");
  await page
    .getByRole("alert")
    .getByText(/is no header/)
    .waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});
