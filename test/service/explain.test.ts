// `warmfront explain` and `diff-key` as they are typed, beside a running service.

import assert from "node:assert/strict";
import { test } from "node:test";
import { openSite } from "../support/distribution.ts";
import { startService } from "../support/running-service.ts";
import { view } from "../support/test-origin.ts";
import { warmfront } from "../support/warmfront-command.ts";

test("a miss is told with its cause, in words and as JSON, and two URLs are held against each other", async () => {
  await using service = await startService();
  await using site = await openSite(service);
  const port = ["--api-port", String(service.apiPort)];
  const url = `http://${site.domain}/a`;
  const missed = await warmfront("explain", url, "-H", "Accept-Encoding: gzip", ...port);
  assert.match(missed.out, /^Verdict: miss\nBecause: not asked for since /m, missed.err);
  await view(service.edgePort, site.domain, "/a");
  const differs = await warmfront("explain", "-X", "get", url, "-H", "Accept-Encoding: gzip", "--json", ...port);
  const { cause } = JSON.parse(differs.out) as { cause?: { kind: string; parts: string[] } };
  assert.deepEqual([cause?.kind, cause?.parts], ["key-differs", ["content coding"]], differs.out);

  const other = `http://${site.domain}/b`;
  for (const verb of ["diff-key", "explain"]) {
    const { out, status } = await warmfront(verb, url, other, ...port);
    assert.match(
      out,
      /^path\n {4}\/a\n {4}\/b\n {4}from the path as the viewer wrote it[^]*Not shared: the cache keys differ in path\n$/m,
    );
    assert.equal(status, 0);
  }
  const long = `/${"x".repeat(9000)}`;
  const refused = await warmfront("explain", `${url}${long}`, ...port);
  assert.match(refused.out, /^Verdict: 413 url-too-long\nBecause: the URL, with scheme and host, is longer than /m);
  assert.equal((await view(service.edgePort, site.domain, `/a${long}`)).status, 413, "as a viewer sees it");

  const shared = await warmfront("diff-key", url, `${url}?x=1`, ...port);
  assert.match(shared.out, /\n\nShared: all parts of the cache key are equal\n$/);
});
