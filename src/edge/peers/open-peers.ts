// One worker among several: which keys are its own, the others that it asks and that ask it, and what all of them must know at
// once. Everything between them goes over Unix sockets in a directory that nobody else may open. [D-0001], [D-0027]

import { chmodSync, lstatSync, mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { connect, type Server } from "node:net";
import type { DistributionId } from "../../vocabulary/ids.ts";
import { epochMs, type Clock } from "../../vocabulary/time.ts";
import type { EdgeParts, Peers } from "../edge-parts.ts";
import type { Keyed } from "../exchange.ts";
import type { Answer } from "../transport/message.ts";
import { openAnsweringEnd } from "./answer-peers.ts";
import { formatMessage, type ToOwner } from "./channel-messages.ts";
import { openAskingEnd, type AnswerHere, type Owner } from "./ask-owner.ts";
import type { CopyDirectory } from "./copy-directory.ts";
import { openFeedWaits } from "./feed-waits.ts";
import { openForgetForGood } from "./forget-for-good.ts";
import { openHolders } from "./holders.ts";
import { openLeftForgets } from "./left-forgets.ts";
import { openOwnerChannel } from "./owner-channel.ts";
import { ownerOfKey } from "./owner-of-key.ts";
import { openPeerLink } from "./peer-link.ts";
import { openPeerListener } from "./peer-listener.ts";
import { openPulse, type Pulse } from "./pulse.ts";
import { openRecentForgets } from "./recent-forgets.ts";

/** Where a worker stands among those of its machine. */
export interface PeerPlace {
  readonly slot: number;
  readonly count: number;
  /** Tells a process from the one that takes over its slot: that has the greater one. */
  readonly life: number;
  /** Of all workers, and of nobody else: it is made with that, if it is not there. */
  readonly socketDirectory: string;
  /** Where what is to be forgotten is left for who is not there: kept for as long as what is stored is. Left out: there too. */
  readonly leftDirectory?: string;
}

type PeerSocket = "requests" | "copies";

export interface PeerSurroundings {
  readonly parts: EdgeParts;
  readonly copies: CopyDirectory;
  /** The pipeline from the key on, and behind the look-up. */
  readonly answerKeyed: (keyed: Keyed, edge: EdgeParts) => Answer | Promise<Answer>;
  readonly answerHere: AnswerHere;
  /** A broken promise of our own, as an answer. */
  readonly fault: (error: unknown) => Answer;
  /** Takes these URLs out of this worker's cache; resolves with whether that holds for its successors too. */
  readonly forgetHere: (distribution: DistributionId, urls: readonly string[]) => Promise<boolean>;
  readonly uptimeMs: () => number;
}

export interface OpenPeers extends Peers {
  /** Lets the others in, and goes to see who is there. Rejects with Node's own error when the directory cannot be used. */
  listen(): Promise<void>;
  /** Resolves when every other worker is there. */
  joined(): Promise<void>;
  /** Resolves when this process has a successor in its slot, which hears of everything that is forgotten here. */
  succeeded(): Promise<void>;
  /** Finishes what others have asked, and takes nothing new. */
  drain(withinSeconds: number): Promise<void>;
  readonly pulse: Pulse;
  /** The edge has applied steps of the feed. */
  onApplied(): void;
  close(): Promise<void>;
}

/** How often each worker says that it lives. */
const TICK_MS = 250;
/** Ticks of two processes are not at the same instant, and what has arrived is read in the turn after. */
const LATE_TICKS = 4;

const LONG_AGO: Clock = { now: () => epochMs(0) };

export function openPeers(place: PeerPlace, around: PeerSurroundings): OpenPeers {
  const { slot, count, life, socketDirectory } = place;
  const { parts, copies, fault } = around;
  const { limits } = parts;
  const silentTicksMax = Math.ceil((limits.peerSilenceSeconds * 1000) / TICK_MS);
  const pathOf = (of: number, what: PeerSocket): string => join(socketDirectory, `${of}-${what}.sock`);
  const forgotten = openRecentForgets(silentTicksMax + LATE_TICKS);
  const feed = openFeedWaits(limits.peerFeedWaitSeconds * 1000);
  const asking = openAskingEnd(around.answerHere);
  const owners = new Map<number, Owner>();
  const succeeded = Promise.withResolvers<void>();
  let ticking: NodeJS.Timeout | undefined;
  let ticks = 0;
  const forgetting = openForgetForGood({
    slot,
    left: openLeftForgets(place.leftDirectory ?? socketDirectory, { slot, count, life }),
    recent: forgotten,
    forget: around.forgetHere,
    isForGood: async () => (await parts.storage.invalidationsWritten?.()) ?? true,
    tellHolders,
    log: (event, why) => parts.log("error", event, "", why),
  });
  const pulse = openPulse({
    stoppedSeconds: limits.peerSilenceSeconds - TICK_MS / 1000,
    // Served time may stand still; then every request asks the steady clock.
    clock: parts.machineClock === parts.clock ? parts.clock : LONG_AGO,
    uptimeMs: around.uptimeMs,
    onStopped(forSeconds) {
      parts.log(
        "warn",
        "was-stopped",
        "",
        `for ${forSeconds.toFixed(1)} s: the others may have done without this worker`,
      );
      for (const { channel } of owners.values()) channel.distrust();
      forgetting.takeLeft();
    },
  });

  function tellHolders(distribution: DistributionId, urls: readonly string[]): void {
    copies.forget(distribution, urls);
    holders.forgetAtPredecessors(distribution, urls);
  }

  /** In this worker, and wherever copies of what it had went. */
  async function forgetOwn(distribution: DistributionId, urls: readonly string[]): Promise<void> {
    const written = forgetting.here(distribution, urls);
    tellHolders(distribution, urls);
    await Promise.all([written, holders.fence()]);
  }

  /** Its successor owns what this process owned, as soon as there is one. */
  function meet(of: number, ofLife: number): void {
    const owner = owners.get(of);
    if (owner?.channel.meet(ofLife) === true) owner.link.turnOver();
    else if (of === slot && ofLife > life && owner === undefined) {
      const successor = openOwner(slot);
      owners.set(slot, successor);
      void successor.channel.joined.then(succeeded.resolve);
    }
  }

  /** Others may not have met the successor yet, which may have fetched it meanwhile. */
  async function forgetAsked(distribution: DistributionId, urls: readonly string[]): Promise<void> {
    const successor = owners.get(slot);
    await Promise.all([forgetOwn(distribution, urls), successor?.channel.forget(distribution, urls)]);
  }

  const holders = openHolders({ silentTicksMax, forget: forgetAsked, onHello: meet, slot, life });
  const answer = openAnsweringEnd({
    parts,
    answerKeyed: around.answerKeyed,
    copies,
    holderOf: (of) => holders.of(of),
    feed,
    tick: () => ticks,
    fault,
  });
  // Who gives a request up may ask another one before that is known here.
  const listener = openPeerListener({ answer, fault, streamsMax: 2 * limits.peerRequestsMax });

  function openOwner(of: number): Owner {
    const link = openPeerLink(pathOf(of, "requests"), slot);
    const channel = openOwnerChannel({
      path: pathOf(of, "copies"),
      slot,
      life,
      silentTicksMax,
      storage: parts.storage,
      mayTake: (key) => !forgotten.has(key),
      forgetHere: forgetting.here,
      leave: (distribution, urls) => forgetting.leave(of, distribution, urls),
      onSilent: () => link.cut(),
      log: (event, why) => parts.log("warn", event, "", why),
    });
    return { slot: of, link, channel };
  }

  function tick(): void {
    pulse.beat();
    ticks++;
    forgetting.tick();
    forgotten.tick();
    holders.tick();
    for (const { channel } of owners.values()) channel.tick();
  }

  return {
    place,
    pulse,
    ownerOf: ({ text }) => ownerOfKey(text, count),
    answer(keyed, stored, edge) {
      // One worker alone, but for the time in which it is replaced.
      if (owners.size === 0) return around.answerHere(keyed, stored, edge);
      const owner = owners.get(ownerOfKey((keyed.primaryKey ?? keyed.cacheKey).text, count));
      return owner === undefined ? around.answerHere(keyed, stored, edge) : asking.ask(owner, keyed, stored, edge);
    },
    async forget(distribution, urls) {
      const told = [...owners.values()].map(({ channel }) => channel.forget(distribution, urls));
      await Promise.all([forgetOwn(distribution, urls), ...told]);
    },
    async listen() {
      mkdirSync(socketDirectory, { recursive: true, mode: 0o700 });
      chmodSync(socketDirectory, 0o700);
      const own = (what: PeerSocket): string => join(socketDirectory, `${slot}-${life}-${what}.sock`);
      await listenAt(holders.server, own("copies"));
      const path = own("requests");
      await listenAt(listener.server, path);
      pointAt(pathOf(slot, "requests"), path);
      const predecessor = pointAt(pathOf(slot, "copies"), own("copies"));
      // Who has not found anybody here has left it before, and who finds this process tells it.
      forgetting.takeLeft();
      if (predecessor !== undefined) await tellSuccessor(predecessor, { kind: "hello", slot, life });
      for (let of = 0; of < count; of++) if (of !== slot) owners.set(of, openOwner(of));
      ticking = setInterval(tick, TICK_MS).unref();
    },
    async joined() {
      await Promise.all([...owners.values()].map(({ channel }) => channel.joined));
    },
    succeeded: () => succeeded.promise,
    async drain(withinSeconds) {
      await listener.drain(withinSeconds);
    },
    onApplied: () => feed.onApplied(),
    async close() {
      clearInterval(ticking);
      for (const { link, channel } of owners.values()) {
        channel.close();
        link.cut();
      }
      await Promise.all([listener.drain(0), holders.close()]);
    },
  };
}

/**
 * A slot's sockets have the same names whichever process is in it: links, because a process that ends takes the names away that
 * it listens at. Returns where the link led before.
 */
function pointAt(link: string, path: string): string | undefined {
  const before = lstatSync(link, { throwIfNoEntry: false }) === undefined ? undefined : readlinkSync(link);
  const made = `${path}.link`;
  rmSync(made, { force: true });
  symlinkSync(basename(path), made);
  renameSync(made, link);
  return before === undefined || before === basename(path) ? undefined : join(dirname(link), before);
}

/** A process that is still in the slot learns that its keys are another's from now on. Nobody may be there. */
function tellSuccessor(path: string, hello: ToOwner): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ path }, () => socket.end(formatMessage(hello)));
    socket.on("error", () => undefined);
    socket.on("close", () => resolve());
    socket.setTimeout(TICK_MS, () => socket.destroy());
    socket.resume();
  });
}

/** At a path that a process which was killed may have left behind. */
async function listenAt(server: Server, path: string): Promise<void> {
  rmSync(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ path }, () => {
      server.off("error", reject);
      resolve();
    });
  });
  chmodSync(path, 0o600);
}
