// The console's frame in a real browser: signing in and out, the keyboard, a phone, both themes, and what it costs to load.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { ROOT } from "../../tools/run.ts";
import {
  CHROMIUM,
  openConsoleWorld,
  openPage,
  overflowOf,
  signIn,
  violationsOf,
  type ConsoleWorld,
} from "./console-browser.ts";

const options = CHROMIUM === undefined ? { skip: "there is no chromium here" } : {};
let world: ConsoleWorld;

before(async () => {
  if (CHROMIUM !== undefined) world = await openConsoleWorld();
});
after(async () => world?.[Symbol.asyncDispose]());

test("one signs in where one wanted to go, and is told what is wrong", options, async () => {
  const { page, context, complaints } = await openPage(world);
  await page.goto(`${world.url}/distributions?search=shop`);
  await page.getByLabel("Access key ID").fill("test");
  await page.getByLabel("Secret access key").fill("guess");
  await page.keyboard.press("Enter");
  await page.getByText("The access key ID or the secret is wrong.").waitFor();
  await page.getByLabel("Secret access key").fill("test");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Distributions" }).waitFor();
  assert.equal(page.url(), `${world.url}/distributions?search=shop`);
  const [cookie] = await context.cookies();
  assert.deepEqual([cookie?.name, cookie?.httpOnly, cookie?.sameSite], ["warmfront-console", true, "Strict"]);
  assert.equal(await page.evaluate("document.cookie"), "");
  assert.deepEqual(complaints, []);
  await context.close();
});

test("signing out ends the session in all windows, and its cookie is worth nothing then", options, async () => {
  const opened = await openPage(world);
  const { page, context } = opened;
  await signIn(opened, world.url);
  const [cookie] = await context.cookies();
  const second = await context.newPage();
  await second.goto(`${world.url}/distributions`);
  await second.getByRole("heading", { name: "Distributions" }).waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByText("You are signed out.").waitFor();
  await context.addCookies([{ name: cookie?.name ?? "", value: cookie?.value ?? "", url: world.url }]);
  await second.reload();
  await second.getByRole("button", { name: "Sign in" }).waitFor();
  await context.close();
});

test(
  "the keyboard alone is enough: past the navigation, to a page, to the keys' help and out of it",
  options,
  async () => {
    const opened = await openPage(world);
    const { page, context } = opened;
    await signIn(opened, `${world.url}/nowhere`);
    await page.getByRole("heading", { name: "There is no such page" }).waitFor();
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate("document.activeElement.textContent.trim()"), "Skip to the page");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate("document.activeElement.id"), "main");
    await page.keyboard.press("g");
    await page.keyboard.press("d");
    await page.getByRole("heading", { name: "Distributions" }).waitFor();
    await page.locator("h1:focus").waitFor();
    await page.goBack();
    await page.getByRole("heading", { name: "There is no such page" }).waitFor();
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keys" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog", { name: "Keys" }).waitFor({ state: "hidden" });
    await context.close();
  },
);

test("the theme is the system's until another one is chosen, and that is kept", options, async () => {
  const opened = await openPage(world, { theme: "dark" });
  const { page, context } = opened;
  await signIn(opened, world.url);
  const paper = (): Promise<unknown> => page.evaluate("getComputedStyle(document.documentElement).backgroundColor");
  const dark = await paper();
  await page.getByRole("button", { name: "Colors: as the system" }).click();
  const light = await paper();
  assert.notEqual(light, dark);
  await page.reload();
  await page.getByRole("button", { name: "Colors: light" }).waitFor();
  assert.equal(await paper(), light);
  await context.close();
});

for (const theme of ["light", "dark"] as const) {
  test(`the frame has nothing for axe to find, nor to scroll sideways on a phone: ${theme}`, options, async () => {
    const opened = await openPage(world, { theme, width: 360, height: 720 });
    const { page, context } = opened;
    await page.goto(world.url);
    await page.getByRole("button", { name: "Sign in" }).waitFor();
    assert.deepEqual(await violationsOf(page), []);
    assert.equal(await overflowOf(page), 0);
    await signIn(opened, world.url);
    await page.getByRole("button", { name: "Menu" }).click();
    await page.getByRole("link", { name: "Distributions" }).waitFor();
    // A page comes a moment after its frame.
    await page.getByRole("heading", { level: 1 }).waitFor();
    assert.deepEqual(await violationsOf(page), []);
    assert.equal(await overflowOf(page), 0);
    await context.close();
  });
}

test("all scripts together are less than 200 KB, compressed", options, () => {
  const folder = join(ROOT, "console/dist/assets");
  const scripts = readdirSync(folder).filter((name) => name.endsWith(".js"));
  const bytes = scripts.map((name) => gzipSync(readFileSync(join(folder, name))).length);
  const sum = bytes.reduce((one, other) => one + other, 0);
  assert.ok(sum > 0 && sum < 200_000, `${sum} bytes`);
});
