import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { DistributionId } from "../../vocabulary/ids.ts";
import type { CacheKey, CacheStorage } from "../storage/cache-storage.ts";
import { headOf, keyOf } from "../storage/cache-storage-contract.ts";
import { openMemoryStorage } from "../storage/memory-storage.ts";
import { formatMessage, openMessageReader, type FromOwner, type ToOwner } from "./channel-messages.ts";
import { openOwnerChannel, type OwnerChannel } from "./owner-channel.ts";

const ID = "E1" as DistributionId;

interface World extends AsyncDisposable {
  readonly channel: OwnerChannel;
  readonly storage: CacheStorage;
  /** What was left for who comes. */
  readonly left: readonly string[];
  readonly server: Server;
  /** The owner's end of the next connection, and what it hears there. */
  next(): Promise<{
    readonly socket: Socket;
    hear(kind: ToOwner["kind"]): Promise<ToOwner>;
    say(said: FromOwner, body?: Uint8Array): void;
  }>;
}

/** A channel to an owner that is in the test's hands. */
async function openChannel(mayTake: (key: CacheKey) => boolean = () => true): Promise<World> {
  const directory = mkdtempSync(join(tmpdir(), "channel-"));
  const path = join(directory, "copies.sock");
  const sockets: Socket[] = [];
  let taken = 0;
  let wake: (() => void) | undefined;
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    sockets.push(socket);
    wake?.();
  });
  await new Promise<void>((resolve) => server.listen({ path }, resolve));
  const storage = openMemoryStorage({ cacheCapacityBytes: 1_000_000, cacheResponseBytesMax: 100_000 });
  const left: string[] = [];
  const channel = openOwnerChannel({
    path,
    slot: 1,
    life: 1,
    silentTicksMax: 8,
    storage,
    mayTake,
    forgetHere: async () => undefined,
    async leave(_distribution, urls) {
      left.push(...urls);
    },
    onSilent: () => undefined,
    log: () => undefined,
  });
  const held = setInterval(() => undefined, 1000); // the channel alone keeps no process
  return {
    channel,
    storage,
    left,
    server,
    async next() {
      while (sockets.length <= taken) await new Promise<void>((resolve) => (wake = resolve));
      const socket = sockets[taken++] ?? assert.fail();
      const read = openMessageReader<ToOwner>();
      const heard: ToOwner[] = [];
      let tell: (() => void) | undefined;
      socket.on("data", (chunk: Buffer) => {
        for (const { message } of read(chunk) ?? []) heard.push(message);
        tell?.();
      });
      return {
        socket,
        say: (said, body) => void socket.write(formatMessage(said, body)),
        async hear(kind) {
          for (;;) {
            const found = heard.find((message) => message.kind === kind);
            if (found !== undefined) return found;
            await new Promise<void>((resolve) => (tell = resolve));
          }
        },
      };
    },
    async [Symbol.asyncDispose]() {
      clearInterval(held);
      channel.close();
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      rmSync(directory, { recursive: true });
    },
  };
}

async function untilUp(channel: OwnerChannel, isUp: boolean): Promise<void> {
  while (channel.isUp() !== isUp) await new Promise((resolve) => setImmediate(resolve));
}

test("what an owner was asked to forget and has not said to be forgotten when it went is left, and asked of who is there by then", async () => {
  await using world = await openChannel();
  const { channel } = world;
  const before = await world.next();
  before.say({ kind: "welcome", life: 1 });
  await channel.joined;
  const forgotten = channel.forget(ID, ["/a"]);
  await before.hear("forget");
  before.socket.destroy();
  await untilUp(channel, false);
  const after = await world.next();
  after.say({ kind: "welcome", life: 2 });
  const asked = await after.hear("forget");
  assert.deepEqual(world.left, ["/a"]);
  assert.ok(asked.kind === "forget");
  assert.deepEqual([asked.distribution, asked.urls], [ID, ["/a"]]);
  after.say({ kind: "forgotten", number: asked.number });
  await forgotten;
});

test("what nobody is there to forget is left, and nobody waits", async () => {
  await using world = await openChannel();
  const { channel } = world;
  const owner = await world.next();
  owner.say({ kind: "welcome", life: 1 });
  await channel.joined;
  world.server.close();
  owner.socket.destroy();
  await channel.forget(ID, ["/a"]);
  await channel.forget(ID, ["/b"]);
  assert.deepEqual(world.left, ["/a", "/b"]);
});

test("who connects and says nothing is waited for as long as a silence, and what was to be forgotten is left", async () => {
  await using world = await openChannel();
  const { channel } = world;
  await world.next();
  let isOver = false;
  const forgetting = channel.forget(ID, ["/a"]).then(() => (isOver = true));
  for (let ticks = 0; ticks < 8; ticks++) channel.tick();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isOver, false);
  channel.tick();
  await forgetting;
  assert.deepEqual(world.left, ["/a"]);
});

test("who was stopped for too long counts none of the copies that came before, and none that are still on their way", async () => {
  await using world = await openChannel();
  const { channel, storage } = world;
  const before = await world.next();
  before.say({ kind: "welcome", life: 1 });
  await channel.joined;
  const lease = channel.lease();
  before.say({ kind: "copy", key: keyOf("/a"), head: headOf(0) }, Buffer.from("old"));
  channel.distrust();
  assert.equal(lease.isHeld, false);
  const after = await world.next();
  after.say({ kind: "welcome", life: 1 });
  after.say({ kind: "fence", number: 1 });
  await after.hear("fenced");
  assert.equal(storage.glance(keyOf("/a")), undefined);
  assert.equal(channel.isUp(), true);
});

test("copies of an owner that has closed the channel do not count unless it is gone: it tells nobody any more when they end", async () => {
  await using world = await openChannel();
  const { channel } = world;
  const before = await world.next();
  before.say({ kind: "welcome", life: 1 });
  await channel.joined;
  const lease = channel.lease();
  assert.equal(lease.isHeld, true);
  before.socket.destroy();
  await untilUp(channel, false);
  assert.equal(lease.isHeld, false);
  const after = await world.next(); // without being asked to
  after.say({ kind: "welcome", life: 1 });
  await untilUp(channel, true);
  assert.equal(lease.isHeld, false);
  assert.equal(channel.lease().isHeld, true);
});

test("copies of an owner that is gone count on, since nothing comes in their place", async () => {
  await using world = await openChannel();
  const { channel } = world;
  const owner = await world.next();
  owner.say({ kind: "welcome", life: 1 });
  await channel.joined;
  const lease = channel.lease();
  world.server.close();
  owner.socket.destroy();
  await untilUp(channel, false);
  while (!lease.isHeld) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(channel.lease().isHeld, true);
});

test("a copy that was on its way when its URL was forgotten here is not taken in, also if its owner dies before it takes it back", async () => {
  const forgotten = keyOf("/a");
  await using world = await openChannel((key) => key.url !== forgotten.url);
  const { channel, storage } = world;
  const owner = await world.next();
  owner.say({ kind: "welcome", life: 1 });
  await channel.joined;
  for (const key of [forgotten, keyOf("/b")]) owner.say({ kind: "copy", key, head: headOf(0) }, Buffer.from("old"));
  world.server.close();
  owner.socket.end();
  await untilUp(channel, false);
  while (!channel.lease().isHeld) await new Promise((resolve) => setImmediate(resolve));
  assert.notEqual(storage.glance(keyOf("/b")), undefined);
  assert.equal(storage.glance(forgotten), undefined);
});
