// A range of a whole that is just arriving for somebody else: cut from it as it comes, where that is soon enough. [D-0014]

import type { EdgeParts } from "../edge-parts.ts";
import type { Keyed } from "../exchange.ts";
import { withoutFields } from "../without-fields.ts";
import type { Answer } from "../transport/message.ts";
import { answerFromStorage } from "./resume-from-origin.ts";
import { answerHead, answerRange, planStoredAnswer } from "../viewer-response/answer-stored.ts";
import { chooseStoredPart } from "../viewer-response/stored-part.ts";
import { fetchThrough } from "./fetch-through.ts";
import { isFresh } from "../storage/stored-age.ts";
import type { BodyReader } from "./shared-body.ts";
import { isVariantFor } from "./variants.ts";

/** So far ahead of what has arrived a viewer waits for a range; beyond it the origin is asked for the range itself. */
const AHEAD_BYTES = 1_048_576;

/** `undefined`: nobody fetches the whole, or what is wanted of it is too far off. */
export async function joinWhole(keyed: Keyed, edge: EdgeParts): Promise<Answer | undefined> {
  const flight = edge.flights.find(keyed.cacheKey);
  if (flight === undefined || keyed.behavior.key.cookies !== "none") return undefined;
  flight.viewers.join(keyed.request);
  const outcome = await flight.outcome;
  if (outcome.kind === "alone" || outcome.kind === "failed") return undefined;
  const { head } = outcome.kind === "sharing" ? outcome : outcome.stored;
  if (head.status !== 200 || !isFresh(head, keyed.now) || !isVariantFor(head, keyed)) return undefined;
  if (outcome.kind === "stored") return answerFromStorage(keyed, outcome.stored, "Hit", edge);
  const { body: shared } = outcome;
  const { length } = shared;
  // Of what is not told its length no part can be named: then the whole is sent. [CFDG RangeGETs]
  if (length === undefined) return fetchThrough(withoutRange(keyed), undefined, edge);
  const plan = planStoredAnswer(keyed, head);
  if (plan.status === 304) return answerHead(keyed, head, plan, "Hit", edge, { kind: "none" });
  const choice = chooseStoredPart(keyed.request, head, length, edge.limits.viewerRangesMax, keyed.now);
  if (choice.kind !== "part" || choice.range.first > shared.arrived() + AHEAD_BYTES) return undefined;
  const reader = shared.join();
  if (reader === undefined) return undefined;
  const cut = (from: number, to: number) =>
    ({ kind: "stream", length: to - from, chunks: skipTo(reader, from, to) }) as const;
  return answerRange(keyed, { head, length, cut }, plan, "Hit", edge);
}

/** What lies before `from` is read and dropped; at `to` the reader is given up. */
function skipTo(reader: BodyReader, from: number, to: number): AsyncIterable<Uint8Array> {
  let at = 0;
  const iterator: AsyncIterableIterator<Uint8Array> = {
    async next() {
      while (at < to) {
        const step = await reader.next();
        if (step.done === true) return step;
        const begin = at;
        at += step.value.length;
        if (at > from) {
          return { done: false, value: step.value.subarray(Math.max(0, from - begin), Math.min(at, to) - begin) };
        }
      }
      return reader.return();
    },
    return: () => reader.return(),
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}

/** As if the viewer wanted everything. */
export function withoutRange(keyed: Keyed): Keyed {
  const { request } = keyed;
  const kept = withoutFields(request, (lowerName) => lowerName === "range" || lowerName === "if-range");
  return { ...keyed, request: { ...request, ...kept } };
}
