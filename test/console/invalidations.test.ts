// Invalidations in a real browser: how many stored responses would go is told before, and each edge's part in it until it is complete.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openTestOrigin, type TestOrigin } from "../support/test-origin.ts";
import { TEST_WORKERS } from "../support/running-service.ts";
import { CHROMIUM, openConsoleWorld, openPage, signIn, type ConsoleWorld } from "./console-browser.ts";
import { askRaw, callOperation, ownFields, rawSignIn, shopConfig, type MadeDistribution } from "./raw-console.ts";

const options = CHROMIUM === undefined ? { skip: "there is no chromium here" } : {};
let world: ConsoleWorld;
let origin: TestOrigin;

before(async () => {
  origin = await openTestOrigin((path) => ({ headers: { "Cache-Control": "max-age=600" }, body: path }));
  if (CHROMIUM !== undefined) world = await openConsoleWorld();
});
after(async () => {
  await world?.[Symbol.asyncDispose]();
  await origin[Symbol.asyncDispose]();
});

async function makeWarmShop(reference: string, paths: readonly string[]): Promise<MadeDistribution["Distribution"]> {
  const { apiPort, edgePort } = world.service;
  const cookie = await rawSignIn(apiPort);
  const input = { DistributionConfig: shopConfig(reference, origin.port) };
  const { Distribution } = await callOperation<MadeDistribution>(apiPort, cookie, "CreateDistribution", input);
  for (const path of paths) {
    for (;;) {
      const { status } = await askRaw(edgePort, { path, host: Distribution.DomainName });
      if (status === 200) break; // before that it is on its way to the edges
    }
  }
  return Distribution;
}

test("paths are counted, invalidated, and followed until every edge has done with them", options, async () => {
  const paths = ["/images/1", "/images/2", "/images/3", "/index.html"];
  const { Id, DomainName } = await makeWarmShop("warm", paths);
  const opened = await openPage(world);
  const { page, context, complaints } = opened;
  await signIn(opened, `${world.url}/distributions/${Id}/invalidations`);
  await page.getByText("4 stored responses would go.").waitFor();
  await page.getByLabel("Paths").fill("/images/*\n/images/1");
  await page.getByText("3 stored responses would go.").waitFor();
  await page.getByLabel("Paths").fill("/index.html");
  await page.getByText("1 stored response would go.").waitFor();
  await page.getByLabel("Paths").fill("/images/*");
  await page.getByText("3 stored responses would go.").waitFor();
  await page.getByRole("button", { name: "Invalidate" }).click();
  const made = page.getByRole("region", { name: /^Invalidation I/ });
  await made.getByText("Completed", { exact: true }).waitFor();
  await made.getByRole("progressbar", { name: `${TEST_WORKERS} of ${TEST_WORKERS} edges` }).waitFor();
  assert.equal(await made.getByText(/edge-\d+ done/).count(), TEST_WORKERS);
  await page.getByText("0 stored responses would go.").waitFor();
  await page.getByLabel("Paths").fill("/*");
  await page.getByText("1 stored response would go.").waitFor();
  assert.equal(origin.asked.length, 4);
  await askRaw(world.service.edgePort, { path: "/images/1", host: DomainName });
  assert.equal(origin.asked.length, 5, "it was forgotten indeed");
  assert.deepEqual(complaints, []);
  await context.close();
});

test("paths that the API refuses are refused when they are counted", options, async () => {
  const { Id } = await makeWarmShop("refused", []);
  const opened = await openPage(world);
  const { page, context } = opened;
  await signIn(opened, `${world.url}/distributions/${Id}/invalidations`);
  await page.getByText("0 stored responses would go.").waitFor();
  await page.getByLabel("Paths").fill("/a*b*");
  await page.getByRole("alert").waitFor();
  assert.equal(await page.getByLabel("Paths").getAttribute("aria-invalid"), "true");
  await context.close();
});

test("nobody counts or follows what is another account's", options, async () => {
  const { apiPort } = world.service;
  const { Id } = await makeWarmShop("foreign", []);
  const { newAccessKey } = await import("../support/new-access-key.ts");
  const key = newAccessKey(world.service, "444444444444");
  const cookie = await rawSignIn(apiPort, { accessKeyId: key.accessKeyId, secretAccessKey: key.secret });
  for (const [path, body] of [
    ["count-invalidated", { distribution: Id, paths: ["/*"] }],
    ["count-invalidated", { distribution: "../E1", paths: ["/*"] }],
    ["count-invalidated", { distribution: 7 }],
    ["follow-invalidation", { distribution: Id, invalidation: "I0000000000000" }],
  ] as const) {
    const answer = await askRaw(apiPort, {
      method: "POST",
      path: `/_warmfront/console/${path}`,
      fields: ownFields(apiPort, cookie),
      body: JSON.stringify(body),
    });
    assert.equal(answer.status, 404, answer.body);
  }
});
