// Debug headers of answers, by a token of the account or on this machine, and what becomes of the field that asks for them.

import assert from "node:assert/strict";
import { createServer, request as httpRequest, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { cloudFrontClient, deploy, smallConfig } from "../support/distribution.ts";
import { newAccessKey } from "../support/new-access-key.ts";
import { openOwnPath } from "../support/own-path.ts";
import { startService, type RunningService } from "../support/running-service.ts";
import { warmfront } from "../support/warmfront-command.ts";

/** A site before an origin that remembers which of our fields it was sent; everything is cacheable. */
async function openDebugSite(service: RunningService) {
  const sent: string[] = [];
  let asked = 0;
  const server = createServer((request, response) => {
    asked++;
    sent.push(...Object.keys(request.headers).filter((name) => name.startsWith("x-warmfront")));
    response.writeHead(200, { "Cache-Control": "max-age=300" }).end("page");
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", listening.resolve);
  await listening.promise;
  const { domain, id } = await deploy(cloudFrontClient(service), smallConfig((server.address() as AddressInfo).port));
  return {
    id,
    sent,
    asked: () => asked,
    async view(path: string, debug?: string): Promise<IncomingHttpHeaders> {
      const headers = { Host: domain, ...(debug !== undefined && { "X-Warmfront-Debug": debug }) };
      const { promise, resolve, reject } = Promise.withResolvers<IncomingHttpHeaders>();
      httpRequest({ host: "127.0.0.1", port: service.edgePort, path, headers, agent: false }, (response) => {
        response.resume().once("end", () => resolve(response.headers));
      })
        .once("error", reject)
        .end();
      return promise;
    },
    async [Symbol.asyncDispose]() {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
    },
  };
}

const ownOf = (headers: IncomingHttpHeaders): string[] =>
  Object.keys(headers).filter((name) => name.startsWith("x-warmfront"));

test("a viewer with a token of the account is told the cause, the key, the age and the origin; it is in no key, and no origin gets it", async () => {
  await using service = await startService(["--debug-headers", "token"]);
  await using site = await openDebugSite(service);
  const made = await warmfront("debug-token", "--api-port", String(service.apiPort));
  assert.equal(made.status, 0, made.err);
  const token = /^X-Warmfront-Debug: (\S+)\n$/.exec(made.out)?.[1] ?? "";
  const missed = await site.view("/a", token);
  assert.match(String(missed["x-warmfront-cause"]), /^never-seen \(not asked for since /);
  assert.match(String(missed["x-warmfront-origin"]), /^site 200 after \d+ ms$/);
  assert.match(String(missed["x-warmfront-key"]), /^[\w-]{22}$/);
  assert.equal(missed["x-warmfront-verdict"], "miss");
  assert.equal(missed["x-warmfront-distribution"], site.id);
  assert.equal(missed["x-warmfront-behavior"], "*");
  assert.match(String(missed["x-warmfront-edge"]), /^\d of \d(?:; the key is \d's)?$/);
  const hit = await site.view("/a", token);
  assert.equal(hit["x-warmfront-verdict"], "hit");
  assert.match(
    String(hit["x-warmfront-freshness"]),
    /^lifetime [\d.]+ s by max-age .*; fresh: hit \(age \d+ s, fresh for another \d+/,
  );
  assert.equal(hit["x-warmfront-key"], missed["x-warmfront-key"]);
  assert.equal(hit["x-warmfront-origin"], undefined);
  // Whoever does not ask is not told, and gets the same stored response.
  const plain = await site.view("/a");
  assert.deepEqual(ownOf(plain), []);
  assert.equal(plain["x-cache"], "Hit from cloudfront");
  assert.equal(site.asked(), 1);
  assert.deepEqual(site.sent, []);
});

test("who has no token of the account, or none at all, is told nothing and served as if it had not asked", async () => {
  await using service = await startService(["--debug-headers", "token"]);
  await using site = await openDebugSite(service);
  const foreign = await openOwnPath(service, newAccessKey(service, "999999999999")).post("debug-token", {});
  const { token } = JSON.parse(foreign.text) as { token: string };
  const own = await openOwnPath(service).post("debug-token", { seconds: 60 });
  const { token: good } = JSON.parse(own.text) as { token: string };
  const later = good.replace(/\.\d+\./, ".99999999999.");
  const past = good.replace(/\.\d+\./, ".1.");
  for (const wrong of [token, later, past, good.slice(1), `${good}x`, "", "1", "a".repeat(5000)]) {
    const answered = await site.view("/b", wrong);
    assert.deepEqual(ownOf(answered), [], wrong.slice(0, 80));
    assert.match(String(answered["x-cache"]), /from cloudfront$/);
  }
  assert.equal(site.asked(), 1);
  assert.deepEqual(site.sent, []);
  for (const body of ["garbage", { seconds: 0 }, { seconds: 1.5 }, { seconds: 1e9 }, { seconds: "1" }]) {
    assert.equal((await openOwnPath(service).post("debug-token", body)).status, 400);
  }
});

test("unless it is switched on the field is nobody's, goes to no origin, and there are no tokens", async () => {
  await using service = await startService();
  await using site = await openDebugSite(service);
  assert.deepEqual(ownOf(await site.view("/c", "1")), []);
  assert.deepEqual(site.sent, []);
  const refused = await openOwnPath(service).post("debug-token", {});
  assert.equal(refused.status, 409);
  assert.match(refused.text, /--debug-headers token/);
});

test("on this machine the field alone is enough, where the operator says so", async () => {
  await using service = await startService(["--debug-headers", "loopback"]);
  await using site = await openDebugSite(service);
  assert.match(String((await site.view("/d", "1"))["x-warmfront-cause"]), /^never-seen/);
  assert.deepEqual(ownOf(await site.view("/d")), []);
});
