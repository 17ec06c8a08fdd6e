// What an unsafe request takes out of the cache stays out when its worker ends with it: the answer comes after the disk was to
// be another process's, and that one must not serve what was stored before.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { cloudFrontClient, deploy, smallConfig, withAllMethods } from "../support/distribution.ts";
import { explain } from "../support/explain.ts";
import { startService, type RunningService } from "../support/running-service.ts";
import { view } from "../support/test-origin.ts";
import { warmfront } from "../support/warmfront-command.ts";

const FLAGS = ["--workers", "1", "--fidelity", "rfc9111", "--log-level", "debug"];

interface Page {
  readonly domain: string;
  readonly read: (service: RunningService) => Promise<string>;
  /** Changes the page; the origin has it from now on, and answers when it is released. */
  readonly post: (service: RunningService) => Promise<{ readonly done: Promise<number>; readonly release: () => void }>;
}

/** A page that a POST changes. */
async function openPage(service: RunningService, t: TestContext): Promise<Page> {
  let content = "old";
  const asked = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const change = async (response: ServerResponse): Promise<void> => {
    await held.promise;
    content = "new";
    response.end("changed");
  };
  const origin = createServer((request, response) => {
    request.resume();
    if (request.method === "GET") {
      response.writeHead(200, { "Cache-Control": "max-age=300" }).end(content);
      return;
    }
    asked.resolve();
    void change(response);
  });
  await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    origin.close();
    origin.closeAllConnections();
  });
  const client = cloudFrontClient(service);
  const { domain } = await deploy(client, withAllMethods(smallConfig((origin.address() as AddressInfo).port)));
  return {
    domain,
    read: async ({ edgePort }) => (await view(edgePort, domain, "/a")).body,
    async post({ edgePort }) {
      const done = view(edgePort, domain, "/a", "POST").then(({ status }) => status);
      await asked.promise;
      return { done, release: held.resolve };
    },
  };
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20));
}

test("at a reload the successor forgets what its predecessor is told to forget when the disk is no longer its own", async (t) => {
  await using service = await startService(FLAGS);
  const page = await openPage(service, t);
  assert.equal(await page.read(service), "old");
  const { done, release } = await page.post(service);
  const reloaded = warmfront("reload", "--data-dir", service.dataDirectory);
  // The newest worker is asked, and has the disk when it knows what lies there.
  await until(async () => {
    const { verdict, steps } = await explain(service, `http://${page.domain}/a`);
    return verdict === "hit" && steps.some(({ why }) => why.startsWith("on the disk"));
  });
  assert.equal(await page.read(service), "old");
  release();
  assert.equal(await done, 200);
  assert.equal(await page.read(service), "new");
  assert.equal((await reloaded).status, 0);
  assert.equal(await page.read(service), "new");
});

test("what is to be forgotten while the service ends is forgotten when it starts again", async (t) => {
  const dataDirectory = mkdtempSync(join(tmpdir(), "warmfront-forget-"));
  t.after(() => rmSync(dataDirectory, { recursive: true, force: true }));
  await using first = await startService(FLAGS, { dataDirectory });
  const page = await openPage(first, t);
  assert.equal(await page.read(first), "old");
  const { done, release } = await page.post(first);
  const ended = first.end();
  await until(async () =>
    page.read(first).then(
      () => false,
      () => true,
    ),
  );
  release();
  assert.equal(await done, 200);
  assert.equal(await ended, 0);
  await using second = await startService(FLAGS, { dataDirectory });
  assert.equal(await page.read(second), "new");
});
