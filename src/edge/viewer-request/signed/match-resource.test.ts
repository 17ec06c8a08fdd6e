// Which URLs a Resource covers, by the rules of either era: `w` for key pairs (2016, the whole URL), `s` for key groups (today,
// by sections), `ws` for both, "" for neither.

import assert from "node:assert/strict";
import { test } from "node:test";
import { compileResource } from "./match-resource.ts";
import type { SignedUrl } from "./signed-url.ts";

function urlOf(text: string): SignedUrl {
  const [, scheme, host = "", path = "", query] = /^(https?):\/\/([^/]*)(\/[^?]*)(?:\?(.*))?$/s.exec(text) ?? [];
  const bare = host.replace(/:\d+$/, "");
  return {
    scheme: scheme === "https" ? "https" : "http",
    schemes: [scheme ?? ""],
    host,
    hosts: bare === host ? [host] : [host, bare],
    path,
    query,
  };
}

function coveredBy(resource: string, url: string): string {
  const asked = urlOf(url);
  return `${compileResource(resource, "key-pair")(asked) ? "w" : ""}${compileResource(resource, "public-key")(asked) ? "s" : ""}`;
}

const ROWS: readonly (readonly [resource: string, url: string, covered: string])[] = [
  // As it is written.
  ["http://d1.example/a", "http://d1.example/a", "ws"],
  ["http://d1.example/a", "http://d1.example/A", ""],
  ["http://d1.example/a", "https://d1.example/a", ""],
  ["https://d1.example/a", "http://d1.example/a", ""],
  ["http://d1.example/a", "http://d2.example/a", ""],
  ["http://d1.example/a", "http://d1.example/ab", ""],
  ["http://d1.example/a", "http://d1.example/a/", ""],
  ["http://d1.example/a", "http://d1.example/a?", ""],
  ["http://d1.example/a", "http://d1.example/a?x=1", ""],
  ["http://d1.example/a?x=1", "http://d1.example/a?x=1", "ws"],
  ["http://d1.example/a?x=1", "http://d1.example/a", ""],
  ["http://d1.example/a?x=1", "http://d1.example/a?x=1&y=2", ""],
  ["http://d1.example/a?x=1", "http://d1.example/a?x=12", ""],
  ["http://d1.example/a?x=1", "http://d1.example/a_x=1", "ws"], // one character
  ["http://d1.example/a\\?x=1", "http://d1.example/a?x=1", "ws"],
  ["http://d1.example/a\\?x=1", "http://d1.example/a_x=1", ""],
  ["http://d1.example/a%20b", "http://d1.example/a%20b", "ws"],
  ["http://d1.example/a b", "http://d1.example/a%20b", ""],
  ["http://d1.example:8080/a", "http://d1.example:8080/a", "ws"],
  ["http://d1.example/a", "http://d1.example:8080/a", "ws"],
  ["http://d1.example:8080/a", "http://d1.example/a", ""],
  // Stars in the path.
  ["http://d1.example/*", "http://d1.example/", "ws"],
  ["http://d1.example/*", "http://d1.example/a/b/c.jpg", "ws"],
  ["http://d1.example/*", "http://d1.example/a?x=1", "ws"],
  ["http://d1.example/*", "http://d1.example/a?", "ws"],
  ["http://d1.example/*", "http://d2.example/a", ""],
  ["http://d1.example/a/*", "http://d1.example/a", ""],
  ["http://d1.example/a/*", "http://d1.example/a/", "ws"],
  ["http://d1.example/*.jpg", "http://d1.example/a/b.jpg", "ws"],
  ["http://d1.example/*.jpg", "http://d1.example/a.jpg?x=1", ""],
  ["http://d1.example/*.jpg", "http://d1.example/a?x=1.jpg", "w"], // today a star stays in the path
  ["http://d1.example/*.jpg", "http://d1.example/?.jpg", "w"],
  ["http://d1.example/*.jpg*", "http://d1.example/a.jpg?x=1", "ws"],
  ["http://d1.example/*game_download.zip*", "http://d1.example/example_game_download.zip?license=yes", "ws"],
  ["http://d1.example/*game_download.zip*", "http://d1.example/game_download.zip", "ws"],
  ["http://d1.example/*game_download.zip*", "http://d1.example/?game_download.zip", "w"],
  ["http://d1.example/a*b*c", "http://d1.example/aXbXbXc", "ws"],
  ["http://d1.example/a*b*c", "http://d1.example/aXbXbX", ""],
  ["http://d1.example/**", "http://d1.example/a", "ws"],
  // The question mark.
  ["http://d1.example/a?.jpg", "http://d1.example/ab.jpg", "ws"],
  ["http://d1.example/a?.jpg", "http://d1.example/a.jpg", ""],
  ["http://d1.example/a?.jpg", "http://d1.example/a?.jpg", "ws"],
  ["http://d1.example/a?.jpg", "http://d1.example/a/.jpg", "ws"],
  ["http://d1.example/??", "http://d1.example/ab", "ws"],
  ["http://d1.example/??", "http://d1.example/a", ""],
  ["http://d1.example/?", "http://d1.example/", ""],
  // Query sections.
  ["http://d1.example/a\\?*", "http://d1.example/a?x=1", "ws"],
  ["http://d1.example/a\\?*", "http://d1.example/a?", "ws"],
  ["http://d1.example/a\\?*", "http://d1.example/a", ""],
  ["http://d1.example/*\\?license=yes", "http://d1.example/z.zip?license=yes", "ws"],
  ["http://d1.example/*\\?license=yes", "http://d1.example/z.zip?x&license=yes", ""],
  ["http://d1.example/*\\?license=yes", "http://d1.example/z.zip?x?license=yes", "w"],
  ["http://d1.example/*\\?license=*", "http://d1.example/z.zip?license=no", "ws"],
  ["http://d1.example/*?license=*", "http://d1.example/z.zip?license=no", "ws"],
  ["http://d1.example/a\\?x=?", "http://d1.example/a?x=1", "ws"],
  ["http://d1.example/a\\?x=?", "http://d1.example/a?x=", ""],
  ["http://d1.example/a\\?x=\\?", "http://d1.example/a?x=?", "ws"],
  ["http://d1.example/a\\?x=\\?", "http://d1.example/a?x=1", ""],
  // Domains.
  ["http://*.example/a", "http://d1.example/a", "ws"],
  ["http://*.example/a", "http://a.b.example/a", "ws"],
  ["http://*.example/a", "http://example/a", ""],
  ["http://d?.example/a", "http://d1.example/a", "ws"],
  ["http://d*/a", "http://d1.example/b/a", "w"], // not across the domain today
  ["http://d*/a", "http://d1.example/a", "ws"],
  ["http://D1.example/a", "http://d1.example/a", "s"],
  ["http://d1.example*", "http://d1.example/a?x=1", "ws"],
  ["http://d1*", "http://d1.example/a?x=1", "ws"],
  ["http://d1.example", "http://d1.example/", ""],
  ["http://*", "http://d1.example/a?x=1", "ws"],
  ["http://*", "https://d1.example/a", ""],
  ["http://*/", "http://d1.example/a/", "w"],
  ["http://*/*", "http://d1.example/a/", "ws"],
  // Schemes.
  ["http*://d1.example/a", "https://d1.example/a", "ws"],
  ["http*://d1.example/a", "http://d1.example/a", "ws"],
  ["http*://d1.example/*", "https://d2.example/d1.example/a", ""],
  ["http*://d1.example/*", "https://d2.example/?://d1.example/a", "w"],
  ["*://d1.example/a", "https://d1.example/a", "ws"],
  ["*://d1.example/a", "http://d1.example/a", "ws"],
  ["https*://d1.example/a", "https://d1.example/a", ""],
  ["*d1.example/a", "https://d1.example/a", "ws"],
  ["*/a", "https://d1.example/a", "ws"],
  ["*/a", "https://d1.example/b/a", "w"],
  ["*/a*", "https://d1.example/a/b?c", "ws"],
  ["*", "https://d1.example/a?x=1", "ws"],
  ["**", "https://d1.example/a?x=1", "ws"],
  ["*.jpg", "http://d1.example/a.jpg", "w"], // a domain without star at its end
  ["ftp://d1.example/a", "http://d1.example/a", ""],
  ["?ttp://d1.example/a", "http://d1.example/a", ""],
  ["//d1.example/a", "http://d1.example/a", ""],
  ["/a", "http://d1.example/a", ""],
  ["a", "http://d1.example/a", ""],
  ["", "http://d1.example/a", ""],
  ["HTTP://d1.example/a", "http://d1.example/a", ""],
  // Dot segments: as it is sent and as an origin may read it.
  ["http://d1.example/public/*", "http://d1.example/public/../private", ""],
  ["http://d1.example/public/*", "http://d1.example/public/%2e%2e/private", ""],
  ["http://d1.example/public/*", "http://d1.example//public/a", ""],
  ["http://d1.example/public/*", "http://d1.example/public//a", "ws"],
  ["http://d1.example/public/*", "http://d1.example/public/./a", "ws"],
  ["http://d1.example/public/*", "http://d1.example/public/x/../a", "ws"],
  ["http://d1.example/public/*", "http://d1.example/x/../public/a", ""],
  ["http://d1.example/*", "http://d1.example/public/../private", "ws"],
  ["http://d1.example/%61", "http://d1.example/%61", ""],
  ["http://d1.example/*a", "http://d1.example/%61", ""],
];

