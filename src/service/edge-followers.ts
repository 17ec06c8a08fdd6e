// Control's side of all edge workers: each is followed as an edge of its own, so that a change is deployed when every one of them
// has it in force. While a worker is replaced its predecessor serves on, and is followed under another name until it is gone.

import type { ExplainRequest } from "../edge/explain/explained-request.ts";
import type { Explanation, ExplanationStep } from "../edge/explain/explanation.ts";
import { asConnectedTo, withOthers } from "../edge/explain/of-several-workers.ts";
import { addCounts, type CountAsked, type MatchingCount } from "../edge/storage/count-matching.ts";
import type { Feed } from "../store/store.ts";
import type { AccountId, EdgeId, FeedNumber } from "../vocabulary/ids.ts";
import type { Clock } from "../vocabulary/time.ts";
import { openEdgeFollower, type EdgeFollower } from "./edge-follower.ts";
import type { Log } from "./log.ts";
import type { EdgeQuestion, ExplanationReply, FromEdge, ToEdge } from "./process-messages.ts";

export interface EdgeFollowers {
  /** A worker's process is there, and hears what it is told. Told again of one that is followed, nothing happens. */
  up(life: number, slot: number): void;
  down(life: number): void;
  hear(life: number, message: FromEdge): void;
  /** As a viewer gets it who is connected to that worker, a number from 1; without one, any worker answers. */
  explain(request: ExplainRequest, account: AccountId, edge?: number): Promise<Explained>;
  /** What each worker knows of a traced request, as JSON. */
  trace(id: string, account: AccountId): Promise<readonly string[]>;
  /** What an invalidation would remove, of all present workers. `undefined`: not all of them have answered. */
  countMatching(asked: CountAsked): Promise<MatchingCount | undefined>;
  /** What each present worker has in force, in the order of their slots. */
  positions(): readonly { readonly slot: number; readonly inForce: FeedNumber | undefined }[];
  /** Resolves when every present worker has all up to this number in force. Bounded by whoever waits. */
  reached(number: FeedNumber): Promise<void>;
  close(): Promise<void>;
}

/** `edge`: whose explanation it is, from 1. */
export type Explained =
  | { readonly kind: "explained"; readonly explanation: Explanation; readonly edge: number }
  /** There is no worker of that number. */
  | { readonly kind: "absent"; readonly why: string }
  /** None answered in time. */
  | { readonly kind: "unanswered"; readonly why: string };

interface Followed {
  readonly slot: number;
  readonly follower: EdgeFollower;
}

