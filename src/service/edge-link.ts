// The control process's side of an edge process: starts it, sends it the feed, passes its acknowledgements to the store
// under a lease, and starts another when it dies. A dead edge's lease is given up at once, so nobody waits for it.

import { fork, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import type { Store } from "../store/store.ts";
import type { EdgeId, FeedNumber } from "../vocabulary/ids.ts";
import { addSeconds, seconds, type Clock } from "../vocabulary/time.ts";
import type { EdgeQuestion, EdgeReply, FromEdge, ListenAddress, ToEdge } from "./edge-messages.ts";
import type { Log } from "./log.ts";
import type { Settings } from "./settings.ts";

const PROGRAM = fileURLToPath(new URL("edge-process.ts", import.meta.url));
/** An edge that was not heard of for this long counts as gone. */
const LEASE = seconds(15);
/** A third of the lease: two renewals may be lost. */
const RENEW_EVERY_MS = 5000;
/** Steps of the feed in one message. */
const BATCH = 500;
/** Milliseconds to wait before starting an edge again: doubled by each failure up to the second number. */
const RESTART_MS = [100, 5000] as const;
const ANSWER_WITHIN_MS = 5000;

export type EdgeStarted =
  | { readonly kind: "listening"; readonly addresses: readonly ListenAddress[] }
  | { readonly kind: "failure"; readonly message: string };

export interface EdgeLink {
  /** How the first start went. Later restarts are in the log. */
  readonly started: Promise<EdgeStarted>;
  /** `undefined`: no edge answered. */
  ask(about: EdgeQuestion): Promise<EdgeReply | undefined>;
  processId(): number | undefined;
  /** Lets the edge finish what is in flight, and waits until its process is gone. */
  drain(): Promise<void>;
}

export function openEdgeLink(options: {
  readonly settings: Settings;
  readonly store: Promise<Store>;
  readonly clock: Clock;
  readonly log: Log;
}): EdgeLink {
  const { settings, clock, log } = options;
  const started = Promise.withResolvers<EdgeStarted>();
  const waiting = new Map<number, (reply: EdgeReply | undefined) => void>();
  let child: ChildProcess | undefined;
  let gone = Promise.resolve();
  let isDraining = false;
  let questions = 0;
  let restartMs: number = RESTART_MS[0];
  let addresses: readonly ListenAddress[] = [];

  function start(): void {
    const edgeId = randomBytes(8).toString("hex") as EdgeId;
    const edge = fork(PROGRAM, { serialization: "advanced", execArgv: process.execArgv });
    child = edge;
    log("debug", "edge", `runs as process ${edge.pid}`);
    const exited = Promise.withResolvers<void>();
    gone = exited.promise;
    let inForce = 0 as FeedNumber;
    let isPumping = false;
    let isStale = true;
    let isOpen = false;
    const subscription = options.store.then((store) => store.feed.subscribe(() => pump(store)));

    function send(message: ToEdge): void {
      if (edge.connected) edge.send(message, () => undefined); // a dead channel shows itself by the exit event
    }

    /** Sends what the edge does not have yet; one run at a time, and another when the feed moved meanwhile. */
    function pump(store: Store): void {
      isStale = true;
      if (isPumping || !isOpen) return;
      isPumping = true;
      void (async () => {
        while (isStale && edge.connected) {
          isStale = false;
          const changes = await store.feed.changesAfter(sent, BATCH);
          sent = changes.at(-1)?.number ?? sent;
          if (changes.length === BATCH) isStale = true;
          if (changes.length > 0 || !caughtUpOnce) send({ kind: "changes", changes, isCaughtUp: !isStale });
          caughtUpOnce ||= !isStale;
        }
      })()
        .catch((fault: unknown) => log("error", "edge", `could not read the feed of changes: ${String(fault)}`))
        .finally(() => {
          isPumping = false;
        });
    }
    let sent = 0 as FeedNumber;
    let caughtUpOnce = false;

    async function acknowledge(): Promise<void> {
      const now = clock.now();
      const store = await options.store;
      await store.feed.acknowledge(edgeId, inForce, addSeconds(now, LEASE), now);
    }

    function acknowledgeSoon(): void {
      acknowledge().catch((fault: unknown) =>
        log("error", "edge", `could not note what the edge has in force: ${String(fault)}`),
      );
    }

    const renewal = setInterval(() => {
      if (isOpen) acknowledgeSoon();
    }, RENEW_EVERY_MS);

    edge.on("message", (message: FromEdge) => {
      switch (message.kind) {
        case "hello":
          send({ kind: "open", settings: withKnownPort(settings, addresses) });
          isOpen = true;
          void options.store.then(pump);
          break;
        case "in-force":
          inForce = message.through;
          acknowledgeSoon();
          break;
        case "listening":
          addresses = message.addresses;
          restartMs = RESTART_MS[0];
          started.resolve({ kind: "listening", addresses });
          break;
        case "reply":
          waiting.get(message.question)?.(message.reply);
          break;
        case "failed":
          started.resolve({ kind: "failure", message: message.message });
          log("debug", "edge", message.message);
          break;
      }
    });

    edge.on("error", (error) => log("error", "edge", `cannot run the edge process: ${error.message}`));
    edge.once("exit", (status, signal) => {
      clearInterval(renewal);
      for (const answer of waiting.values()) answer(undefined);
      const how = signal === null ? `with status ${status}` : `by ${signal}`;
      void (async () => {
        const store = await options.store;
        (await subscription)[Symbol.dispose]();
        await store.feed.retire(edgeId, clock.now());
      })()
        .catch((fault: unknown) => log("error", "edge", `could not retire an edge: ${String(fault)}`))
        .finally(exited.resolve);
      started.resolve({ kind: "failure", message: `the edge process ended ${how} before it was ready` });
      if (isDraining || addresses.length === 0) return;
      log("error", "edge", `the edge process ended ${how}; starting another in ${restartMs} ms`);
      setTimeout(() => {
        if (!isDraining) start();
      }, restartMs);
      restartMs = Math.min(restartMs * 2, RESTART_MS[1]);
    });
  }

  start();

  return {
    started: started.promise,
    ask(about) {
      const edge = child;
      if (edge === undefined || !edge.connected) return Promise.resolve(undefined);
      const question = questions++;
      const { promise, resolve } = Promise.withResolvers<EdgeReply | undefined>();
      const late = setTimeout(resolve, ANSWER_WITHIN_MS, undefined);
      waiting.set(question, resolve);
      edge.send({ kind: "ask", question, about } satisfies ToEdge, (error) => {
        if (error) resolve(undefined);
      });
      return promise.finally(() => {
        clearTimeout(late);
        waiting.delete(question);
      });
    },
    processId: () => child?.pid,
    async drain() {
      isDraining = true;
      const edge = child;
      if (edge?.connected) edge.send({ kind: "drain" } satisfies ToEdge, () => undefined);
      // A process that hangs is not waited for longer than it was given to drain.
      const overdue = setTimeout(() => edge?.kill("SIGKILL"), (settings.drainSeconds + 2) * 1000);
      await gone;
      clearTimeout(overdue);
    },
  };
}

/** A restarted edge takes the port of the first start again, also where that was any free one. */
function withKnownPort(settings: Settings, addresses: readonly ListenAddress[]): Settings {
  const known = addresses[0]?.port;
  return known === undefined ? settings : { ...settings, edgeHttpPort: known };
}