test("a Resource covers what its era's rules say, and no more", () => {
  for (const [resource, url, covered] of ROWS)
    assert.equal(coveredBy(resource, url), covered, `${resource} and ${url}`);
});

test("no Resource covers every URL", () => {
  for (const kind of ["key-pair", "public-key"] as const) {
    assert.equal(compileResource(undefined, kind)(urlOf("https://d1.example/a?x")), true);
  }
});

test("what today's rules cover the rules of 2016 cover, but for the case of a domain", () => {
  const random = seeded(20261120);
  let covered = 0;
  for (let round = 0; round < 20_000; round++) {
    const pick = (...from: readonly string[]): string => from[Math.floor(random() * from.length)] ?? "";
    const some = (...from: readonly string[]): string => pick("", pick(...from), pick(...from) + pick(...from));
    const resource = `${pick("http", "http*", "*")}://${pick("d", "*", "d*", "?")}/${some("a", "*", "?", "b", "/")}${some("\\?", "?", "*", "")}${some("x", "*", "?")}`;
    const url = `http://d/${some("a", "b", "/", "ab")}${pick("", "?")}${some("x", "?", "a")}`;
    const by = coveredBy(resource, url.includes("?") ? url : url.replace(/x+$/, ""));
    if (by !== "") covered++;
    assert.notEqual(by, "s", `${resource} and ${url}`);
  }
  assert.ok(covered > 1000, `${covered} were covered`);
});

test("a pattern of many stars is matched in bounded time", () => {
  const covers = compileResource(`http://d/${"*a".repeat(500)}b`, "key-pair");
  const started = process.cpuUsage().user;
  assert.equal(covers(urlOf(`http://d/${"a".repeat(8000)}`)), false);
  assert.ok(process.cpuUsage().user - started < 500_000);
});

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
