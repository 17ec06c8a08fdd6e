// One fetch for the cache, in the words that all who have to do with it share: what it is about, how it lands with those who wait for it, and
// what is remembered of it. It is led by lead-fetch.ts.

import type { FeedNumber } from "../../vocabulary/ids.ts";
import type { EpochMs } from "../../vocabulary/time.ts";
import { combineField } from "../../http/field-list.ts";
import type { EdgeParts } from "../edge-parts.ts";
import type { Keyed } from "../exchange.ts";
import type { OriginFailure, OriginResponse } from "../origin-request/origin-answer.ts";
import type { OriginRequest } from "../origin-request/origin-request.ts";
import type { Answered } from "../origin-response/storable.ts";
import type { Answer, Field } from "../transport/message.ts";
import type { StoredBody, StoredResponse } from "../storage/cache-storage.ts";
import type { Flight, FlightOutcome } from "./collapse.ts";
import { isFresh } from "../storage/stored-age.ts";
import { indexKey } from "./stored-parts.ts";

/** Asks the origin for a part, or for what is missing: fetch-in-parts.ts. What it does not answer itself is judged like any other response. */
export type AskInParts = (facts: FetchFacts) => Promise<OriginResponse | OriginFailure | AnsweredInParts>;

export interface AnsweredInParts {
  readonly kind: "answered";
  readonly answer: Answer;
}

export interface FetchFacts {
  readonly requestId: string;
  readonly began: FeedNumber;
  /** By the machine's clock. */
  readonly requestedAt: EpochMs;
  /** Whether what was asked so far carried credentials. */
  hadAuthorization(): boolean;
  /** `replacing` stand in place of the viewer's own conditions and its Range; without them these go along. */
  ask(replacing?: readonly Field[]): Promise<OriginResponse | OriginFailure>;
}

/** What one fetch for the cache is about. */
export interface Leading {
  readonly keyed: Keyed;
  readonly stale: StoredResponse | undefined;
  readonly flight: Flight | undefined;
  readonly edge: EdgeParts;
  readonly request: OriginRequest;
  /** Asks again. */
  readonly ask: FetchFacts["ask"];
  /** The viewer's own conditions or ranges went along. */
  readonly isOwnAnswer: boolean;
  readonly requestId: string;
  /** Position in the feed when it began: what an invalidation that comes from now on compares with. */
  readonly began: FeedNumber;
  /** By the machine's clock. */
  readonly requestedAt: EpochMs;
}

/**
 * Something good has come meanwhile for another viewer, or parts of it are there, or variants: an origin in trouble does
 * not take that from those who may have it.
 */
export function hasFresh(keyed: Keyed, edge: EdgeParts): boolean {
  return [keyed.cacheKey, indexKey(keyed)].some((key) => {
    const head = edge.storage.glance(key)?.head;
    if (head === undefined) return false;
    return head.isVaryMarker === true || (head.status < 400 && isFresh(head, edge.clock.now()));
  });
}

/** For explain: the next viewer's miss has its reason here. */
export function noteNotStored({ keyed, edge, began }: Leading, status: number, why: string): void {
  edge.past.note(keyed.cacheKey, { kind: "not-stored", began, status, why });
}

/** What decides beside its fields whether a response may be stored. */
export function answered({ request }: Leading, status: number): Answered {
  return { status, hadAuthorization: hasAuthorization(request) };
}

/** Whether credentials went to the origin. */
export function hasAuthorization({ fields }: OriginRequest): boolean {
  const { before, own, after } = fields;
  return hasOne(before.fields) || hasOne(own) || hasOne(after.fields);
}

function hasOne(fields: readonly Field[]): boolean {
  return combineField(fields, "authorization") !== undefined;
}

/** Tells those who wait, and remembers whether waiting was worth it; one viewer's own answer says nothing about that. */
export function land(
  { flight, keyed, edge, isOwnAnswer }: Leading,
  outcome: FlightOutcome,
  isShareable: boolean,
): void {
  flight?.settle(outcome);
  if (!isOwnAnswer) edge.flights.remember(keyed.cacheKey, isShareable);
}

/** Nobody waits for a disk, but until it is done those who ask join instead of asking the origin again. */
export function closeWhen(flight: Flight | undefined, done: Promise<unknown> | undefined): void {
  if (done === undefined) flight?.close();
  else void done.then(() => flight?.close());
}

/** Of a response that has none. */
export const EMPTY_BODY: StoredBody = { length: 0, bytes: undefined, async *read() {} };