export function openEdgeFollowers(options: {
  readonly feed: Feed;
  readonly clock: Clock;
  readonly log: Log;
  readonly tell: (life: number, message: ToEdge) => void;
  /** What a worker is told before the feed. */
  readonly greeting: () => readonly ToEdge[];
  readonly onUnreadable: (fault: unknown) => void;
  readonly renewEveryMs: number;
}): EdgeFollowers {
  const { feed, clock, log, onUnreadable, renewEveryMs } = options;
  const followed = new Map<number, Followed>();
  /** Who waits until a number is reached. */
  const waiting = new Map<() => void, FeedNumber>();

  async function close(life: number): Promise<void> {
    const last = followed.get(life);
    followed.delete(life);
    await last?.follower.close();
  }

  /** The present workers in the order of their slots: the newest of each. */
  function present(): readonly Followed[] {
    const newest = new Map<number, Followed>();
    for (const [, one] of [...followed].toSorted(([life], [other]) => life - other)) newest.set(one.slot, one);
    return [...newest.values()].toSorted((one, other) => one.slot - other.slot);
  }

  /** One after the other until one answers: a worker may be about to die. */
  async function askFirst(
    about: EdgeQuestion,
    asked: readonly Followed[],
  ): Promise<(ExplanationReply & { readonly slot: number }) | undefined> {
    for (const { slot, follower } of asked) {
      const reply = await follower.ask(about);
      if (reply?.kind === "explanation") return { ...reply, slot };
    }
    return undefined;
  }

  /** Without a worker nobody has anything. */
  const hasReached = (number: FeedNumber): boolean =>
    [...followed.values()].every(({ follower }) => (follower.inForce() ?? 0) >= number);

  function wake(): void {
    for (const [resolve, number] of waiting) {
      if (!hasReached(number)) continue;
      waiting.delete(resolve);
      resolve();
    }
  }

  return {
    up(life, slot) {
      if (followed.has(life)) return;
      for (const other of followed.values()) {
        if (other.slot === slot) other.follower.rename(leavingEdge(slot));
      }
      const tell = (message: ToEdge): void => options.tell(life, message);
      for (const message of options.greeting()) tell(message);
      const edge = edgeOf(slot);
      followed.set(life, {
        slot,
        follower: openEdgeFollower({ edge, feed, clock, log, tell, onUnreadable, renewEveryMs }),
      });
    },
    down(life) {
      close(life).catch((fault: unknown) => log("error", "edge", `could not retire it: ${String(fault)}`));
      wake();
    },
    hear(life, message) {
      followed.get(life)?.follower.hear(message);
      if (message.kind === "in-force") wake();
    },
    async explain(request, account, edge) {
      const about: EdgeQuestion = { kind: "explain", request, account };
      const workers = present();
      const asked = edge === undefined ? workers : workers.filter(({ slot }) => slot === edge - 1);
      if (edge !== undefined && asked.length === 0) return { kind: "absent", why: noSuchEdge(edge, workers) };
      const reply = await askFirst(about, asked);
      if (reply === undefined) {
        return {
          kind: "unanswered",
          why:
            edge === undefined ? "no edge answered; is it starting?" : `edge ${edge} does not answer; is it starting?`,
        };
      }
      const isNamed = edge !== undefined;
      const isSufficient = isNamed && reply.explanation.hasFreshCopy === true;
      // Who owns the key knows what is stored under it.
      const owner = isSufficient ? [] : present().filter(({ slot }) => slot === reply.owner);
      const better = owner.length === 0 ? undefined : await askFirst(about, owner);
      const explanation =
        isNamed && reply.owner !== undefined
          ? asConnectedTo(reply.explanation, better?.explanation)
          : (better ?? reply).explanation;
      const { slot } = isNamed ? reply : (better ?? reply);
      const isAlone = workers.length === 1 && !isNamed;
      const explained = (told: Explanation): Explained => {
        const steps = isAlone ? told.steps : [stepOf(slot, isNamed), ...told.steps];
        return { kind: "explained", explanation: { ...told, steps }, edge: slot + 1 };
      };
      if (explanation.cause?.kind !== "never-seen") return explained(explanation);
      // Other keys of the same path have other owners.
      const replies = await Promise.all(present().map(({ follower }) => follower.ask(about)));
      const others = replies.flatMap((other) => (other?.kind === "explanation" ? other.explanation : []));
      return explained(withOthers(explanation, others));
    },
    async trace(id, account) {
      const about: EdgeQuestion = { kind: "trace", id, account };
      // Also those that are being replaced: they finish what they have.
      const replies = await Promise.all([...followed.values()].map(({ follower }) => follower.ask(about)));
      return replies.flatMap((reply) => (reply?.kind === "trace" ? (reply.piece ?? []) : []));
    },
    async countMatching(asked) {
      const workers = present();
      const replies = await Promise.all(workers.map(({ follower }) => follower.ask({ kind: "count", asked })));
      const counts = replies.flatMap((reply) => (reply?.kind === "count" ? [reply.count] : []));
      return counts.length < workers.length || counts.length === 0 ? undefined : addCounts(counts);
    },
    positions: () => present().map(({ slot, follower }) => ({ slot, inForce: follower.inForce() })),
    reached(number) {
      if (hasReached(number)) return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.set(resolve, number);
      return promise;
    },
    async close() {
      await Promise.all([...followed.keys()].map(close));
    },
  };
}

function noSuchEdge(edge: number, workers: readonly Followed[]): string {
  const numbers = workers.map(({ slot }) => slot + 1);
  const there =
    numbers.length === 0 ? "none is there" : `there ${numbers.length === 1 ? "is" : "are"} ${numbers.join(", ")}`;
  return `there is no edge ${edge}: ${there}`;
}

/** Which worker says the rest. */
function stepOf(slot: number, isNamed: boolean): ExplanationStep {
  const why = isNamed
    ? "the viewer is connected to it"
    : "it decides about the key, or was the first to answer; another is asked by its number";
  return { stage: "edge", decision: `worker ${slot + 1}`, why, source: "[D-0027]" };
}

function edgeOf(slot: number): EdgeId {
  return `edge-${slot + 1}` as EdgeId;
}

function leavingEdge(slot: number): EdgeId {
  return `edge-${slot + 1}-leaving` as EdgeId;
}
