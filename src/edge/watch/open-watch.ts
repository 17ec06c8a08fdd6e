// Those who watch a worker: tails, and among them those with traces. While there is none, the slots of `Watching` are empty and nothing here runs.

import type { AccountId } from "../../vocabulary/ids.ts";
import type { Limits } from "../../vocabulary/limits.ts";
import type { Clock } from "../../vocabulary/time.ts";
import type { EffectiveDistribution } from "../config/effective-config.ts";
import type { EdgeParts } from "../edge-parts.ts";
import type { Ended } from "../ended.ts";
import type { Keyed } from "../exchange.ts";
import type { Answer, ViewerRequest } from "../transport/message.ts";
import type { Watching } from "../watching.ts";
import { readPredicate } from "./predicate-of.ts";
import { openTail, type Tail, type TailBatch } from "./tails.ts";
import { nearestCause } from "../explain/nearest-cause.ts";
import { openDebugHeaders, type DebugSettings } from "./debug-headers.ts";
import { openTops, type Tops } from "./tops.ts";
import { openTraces } from "./traces.ts";

/** What somebody wants to see. Plain data. */
export interface TailAsk {
  readonly account: AccountId;
  /** "" for all. It was read before: what cannot be read finds nothing. */
  readonly where: string;
  /** Id of a distribution. */
  readonly distribution?: string;
  /** Keeps what is decided about each request, so that lines can be opened. */
  readonly hasTraces: boolean;
  /** Not lines, but what is asked for and missed most. */
  readonly tops?: true;
}

export interface Watch {
  /** `tail` is whoever asks' own number for it; there is at most one of it. */
  attach(tail: number, ask: TailAsk, send: (batch: TailBatch) => void): void;
  /** The last batch has been taken. */
  more(tail: number): void;
  detach(tail: number): void;
  detachAll(): void;
  /** Sends what is gathered, where it may be sent: the worker ends. */
  flush(): void;
  /** The traced request of this id, as JSON of a `TracePiece`. */
  findTrace(id: string, account: AccountId): string | undefined;
}

export interface WatchSurroundings {
  readonly watching: Watching;
  readonly machineClock: Clock;
  /** The worker, from 1. */
  readonly edgeNumber: number;
  /** Has it told at once of what has ended. */
  readonly settle: () => void;
  readonly limits: Limits;
  readonly parts: EdgeParts;
  readonly serve: (request: ViewerRequest) => Answer | Promise<Answer>;
  readonly lookUp: (keyed: Keyed, edge: EdgeParts) => Answer | Promise<Answer>;
  /** Whose a host is. */
  readonly find: (host: string) => EffectiveDistribution | undefined;
  /** `undefined`: no viewer is shown debug headers. */
  readonly debug: DebugSettings | undefined;
}

/** To find a cause may mean to look at stored neighbors on the disk. */
const CAUSES_PER_SECOND_MAX = 500;

interface Attached {
  readonly tail: Tail;
  /** The same, where it wants to hear of misses. */
  readonly tops: Tops | undefined;
  readonly hasTraces: boolean;
}

