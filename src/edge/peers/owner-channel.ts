// The end of a channel at the worker that asks: takes copies into its memory and gives them up when it is told to, and knows whether
// the owner is there. One that is silent for too long is not: then everything it is asked for breaks off, and others do its work.

import { connect, type Socket } from "node:net";
import type { DistributionId, FeedNumber } from "../../vocabulary/ids.ts";
import type { CacheKey, CacheStorage, CopyLease, StoredHead } from "../storage/cache-storage.ts";
import { formatMessage, openMessageReader, type FromOwner, type Received, type ToOwner } from "./channel-messages.ts";

export interface OwnerChannel {
  /** It was heard of lately. */
  isUp(): boolean;
  /** What copies of the owner count by, and what is fetched in its place while it is not there. */
  lease(): CopyLease;
  /** To be called a few times a second: says that this worker lives, and looks whether the owner does. */
  tick(): void;
  /** Resolves when the owner and all who have copies of it have forgotten. When nobody is there it is left for who comes. */
  forget(distribution: DistributionId, urls: readonly string[]): Promise<void>;
  /** A process of this life is in the owner's slot: if it is another than the one that is connected to, that has a successor, which is connected to instead. */
  meet(life: number): boolean;
  /** This worker was stopped for so long that the owner may have given it up: nothing counts that came over the channel. */
  distrust(): void;
  /** Resolves when the owner is there for the first time. */
  readonly joined: Promise<void>;
  close(): void;
}

export interface OwnerChannelSettings {
  readonly path: string;
  /** This worker, as it says who it is. */
  readonly slot: number;
  readonly life: number;
  readonly silentTicksMax: number;
  readonly storage: CacheStorage;
  /** Whether what comes of it can be the newest. */
  readonly mayTake: (key: CacheKey) => boolean;
  /** This worker has a successor in its slot, and is to take these URLs out of what it has of its own. */
  readonly forgetHere: (distribution: DistributionId, urls: readonly string[]) => Promise<void>;
  /** For the owner's next process, or for the present one when it wakes. */
  readonly leave: (distribution: DistributionId, urls: readonly string[]) => Promise<void>;
  /** The owner is silent: what it still owes will not come. */
  readonly onSilent: () => void;
  readonly log: (event: string, why: string) => void;
}

const PIECE_BYTES = 262_144;
/** Behind every position of a worker's own and before the next step of the feed: order among workers is kept by the channel. */
const BEHIND_OWN_POSITIONS = 0.75;

