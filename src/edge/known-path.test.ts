import assert from "node:assert/strict";
import { test } from "node:test";
import { compileDistribution } from "./config/compile-config.ts";
import { openKnownPathRoom } from "./known-path.ts";
import { published } from "../../test/scenarios/harness.ts";

const [behavior = assert.fail()] = compileDistribution(published({}, 80), "cloudfront").behaviors;

test("a path is known by what the viewer wrote, with what it stands for", () => {
  const paths = openKnownPathRoom(16)();
  const root = paths.learn("/", "/index.html", behavior);
  const plain = paths.learn("/a", "/a", behavior);
  assert.equal(paths.find("/"), root);
  assert.equal(root.path, "/index.html");
  assert.equal(paths.find("/a"), plain);
  assert.equal(paths.find("/index.html"), undefined);
});

test("paths that anybody can make up take no more room than allowed, in however many distributions", () => {
  const openTable = openKnownPathRoom(5000);
  const tables = Array.from({ length: 100 }, () => openTable());
  const asked = Array.from({ length: 1000 }, (_, index) => `/${index}`);
  for (const table of tables) for (const path of asked) table.learn(path, path, behavior);
  const known = tables.flatMap((table) => asked.filter((path) => table.find(path) !== undefined));
  assert.ok(known.length <= 5000, `${known.length} are known`);
  assert.ok(tables.at(-1)?.find("/999") !== undefined, "the last one is among them");
});

test("a very long path is answered for and not kept", () => {
  const paths = openKnownPathRoom(16)();
  const long = `/${"a".repeat(600)}`;
  assert.equal(paths.learn(long, long, behavior).path, long);
  assert.equal(paths.find(long), undefined);
});