export function openWatch({
  watching,
  machineClock,
  edgeNumber,
  settle,
  limits,
  parts,
  serve,
  lookUp,
  find,
  debug: debugSettings,
}: WatchSurroundings): Watch {
  const tails = new Map<number, Attached>();
  const traces = openTraces({ machineClock, edgeNumber, limits });
  const debug = debugSettings && openDebugHeaders(debugSettings, { parts, machineClock, edgeNumber });

  const isTraced = (distribution: EffectiveDistribution | undefined): boolean =>
    distribution !== undefined && tails.values().some(({ tail, hasTraces }) => hasTraces && tail.isFor(distribution));

  /** Looked through for each answer. */
  let seeing: readonly Tail[] = [];
  let hasTraces = false;

  const wants = (of: EffectiveDistribution | undefined): boolean => {
    if (hasTraces) return true;
    if (of === undefined) return false;
    for (const tail of seeing) if (tail.isFor(of) && !tail.isSpent()) return true;
    for (const tail of seeing) if (tail.isFor(of)) tail.lose();
    return false;
  };

  const ended = (batch: readonly Ended[]): void => {
    // First, so that whoever gets the line can open it.
    if (watching.respond !== undefined) for (const each of batch) traces.ended(each);
    for (const tail of seeing) tail.see(batch);
  };

  let second = 0;
  let inSecond = 0;

  /** The cause is looked for at once, as far as it may change: what follows is stored under other keys. */
  const missed: NonNullable<Watching["missed"]> = (of, stored, edge) => {
    const wanting = [...tails.values()].flatMap(({ tops }) => (tops?.isFor(of.distribution) === true ? tops : []));
    if (wanting.length === 0) return;
    const note = (cause: string): void => {
      for (const tops of wanting) tops.miss(of.path, cause);
    };
    if (!("cacheKey" in of)) return note("pass");
    const now = Math.floor(machineClock.now() / 1000);
    if (now !== second) [second, inSecond] = [now, 0];
    // What stored parts may answer is no miss for sure.
    if (of.request.field("range") !== undefined || ++inSecond > CAUSES_PER_SECOND_MAX) return;
    const found = stored && { head: stored.head, bodyLength: stored.body.length, isBelow: false };
    nearestCause(of, found, edge)
      .then(({ kind }) => kind !== "under-way" && note(kind))
      .catch(() => note("unknown"));
  };

  /** After each coming and going. */
  function fillSlots(): void {
    seeing = Array.from(tails.values(), ({ tail }) => tail);
    watching.wants = tails.size === 0 ? undefined : wants;
    watching.ended = tails.size === 0 ? undefined : ended;
    watching.missed = tails.values().some(({ tops }) => tops !== undefined) ? missed : undefined;
    hasTraces = tails.values().some((tail) => tail.hasTraces);
    if (!hasTraces) traces.clear();
    if (!hasTraces && debug === undefined) {
      watching.respond = watching.answerKeyed = watching.asked = undefined;
      return;
    }
    const trace = (request: ViewerRequest, owner: EffectiveDistribution | undefined, sent: ViewerRequest) =>
      isTraced(owner) ? traces.respond(request, parts, serve, sent) : serve(request);
    const traceKeyed = (keyed: Keyed, edge: EdgeParts) =>
      isTraced(keyed.distribution) ? traces.answerKeyed(keyed, edge, lookUp) : lookUp(keyed, edge);
    watching.respond = (sent) => {
      const owner = find(sent.host);
      return debug?.respond(sent, owner, (request) => trace(request, owner, sent)) ?? trace(sent, owner, sent);
    };
    watching.answerKeyed = (keyed, edge) => debug?.answerKeyed(keyed, edge, traceKeyed) ?? traceKeyed(keyed, edge);
    watching.asked = (request, told) => {
      traces.asked(request, told);
      debug?.asked(request, told);
    };
  }

  function detach(tail: number): void {
    tails.get(tail)?.tail.close();
    tails.delete(tail);
  }

  fillSlots();
  return {
    attach(number, { account, where, distribution, hasTraces, tops: wantsTops }, send) {
      detach(number);
      if (wantsTops === true) {
        const tops = openTops({ account, distribution, send });
        tails.set(number, { tail: tops, tops, hasTraces: false });
        return fillSlots();
      }
      const read = readPredicate(where);
      const holds = read.kind === "predicate" ? read.holds : () => false;
      tails.set(number, {
        tail: openTail({ account, distribution, holds, send }, limits, machineClock),
        tops: undefined,
        hasTraces,
      });
      fillSlots();
    },
    more: (number) => tails.get(number)?.tail.more(),
    detach(number) {
      detach(number);
      fillSlots();
    },
    detachAll() {
      for (const number of tails.keys()) detach(number);
      fillSlots();
    },
    flush() {
      settle();
      for (const { tail } of tails.values()) tail.flush();
    },
    findTrace(id, account) {
      settle();
      return traces.find(id, account);
    },
  };
}
