// Distributions in a real browser: made, found, changed by form and as JSON after a look at the lines, tested by paths, deleted.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CHROMIUM, openConsoleWorld, openPage, saveRefused, signIn, type ConsoleWorld } from "./console-browser.ts";
import { callOperation, rawSignIn, shopConfig, type MadeDistribution } from "./raw-console.ts";

const options = CHROMIUM === undefined ? { skip: "there is no chromium here" } : {};
let world: ConsoleWorld;

before(async () => {
  if (CHROMIUM !== undefined) world = await openConsoleWorld();
});
after(async () => world?.[Symbol.asyncDispose]());

async function makeShop(reference: string): Promise<MadeDistribution> {
  const { apiPort } = world.service;
  const input = { DistributionConfig: shopConfig(reference, 8080) };
  return callOperation(apiPort, await rawSignIn(apiPort), "CreateDistribution", input);
}

test("a distribution is made by form; what the API refuses stands at its field", options, async () => {
  const opened = await openPage(world);
  const { page, context, complaints } = opened;
  await signIn(opened, world.url);
  await page.getByRole("link", { name: "New distribution" }).click();
  await page.getByLabel("Comment").fill("by hand");
  await page.getByLabel("Domain name").fill("not a name");
  await page.getByRole("button", { name: "Create" }).click();
  const field = page.getByLabel("Domain name");
  await page.locator('[aria-invalid="true"]').waitFor();
  assert.equal(await field.getAttribute("aria-invalid"), "true");
  await field.fill("origin.example.com");
  await page.getByRole("button", { name: "Add a behavior" }).click();
  await page.getByLabel("Path pattern").fill("/static/*");
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByRole("heading", { name: "by hand" }).waitFor();
  assert.match(page.url(), /\/distributions\/E[A-Z0-9]{13}$/);
  await page.getByText("/static/*").waitFor();
  await page.getByText("Deployed").waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

test("the list is searched, by the address too", options, async () => {
  const [{ Distribution: one }, { Distribution: other }] = [await makeShop("search-one"), await makeShop("search-two")];
  const opened = await openPage(world);
  const { page, context } = opened;
  await signIn(opened, `${world.url}/distributions`);
  await page.getByRole("link", { name: one.Id }).waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("search-two");
  await page.getByRole("link", { name: one.Id }).waitFor({ state: "hidden" });
  await page.getByRole("link", { name: other.Id }).waitFor();
  await page.reload();
  await page.getByRole("link", { name: other.Id }).waitFor();
  assert.equal(await page.getByRole("link", { name: one.Id }).count(), 0);
  await page.getByRole("searchbox").fill("nothing of the kind");
  await page.getByText(/None of \d+ has/).waitFor();
  await context.close();
});

test("a change by form is shown as lines, saved by its revision, and in force soon", options, async () => {
  const { Distribution } = await makeShop("form");
  const opened = await openPage(world);
  const { page, context } = opened;
  await signIn(opened, `${world.url}/distributions/${Distribution.Id}/settings`);
  await page.getByLabel("Default root object").fill("home.html");
  await page.getByRole("button", { name: /^Earlier\s*: \/api/u }).click();
  await page.getByRole("button", { name: "Review and save …" }).click();
  const dialog = page.getByRole("dialog", { name: "Save these changes?" });
  const changes = dialog.getByRole("region", { name: "Changes" });
  assert.match(
    await changes.innerText(),
    /removed:\s+"DefaultRootObject": "index.html",\s+\+\s+added:\s+"DefaultRootObject": "home.html"/,
  );
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.getByRole("table", { name: /Behaviors/ }).waitFor();
  await page.getByText("home.html").waitFor();
  const rows = await page
    .getByRole("table", { name: /Behaviors/ })
    .getByRole("row")
    .allInnerTexts();
  assert.deepEqual(
    rows.slice(1).map((row) => /\/\w+\/\*|Default/.exec(row)?.[0]),
    ["/api/*", "/images/*", "Default"],
  );
  await context.close();
});

test("who has begun before another one saved is refused, and nothing is lost of either", options, async () => {
  const { Distribution } = await makeShop("race");
  const opened = await openPage(world);
  const { page, context } = opened;
  await signIn(opened, `${world.url}/distributions/${Distribution.Id}/settings`);
  await page.getByLabel("Comment").fill("mine");
  const { apiPort } = world.service;
  const cookie = await rawSignIn(apiPort);
  const current = await callOperation<MadeDistribution>(apiPort, cookie, "GetDistribution", { Id: Distribution.Id });
  await callOperation(apiPort, cookie, "UpdateDistribution", {
    Id: Distribution.Id,
    IfMatch: current.ETag,
    DistributionConfig: { ...shopConfig("race", 8080), Comment: "theirs", ...FILLED },
  });
  await saveRefused(page);
  await page.getByText("Somebody has changed this distribution since you began.").waitFor();
  assert.equal(await page.getByLabel("Comment").inputValue(), "mine");
  page.once("dialog", (asked) => void asked.accept());
  await page.getByRole("link", { name: "Overview" }).click();
  await page.getByRole("heading", { name: "theirs" }).waitFor();
  await context.close();
});

/** What an update has to have beside what a create may leave out. */
const FILLED = {
  Logging: { Enabled: false, IncludeCookies: false, Bucket: "", Prefix: "" },
  PriceClass: "PriceClass_All",
};

test("the config as JSON takes what is JSON and what the API takes, and says why not", options, async () => {
  const { Distribution } = await makeShop("json");
  const opened = await openPage(world);
  const { page, context } = opened;
  await signIn(opened, `${world.url}/distributions/${Distribution.Id}/config`);
  const editor = page.getByLabel("DistributionConfig");
  const first = await editor.inputValue();
  await editor.fill(`${first},`);
  await page.getByText(/This is not JSON/).waitFor();
  assert.equal(await page.getByRole("button", { name: "Review and save …" }).isDisabled(), true);
  await editor.fill(first.replace('"Comment"', '"Komment"'));
  await saveRefused(page, /Unknown member "Komment" in DistributionConfig/);
  await editor.fill(first.replace("the shop", "the new shop"));
  await page.getByRole("button", { name: "Review and save …" }).click();
  await page.getByRole("dialog").getByText("1 line added, 1 removed").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: "the new shop" }).waitFor();
  await context.close();
});