export function openOwnerChannel(settings: OwnerChannelSettings): OwnerChannel {
  const { path, slot, life, silentTicksMax, storage, mayTake, onSilent, forgetHere, leave, log } = settings;
  const joined = Promise.withResolvers<void>();
  /** By number; told whether the owner has forgotten, or is gone and may not even have heard. */
  const forgetting = new Map<number, (isDone: boolean) => void>();
  let socket: Socket | undefined;
  let isUp = false;
  let isClosed = false;
  let lease: CopyLease = { isHeld: true };
  /** Of copies whose owner has closed the channel. If it lives, it tells nobody when they end: until that is known they do not count. */
  let doubted: CopyLease | undefined;
  let silentTicks = 0;
  /** Of the process that is connected to. */
  let ownerLife = -1;
  let number = 0;
  /** Who wants to know whether somebody is there. */
  let wondering: ((isThere: boolean) => void)[] = [];
  /** What has come is done in its order, also where the storage takes its time. */
  let work: Promise<unknown> = Promise.resolve();

  function open(): void {
    const opened = connect({ path });
    const read = openMessageReader<FromOwner>();
    socket = opened;
    silentTicks = 0;
    opened.unref();
    opened.write(formatMessage({ kind: "hello", slot, life })); // first of all, once it is connected
    opened.on("error", () => undefined); // "close" follows
    opened.on("data", (chunk: Buffer) => {
      if (socket !== opened) return; // of a predecessor
      silentTicks = 0;
      const messages = read(chunk);
      if (messages === undefined) return void opened.destroy();
      for (const received of messages) hear(received, opened);
    });
    opened.on("close", () => {
      if (socket !== opened) return;
      socket = undefined;
      const wasUp = isUp;
      if (wasUp) log("peer-gone", `${path} is closed: its work is done here until it is back`);
      isUp = false;
      endWaiting();
      if (isClosed) return;
      if (!wasUp) {
        tellWhoWonders();
        return settleDoubt();
      }
      doubted = lease;
      doubted.isHeld = false;
      lease = { isHeld: true };
      open();
    });
  }

  /** It is not there: nothing comes in the place of what it gave. */
  function settleDoubt(): void {
    if (doubted !== undefined) doubted.isHeld = true;
  }

  function endWaiting(): void {
    if (forgetting.size > 0) endCopies(); // among them may be what it would have taken back
    for (const end of forgetting.values()) end(false);
    forgetting.clear();
  }

  function tellWhoWonders(): void {
    const told = wondering;
    wondering = [];
    for (const tell of told) tell(isUp);
  }

  /** Known when the attempt to connect that is under way has come to its end, which takes as long as a silence at most. */
  function isThere(): Promise<boolean> {
    if (isUp || isClosed) return Promise.resolve(isUp);
    if (socket === undefined) open();
    return new Promise((resolve) => wondering.push(resolve));
  }

  function say(message: ToOwner): void {
    socket?.write(formatMessage(message));
  }

  function hear(received: Received<FromOwner>, from: Socket): void {
    const { message, body } = received;
    switch (message.kind) {
      case "welcome":
        ownerLife = message.life;
        return begin();
      case "forget":
        work = work.then(() => forgetHere(message.distribution, message.urls));
        return;
      case "pong":
        return;
      case "forgotten":
        forgetting.get(message.number)?.(true);
        forgetting.delete(message.number);
        return;
      case "copy": {
        const under = lease;
        work = work.then(() => take(message.key, { ...message.head, lease: under }, body));
        return;
      }
      case "drop":
        work = work.then(() => storage.drop(message.key));
        return;
      case "fence": {
        const { number: fence } = message;
        work = work.then(() => from.write(formatMessage({ kind: "fenced", number: fence })));
        return;
      }
    }
  }

  function endCopies(): void {
    if (doubted !== undefined) doubted.isHeld = false;
    doubted = undefined;
    lease.isHeld = false;
    lease = { isHeld: true };
  }

  /** A connection that is new knows nothing of what was given over an earlier one: those copies end. */
  function begin(): void {
    endCopies();
    isUp = true;
    joined.resolve();
    tellWhoWonders();
  }

  async function take(key: CacheKey, head: StoredHead, body: Uint8Array): Promise<void> {
    if (head.lease?.isHeld !== true || !mayTake(key)) return;
    const began = (Math.floor(head.began) + BEHIND_OWN_POSITIONS) as FeedNumber;
    const admission = storage.admit(key, { ...head, began }, body.length);
    if (admission === undefined) return;
    // In pieces of their own: a long body is sent piece by piece, and none keeps what it came in alive.
    for (let at = 0; at < body.length; at += PIECE_BYTES) {
      const piece = body.subarray(at, at + PIECE_BYTES);
      const own = Buffer.allocUnsafeSlow(piece.length);
      own.set(piece);
      if (!admission.append(own)) return;
    }
    await admission.commit();
  }

  function ask(distribution: DistributionId, urls: readonly string[]): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    forgetting.set(++number, resolve);
    say({ kind: "forget", number, distribution, urls });
    return promise;
  }

  open();
  return {
    isUp: () => isUp,
    lease: () => lease,
    joined: joined.promise,
    tick() {
      if (isClosed) return;
      if (socket === undefined) return open();
      if (++silentTicks > silentTicksMax) {
        log("peer-silent", `${path} says nothing: its work is done here until it is back`);
        isUp = false;
        settleDoubt();
        socket.destroy();
        onSilent();
      } else if (isUp) say({ kind: "ping" });
    },
    async forget(distribution, urls) {
      if (isUp && (await ask(distribution, urls))) return;
      await leave(distribution, urls);
      // Who comes later reads it. Who is there already may have looked before.
      if (await isThere()) await ask(distribution, urls);
    },
    meet(newLife) {
      if (newLife <= ownerLife || isClosed || (!isUp && socket !== undefined)) return false;
      const left = socket;
      endWaiting();
      open();
      left?.destroy();
      return true;
    },
    distrust() {
      if (isClosed) return;
      const left = socket;
      endWaiting();
      endCopies();
      open();
      left?.destroy();
    },
    close() {
      isClosed = true;
      socket?.destroy();
      endWaiting();
      tellWhoWonders();
    },
  };
}
