import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import type { DistributionId } from "../../vocabulary/ids.ts";
import { EVERYTHING } from "./channel-messages.ts";
import { openLeftForgets, type LeftForgets } from "./left-forgets.ts";

const home = mkdtempSync(join(tmpdir(), "warmfront-left-"));
after(() => rmSync(home, { recursive: true, force: true }));
const newDirectory = (): string => mkdtempSync(join(home, "box-"));

const E1 = "E1" as DistributionId;
const left = (url: string) => ({ distribution: E1, urls: [url] });
let lives = 0;
const at = (directory: string, slot: number, count: number, bytesMax?: number): LeftForgets =>
  openLeftForgets(directory, { slot, count, life: ++lives }, bytesMax);
const urlsOf = (box: LeftForgets): readonly string[] | undefined => box.take()?.forgets.flatMap(({ urls }) => urls);

test("what was left for a slot is taken by it alone, in order, and once by each process until it is done", async () => {
  const directory = newDirectory();
  const [one, other] = [at(directory, 0, 2), at(directory, 1, 2)];
  assert.equal(one.take(), undefined);
  for (const url of ["/a", "/b"]) await other.leave(0, left(url));
  await one.leave(1, left("/c"));
  const first = one.take();
  assert.deepEqual(first?.forgets, [left("/a"), left("/b")]);
  assert.equal(one.take(), undefined, "it is taken already");
  await other.leave(0, left("/d"));
  assert.deepEqual(urlsOf(one), ["/d"]);
  const successor = at(directory, 0, 2);
  const again = successor.take();
  assert.deepEqual(again?.forgets, [left("/a"), left("/b"), left("/d")], "its predecessor died before it was done");
  again?.done();
  assert.equal(at(directory, 0, 2).take(), undefined);
  assert.deepEqual(urlsOf(other), ["/c"]);
});

test("a line that was torn costs no line behind it", async () => {
  const directory = newDirectory();
  const box = at(directory, 0, 1);
  appendFileSync(join(directory, "0-of-1.forget"), '\n{"distribution":"E1","ur');
  await box.leave(0, left("/a"));
  assert.deepEqual(urlsOf(box), ["/a"]);
});

test("of very much that is left the distributions are", async () => {
  const directory = newDirectory();
  const box = at(directory, 1, 2, 2000);
  for (let index = 0; index < 1000; index++) await box.leave(0, left(`/${index}`));
  assert.ok(statSync(join(directory, "0-of-2.forget")).size < 2200);
  const reader = at(directory, 0, 2, 2000);
  assert.ok(urlsOf(reader)?.includes(EVERYTHING));
  for (let index = 0; index < 1000; index++) await box.leave(0, left(`/${index}`));
  assert.ok(urlsOf(reader)?.includes(EVERYTHING), "also in the next file");
});

test("nothing is lost between who leaves and who takes at the same time", async () => {
  const directory = newDirectory();
  const writers = [1, 2, 3].map((slot) => at(directory, slot, 4));
  const reader = at(directory, 0, 4);
  const found = new Set<string>();
  const over = new AbortController();
  const look = (): void => {
    const taken = reader.take();
    for (const { urls } of taken?.forgets ?? []) for (const url of urls) found.add(url);
    taken?.done();
  };
  const looking = (async () => {
    for (; !over.signal.aborted; await wait(3)) look();
  })();
  await Promise.all(
    writers.map(async (writer, index) => {
      for (let number = 0; number < 200; number++) await writer.leave(0, left(`/${index}-${number}`));
    }),
  );
  over.abort();
  await looking;
  look();
  assert.equal(found.size, 600);
  assert.deepEqual(readdirSync(directory), []);
});
