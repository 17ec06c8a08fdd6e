// Control's side of one edge: sends it the feed from where it stands, a batch at a time, passes its acknowledgements to
// the store under a lease, and asks it what only an edge knows.

import type { Feed } from "../store/store.ts";
import type { EdgeId, FeedNumber } from "../vocabulary/ids.ts";
import { addSeconds, seconds, type Clock } from "../vocabulary/time.ts";
import type { Log } from "./log.ts";
import type { EdgeQuestion, EdgeReply, FromEdge, ToEdge } from "./process-messages.ts";

/** An edge that was not heard of for this long counts as gone. */
const LEASE = seconds(15);
/** A third of the lease: two answers may be lost. */
export const RENEW_EVERY_MS = 5000;
/** Steps of the feed in one message. The next is sent when it is in force, so a slow edge does not fill memory. */
const BATCH = 500;
const ANSWER_WITHIN_MS = 5000;

export interface EdgeFollower {
  hear(message: FromEdge): void;
  /** `undefined`: it did not answer in time. */
  ask(about: EdgeQuestion): Promise<EdgeReply | undefined>;
  /** The change up to which it has all in force; `undefined`: it has not said so yet. */
  inForce(): FeedNumber | undefined;
  /** Its name is another's from now on; it is waited for under this one. */
  rename(edge: EdgeId): void;
  /** The edge is gone, or control is about to be: its lease is given up, so that nobody waits for it. */
  close(): Promise<void>;
}

export function openEdgeFollower(options: {
  readonly edge: EdgeId;
  readonly feed: Feed;
  readonly clock: Clock;
  readonly log: Log;
  readonly tell: (message: ToEdge) => void;
  /** The feed cannot be read from its beginning: an edge that follows it would never be ready. */
  readonly onUnreadable: (fault: unknown) => void;
  /** How often the edge is asked for a sign of life. */
  readonly renewEveryMs: number;
}): EdgeFollower {
  const { feed, clock, log, tell } = options;
  let { edge } = options;
  const waiting = new Map<number, (reply: EdgeReply | undefined) => void>();
  let questions = 0;
  /** `undefined` until the edge has said where it stands. */
  let inForce: FeedNumber | undefined;
  let sent = 0 as FeedNumber;
  let isCaughtUp = false;
  let isReading = false;
  let isMoved = false;
  let isClosed = false;

  /** Sends the next batch, unless one is still on its way. */
  async function advance(): Promise<void> {
    isMoved = true;
    if (isReading || inForce === undefined || inForce < sent || isClosed) return;
    isReading = true;
    try {
      while (isMoved) {
        isMoved = false;
        const changes = await feed.changesAfter(sent, BATCH);
        const isLast = changes.length < BATCH;
        if (changes.length === 0 && isCaughtUp) continue;
        sent = changes.at(-1)?.number ?? sent;
        isCaughtUp ||= isLast;
        tell({ kind: "changes", changes, isCaughtUp: isLast });
        if (changes.length > 0) return; // the acknowledgement calls again
      }
    } finally {
      isReading = false;
    }
  }

  function advanceSoon(): void {
    advance().catch((fault: unknown) => {
      if (!isCaughtUp) options.onUnreadable(fault);
      else log("error", "edge", `could not read the feed of changes: ${String(fault)}`);
    });
  }

  function acknowledgeSoon(): void {
    if (inForce === undefined || isClosed) return;
    const now = clock.now();
    feed
      .acknowledge(edge, inForce, addSeconds(now, LEASE), now)
      .catch((fault: unknown) => log("error", "edge", `could not note what is in force: ${String(fault)}`));
  }

  // Only its own answer renews the lease: a process that is there and hangs is not live.
  const report = (): void => tell({ kind: "report" });
  const renewal = setInterval(report, options.renewEveryMs);
  const subscription = feed.subscribe(advanceSoon);
  report();

  return {
    hear(message) {
      switch (message.kind) {
        case "in-force":
          if (inForce === undefined) sent = message.through;
          inForce = message.through;
          acknowledgeSoon();
          advanceSoon();
          break;
        case "reply":
          waiting.get(message.question)?.(message.reply);
          break;
        case "tailed": // for who watches (tails.ts)
          break;
      }
    },
    ask(about) {
      const question = questions++;
      const { promise, resolve } = Promise.withResolvers<EdgeReply | undefined>();
      const late = setTimeout(resolve, ANSWER_WITHIN_MS, undefined);
      waiting.set(question, resolve);
      tell({ kind: "ask", question, about });
      return promise.finally(() => {
        clearTimeout(late);
        waiting.delete(question);
      });
    },
    inForce: () => inForce,
    rename(other) {
      edge = other;
      acknowledgeSoon(); // before the new holder of the old name says that it has less
    },
    async close() {
      isClosed = true;
      clearInterval(renewal);
      subscription[Symbol.dispose]();
      for (const answer of waiting.values()) answer(undefined);
      await feed.retire(edge, clock.now());
    },
  };
}
