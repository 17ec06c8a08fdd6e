// Asks an origin: one keep-alive pool per origin, bounded; both bodies streamed under back-pressure; every ending a value
// that says whose fault it was. Attempts are made as the real edge makes them: connecting is tried again for any method,
// anything later only for GET and HEAD. [CFDG RequestAndResponseBehaviorCustomOrigin]

import type { Limits } from "../../vocabulary/limits.ts";
import type { Clock } from "../../vocabulary/time.ts";
import type { EffectiveOrigin } from "../config/effective-config.ts";
import { attemptFetch, type AttemptMeans, type AttemptOutcome } from "./attempt-fetch.ts";
import { openDueTimes, type DueTimes } from "./due-times.ts";
import { openDeadline, type Deadline } from "./fetch-deadline.ts";
import { failure } from "./fetch-faults.ts";
import type { Fetched } from "./origin-answer.ts";
import type { OriginRequest } from "./origin-request.ts";
import type { FetchSignal } from "./waiting-viewers.ts";
import { openOriginNames, type OriginNames, type OriginNamesSettings } from "./origin-names.ts";
import { openOriginPools, type OriginPool, type OriginPoolsSettings } from "./origin-pools.ts";

export interface OriginFetcher {
  /**
   * `answered` is called once, and not before this returns unless nothing had to be asked. A tunnel is given only to a request
   * with `upgrade`; anything but a good 101 is an answer like any other. `signal` gives the fetch up, body or tunnel included.
   */
  fetch(request: OriginRequest, signal: FetchSignal, answered: (fetched: Fetched) => void): void;
  /** So many wait for a connection to it that who would wait too is better refused, before anything is done for it. */
  isCrowded(origin: EffectiveOrigin): boolean;
  /** How many requests were sent, attempts counted singly. */
  attempts(): number;
  /** Requests whose answer is not through. */
  inFlight(): number;
  close(): void;
}

export interface OriginFetcherSettings extends OriginNamesSettings, OriginPoolsSettings {
  readonly limits: OriginNamesSettings["limits"] &
    OriginPoolsSettings["limits"] &
    Pick<Limits, "originHeaderBytesMax" | "originBodyBytesMax">;
}

export function openOriginFetcher(settings: OriginFetcherSettings, clock: Clock): OriginFetcher {
  const dueTimes = openDueTimes();
  const pools = openOriginPools(settings, dueTimes);
  const names = openOriginNames(settings, clock);
  const counts = { attempts: 0, inFlight: 0 };
  const shared: SharedMeans = { clock, names, dueTimes, counts };

  return {
    fetch(request, signal, answered) {
      if (request.scheme === "https" && request.origin.tlsVersions.length === 0) {
        const why = "OriginSslProtocols allows SSLv3 only, which is not spoken here";
        return answered(failure(502, "origin-closed", "origin", why));
      }
      const bodyBytesMax = request.isCaching ? settings.limits.originBodyBytesMax : Infinity;
      new Fetch(request, { shared, pool: pools.poolFor(request), signal, bodyBytesMax }, answered).attempt();
    },
    isCrowded: (origin) => pools.isCrowded(origin),
    attempts: () => counts.attempts,
    inFlight: () => counts.inFlight,
    close() {
      names.close();
      pools.close();
    },
  };
}

interface SharedMeans {
  readonly clock: Clock;
  readonly names: OriginNames;
  readonly dueTimes: DueTimes;
  readonly counts: { attempts: number; inFlight: number };
}

interface FetchMeans {
  readonly shared: SharedMeans;
  readonly pool: OriginPool;
  readonly signal: FetchSignal;
  readonly bodyBytesMax: number;
}

/** All attempts at one request. It is what each of them needs, too: a miss has few objects of its own. */
class Fetch implements AttemptMeans {
  readonly #request: OriginRequest;
  readonly #shared: SharedMeans;
  readonly #answered: (fetched: Fetched) => void;
  readonly #isRepeatable: boolean;
  readonly pool: OriginPool;
  readonly signal: FetchSignal;
  readonly deadline: Deadline | undefined;
  readonly bodyBytesMax: number;
  needsNew: boolean;
  #attemptsLeft: number;
  #staleLeft = 1;

  constructor(request: OriginRequest, means: FetchMeans, answered: (fetched: Fetched) => void) {
    const { method, origin } = request;
    this.#request = request;
    this.#shared = means.shared;
    this.#answered = answered;
    this.#isRepeatable = method === "GET" || method === "HEAD";
    this.pool = means.pool;
    this.signal = means.signal;
    this.deadline = openDeadline(origin);
    this.bodyBytesMax = means.bodyBytesMax;
    // A connection that the origin is just closing costs a repeatable request an attempt. Others cannot be repeated, so they get a new one.
    // A tunnel never comes back to a pool.
    this.needsNew = !this.#isRepeatable || request.upgrade !== undefined;
    this.#attemptsLeft = origin.connectionAttempts;
  }

  get clock(): Clock {
    return this.#shared.clock;
  }

  get names(): OriginNames {
    return this.#shared.names;
  }

  get dueTimes(): DueTimes {
    return this.#shared.dueTimes;
  }

  attempt(): void {
    this.#shared.counts.attempts++;
    this.#shared.counts.inFlight++;
    attemptFetch(this.#request, this);
  }

  onClosed(): void {
    this.#shared.counts.inFlight--;
  }

  onOutcome(outcome: AttemptOutcome): void {
    if (outcome.kind === "tunnel") this.deadline?.end();
    if (outcome.kind !== "failure") return this.#answered(outcome);
    const mayRepeat = outcome.phase === "connect" || this.#isRepeatable;
    if (outcome.phase === "stale" && this.#staleLeft > 0) {
      // The others that were kept may have been closed with it: this request takes a new one.
      this.needsNew = true;
      this.#staleLeft--;
    } else this.#attemptsLeft--;
    const isLast = !mayRepeat || outcome.isLasting || this.#attemptsLeft <= 0;
    if (isLast || this.signal.aborted || this.deadline?.isOver === true) {
      this.deadline?.end();
      return this.#answered(failure(outcome.status, outcome.reason, outcome.fault, outcome.why));
    }
    // The one before is still being put away.
    queueMicrotask(() => this.attempt());
  }
}
