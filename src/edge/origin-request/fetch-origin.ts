// Asks an origin: one keep-alive pool per origin, bounded; both bodies streamed under back-pressure; every ending a value
// that says whose fault it was. Attempts are made as the real edge makes them: connecting is tried again for any method,
// anything later only for GET and HEAD. [CFDG RequestAndResponseBehaviorCustomOrigin]

import type { Limits } from "../../vocabulary/limits.ts";
import type { Clock } from "../../vocabulary/time.ts";
import type { EffectiveOrigin } from "../config/effective-config.ts";
import { attemptFetch } from "./attempt-fetch.ts";
import type { OriginRequest } from "./build-origin-request.ts";
import { openDueTimes } from "./due-times.ts";
import { openDeadline } from "./fetch-deadline.ts";
import { failure } from "./fetch-faults.ts";
import type { OriginFailure, OriginResponse, OriginTunnel } from "./origin-answer.ts";
import type { FetchSignal } from "./waiting-viewers.ts";
import { openOriginNames, type OriginNamesSettings } from "./origin-names.ts";
import { openOriginPools, type OriginPoolsSettings } from "./origin-pools.ts";

export interface OriginFetcher {
  /**
   * A tunnel is given only to a request with `upgrade`; anything but a good 101 is an answer like any other. `signal` gives
   * the fetch up, body or tunnel included.
   */
  fetch(request: OriginRequest, signal: FetchSignal): Promise<OriginTunnel | OriginResponse | OriginFailure>;
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

function signed(request: OriginRequest, clock: Clock): OriginRequest {
  return request.sign === undefined ? request : { ...request, fields: request.sign(clock.now()) };
}

export function openOriginFetcher(settings: OriginFetcherSettings, clock: Clock): OriginFetcher {
  const dueTimes = openDueTimes();
  const pools = openOriginPools(settings, dueTimes);
  const names = openOriginNames(settings, clock);
  let attempts = 0;
  let inFlight = 0;

  return {
    async fetch(request, signal) {
      const { origin, method } = request;
      if (request.scheme === "https" && origin.tlsVersions.length === 0) {
        return failure(
          502,
          "origin-closed",
          "origin",
          "OriginSslProtocols allows SSLv3 only, which is not spoken here",
        );
      }
      const isRepeatable = method === "GET" || method === "HEAD";
      // A connection that the origin is just closing costs a repeatable request an attempt. Others cannot be repeated, so they get a new one.
      // A tunnel never comes back to a pool.
      let needsNew = !isRepeatable || request.upgrade !== undefined;
      const pool = pools.poolFor(request);
      const deadline = openDeadline(origin);
      let attemptsLeft = origin.connectionAttempts;
      let staleLeft = 1;
      for (;;) {
        attempts++;
        inFlight++;
        const outcome = await attemptFetch(signed(request, clock), {
          pool,
          needsNew,
          names,
          dueTimes,
          deadline,
          signal,
          bodyBytesMax: request.isCaching ? settings.limits.originBodyBytesMax : Infinity,
          onClosed: () => void inFlight--,
        });
        if (outcome.kind === "tunnel") deadline?.end();
        if (outcome.kind !== "failure") return outcome;
        const mayRepeat = outcome.phase === "connect" || isRepeatable;
        if (outcome.phase === "stale" && staleLeft > 0) {
          // The others that were kept may have been closed with it: this request takes a new one.
          needsNew = true;
          staleLeft--;
        } else attemptsLeft--;
        if (!mayRepeat || outcome.isLasting || attemptsLeft <= 0 || signal.aborted || deadline?.isOver === true) {
          deadline?.end();
          return failure(outcome.status, outcome.reason, outcome.fault, outcome.why);
        }
      }
    },
    isCrowded: (origin) => pools.isCrowded(origin),
    attempts: () => attempts,
    inFlight: () => inFlight,
    close() {
      names.close();
      pools.close();
    },
  };
}
