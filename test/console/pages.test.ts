// Every page of the console in both themes: axe finds nothing, a phone has nothing to scroll sideways, nothing complains.
// UPDATE_GOLDEN=1 writes their pictures into docs/console, which are looked at and not compared.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
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
import { openLivePages, type LivePages } from "./live-rows.ts";
import { preparePages, type PreparedPage } from "./page-rows.ts";

const options = CHROMIUM === undefined ? { skip: "there is no chromium here" } : {};
const PICTURE_BYTES_MAX = 150_000;
/** Page, the button that opens it, what it is called here; where that is a picture's name, one is made. */
const PICTURED = new Set(["review", "edit"]);
const DIALOGS = [
  ["/distributions/{id}", "Delete …", "delete"],
  ["/distributions/{id}/settings", "Review and save …", "review"],
  ["/identities", "New identity", "identity"],
  ["/identities", /^Edit\s*pictures/, "control"],
  ["/keys", "New key group", "group"],
  ["/keys", /^Edit\s*members/, "edit"],
  ["/keys", /^Edit\s*signer/, "key"],
  ["/keys", "Keys", "help"],
] as const;
let world: ConsoleWorld;
let pages: readonly PreparedPage[];
let live: LivePages;

before(async () => {
  if (CHROMIUM === undefined) return;
  world = await openConsoleWorld();
  live = await openLivePages(world.service);
  pages = [...(await preparePages(world.service)), ...live.pages];
});
after(async () => {
  await live?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

test("every page of the console has a row here", options, () => {
  const table = readFileSync(join(ROOT, "console/src/pages.ts"), "utf8");
  const paths = [...table.matchAll(/path: "([^"]+)"/g)].map(([, path = ""]) => path);
  assert.ok(paths.length > 5);
  const missing = paths.filter((path) => !pages.some(({ pattern }) => pattern === path));
  assert.deepEqual(missing, []);
});

for (const theme of ["light", "dark"] as const) {
  test(`no page has anything for axe to find, or to scroll sideways on a phone: ${theme}`, options, async () => {
    const opened = await openPage(world, { theme, width: 1180, height: 800 });
    const { page, context, complaints } = opened;
    await page.goto(world.url);
    await picture("sign-in");
    await signIn(opened, world.url);
    for (const { name, path, isThere } of pages) {
      await page.setViewportSize({ width: 1180, height: 800 });
      await page.goto(`${world.url}${path}`);
      await isThere(page);
      assert.deepEqual(await violationsOf(page), [], path);
      assert.equal(await overflowOf(page), 0, path);
      await picture(name);
      for (const heading of name === "settings" ? ["Origins", "Errors", "Connections"] : []) {
        const shown = page.getByRole("heading", { name: heading, exact: true });
        await shown.evaluate((element) => (element as unknown as { scrollIntoView(): void }).scrollIntoView());
        await picture(heading.toLowerCase());
      }
      await page.setViewportSize({ width: 360, height: 740 });
      assert.equal(await overflowOf(page), 0, `${path} on a phone`);
      assert.deepEqual(await violationsOf(page), [], `${path} on a phone`);
      if (name === "distribution") await picture("phone");
    }
    for (const [path, button, name] of DIALOGS) {
      await page.setViewportSize({ width: 1180, height: 800 });
      const at = pages.find((row) => row.pattern === path)?.path ?? "";
      await page.goto(`${world.url}${at}`);
      if (name === "review") await page.getByLabel("Default root object").fill("home.html");
      await page.getByRole("button", { name: button }).first().click();
      await page.getByRole("dialog").waitFor();
      await page.getByText(/^Loading/).waitFor({ state: "hidden" });
      if (name === "edit") await page.getByRole("checkbox").waitFor();
      assert.deepEqual(await violationsOf(page), [], `${path}: ${button}`);
      if (PICTURED.has(name)) await picture(name);
      await page.setViewportSize({ width: 360, height: 740 });
      assert.equal(await overflowOf(page), 0, `${path}: ${button} on a phone`);
      assert.deepEqual(await violationsOf(page), [], `${path}: ${button} on a phone`);
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "hidden" });
    }
    assert.deepEqual(complaints, []);
    await context.close();

    async function picture(name: string): Promise<void> {
      const path = join(ROOT, "docs/console", `${name}-${theme}.png`);
      if (process.env["UPDATE_GOLDEN"] === "1") {
        mkdirSync(join(ROOT, "docs/console"), { recursive: true });
        writeFileSync(path, await page.screenshot());
      }
      assert.ok(statSync(path).size < PICTURE_BYTES_MAX, path);
    }
  });
}
