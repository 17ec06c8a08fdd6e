import assert from "node:assert/strict";
import { test } from "node:test";
import type { DistributionId } from "../../vocabulary/ids.ts";
import type { CacheKey, StoredResponse } from "../storage/cache-storage.ts";
import { EVERYTHING } from "./channel-messages.ts";
import { openCopyDirectory, type Holder } from "./copy-directory.ts";

const distribution = "E1" as DistributionId;
const key = (url: string, variant = ""): CacheKey => ({ text: `${url}${variant}`, distribution, url });
const stored = (): StoredResponse =>
  ({ head: { status: 200 }, body: { length: 0, bytes: undefined } }) as unknown as StoredResponse;

function openHolder(): Holder & { told: string[]; isFull: boolean } {
  const holder = {
    told: [] as string[],
    isFull: false,
    tell(message: Parameters<Holder["tell"]>[0]) {
      if (message.kind === "copy" && holder.isFull) return false;
      holder.told.push("key" in message ? `${message.kind} ${message.key.text}` : message.kind);
      return true;
    },
  };
  return holder;
}

test("who has a copy is told once when something else comes in its place, and nobody else is", () => {
  const directory = openCopyDirectory(10);
  const [one, other] = [openHolder(), openHolder()];
  const first = stored();
  directory.give(one, key("/a"), first, 0);
  directory.give(other, key("/b"), stored(), 0);
  directory.replaced(key("/a"), first.head); // as it was
  directory.replaced(key("/a"), stored().head);
  directory.replaced(key("/a"), undefined);
  assert.deepEqual(one.told, ["copy /a", "drop /a"]);
  assert.deepEqual(other.told, ["copy /b"]);
});

test("a copy is given once, and again to who has evidently lost it", () => {
  const directory = openCopyDirectory(10);
  const holder = openHolder();
  const page = stored();
  for (const tick of [0, 0, 1, 3, 4, 5]) directory.give(holder, key("/a"), page, tick);
  assert.deepEqual(holder.told, ["copy /a", "copy /a"]);
});

test("what is long is copied when it was asked for so much the more often, and not if something came in its place meanwhile", async () => {
  const directory = openCopyDirectory(10);
  const holder = openHolder();
  const long = (): StoredResponse => ({
    head: { status: 200 } as unknown as StoredResponse["head"],
    body: {
      length: 1_000_000,
      bytes: undefined,
      async *read() {
        yield new Uint8Array(1_000_000);
      },
    },
  });
  const page = long();
  for (let asked = 1; asked <= 4; asked++) {
    assert.deepEqual(holder.told, []);
    directory.give(holder, key("/a"), page, 0);
  }
  await new Promise(setImmediate);
  assert.deepEqual(holder.told, ["copy /a"]);
  const next = long();
  for (let asked = 1; asked <= 4; asked++) directory.give(holder, key("/a"), next, 0);
  directory.replaced(key("/a"), undefined);
  await new Promise(setImmediate);
  assert.deepEqual(holder.told, ["copy /a", "drop /a", "drop /a"]);
});

test("what stands under the key by now takes the place of what was given before", () => {
  const directory = openCopyDirectory(10);
  const holder = openHolder();
  directory.give(holder, key("/a"), stored(), 0);
  directory.give(holder, key("/a"), stored(), 0);
  assert.deepEqual(holder.told, ["copy /a", "drop /a", "copy /a"]);
});

test("beyond the bound the oldest copies are taken back", () => {
  const directory = openCopyDirectory(2);
  const holder = openHolder();
  for (const url of ["/a", "/b", "/c"]) directory.give(holder, key(url), stored(), 0);
  assert.equal(directory.count(), 2);
  assert.deepEqual(holder.told, ["copy /a", "copy /b", "copy /c", "drop /a"]);
});

test("a worker that does not keep up gets no copies, and is not noted", () => {
  const directory = openCopyDirectory(2);
  const holder = openHolder();
  holder.isFull = true;
  directory.give(holder, key("/a"), stored(), 0);
  assert.equal(directory.count(), 0);
});

test("to forget a URL takes all its variants back, and to forget everything all of the distribution", () => {
  const directory = openCopyDirectory(10);
  const holder = openHolder();
  for (const each of [key("/a", "~de"), key("/a", "~en"), key("/b")]) directory.give(holder, each, stored(), 0);
  directory.forget(distribution, ["/a", "/absent"]);
  assert.deepEqual(holder.told.slice(3), ["drop /a~de", "drop /a~en"]);
  directory.forget("E2" as DistributionId, [EVERYTHING]);
  directory.forget(distribution, [EVERYTHING]);
  assert.deepEqual(holder.told.slice(5), ["drop /b"]);
  assert.equal(directory.count(), 0);
});