test("the path tester says which behavior applies, and why the earlier ones do not", options, async () => {
  const { Distribution } = await makeShop("paths");
  const opened = await openPage(world);
  const { page, context } = opened;
  await signIn(opened, `${world.url}/distributions/${Distribution.Id}/paths`);
  await page.getByText("The default root object stands in for it:").waitFor();
  await page.getByLabel("Path").fill("/api/v1?x=/images/");
  await page.getByText("/api/* matches /api/v1").waitFor();
  await page.getByText("/images/* does not match /api/v1 as a whole").waitFor();
  await page.getByLabel("Path").fill("/Images/a.png");
  await page.getByText("they differ in case, and case counts").waitFor();
  await page.getByText("the default behavior takes what no other matched").waitFor();
  await page.getByLabel("Path").fill("images");
  await page.getByText("it begins with a slash").waitFor();
  await context.close();
});

test("a distribution is deleted by keyboard alone, after what it needs", options, async () => {
  const { Distribution } = await makeShop("delete");
  const opened = await openPage(world);
  const { page, context } = opened;
  await signIn(opened, `${world.url}/distributions/${Distribution.Id}`);
  await page.getByRole("button", { name: "Delete …" }).focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: `Delete ${Distribution.Id}` });
  await dialog.getByText("It is enabled: viewers are still served.").waitFor();
  await dialog.getByRole("button", { name: "Disable it" }).focus();
  await page.keyboard.press("Enter");
  const last = dialog.getByRole("button", { name: "Delete it for good", disabled: false });
  await last.waitFor();
  await last.focus();
  await page.keyboard.press("Enter");
  await page.getByText(`${Distribution.Id} is deleted.`).waitFor();
  assert.equal(new URL(page.url()).pathname, "/distributions");
  await context.close();
});

test("a distribution that is not there is told as the API tells it", options, async () => {
  const opened = await openPage(world);
  const { page, context } = opened;
  await signIn(opened, `${world.url}/distributions/E0000000000000`);
  await page.getByText("The specified distribution does not exist.").waitFor();
  await context.close();
});
