// The asking end: what is not fresh in this worker's memory and not its own to fetch is asked of the worker that owns the key,
// and passed on as it comes. Where that one cannot answer, the work is done here as if it were this worker's, but without its
// disk; where it breaks off in mid-body, the rest is asked of the origin. The viewer notices neither. [D-0027]

import type { EdgeParts } from "../edge-parts.ts";
import type { Keyed } from "../exchange.ts";
import type { CacheStorage, CopyLease, StoredResponse } from "../storage/cache-storage.ts";
import type { Answer } from "../transport/message.ts";
import { answerFailure } from "../viewer-response/answer-made-here.ts";
import { countAnswer } from "../viewer-response/count-answer.ts";
import { combineField } from "../../http/field-list.ts";
import { servedAs } from "../served.ts";
import { openFlights, openUnshareableKeys } from "../cache/collapse.ts";
import { resumable } from "../cache/resume-from-origin.ts";
import { readFacts } from "./answer-facts.ts";
import { formatForwarded } from "./forwarded-request.ts";
import type { OwnerChannel } from "./owner-channel.ts";
import type { Arrival, Exchanged, PeerPool } from "./peer-connection.ts";

/** A worker that owns keys, as this one sees it. */
export interface Owner {
  readonly slot: number;
  readonly pool: PeerPool;
  readonly channel: OwnerChannel;
}

/** The pipeline behind the look-up; `stored` is what is there of it, fresh or not. */
export type AnswerHere = (
  keyed: Keyed,
  stored: StoredResponse | undefined,
  edge: EdgeParts,
) => Answer | Promise<Answer>;

export interface AskingEnd {
  ask(owner: Owner, keyed: Keyed, stored: StoredResponse | undefined, edge: EdgeParts): Answer | Promise<Answer>;
}

export function openAskingEnd(ownSlot: number, answerHere: AnswerHere): AskingEnd {
  /** Not to be asked of their owner. What is fetched alone is of no use to others either, and says nothing about that. */
  const unshareable = openUnshareableKeys();
  const aloneFlights = openFlights();

  /** As this worker would answer its own key, but that nothing of it is kept. */
  function answerAlone(keyed: Keyed, edge: EdgeParts): Answer | Promise<Answer> {
    const { cacheResponseBytesMax } = edge.limits;
    const storage: CacheStorage = {
      ...nowhere(edge.storage),
      // It could be: then its owner is asked the next time.
      admit(key, _head, bodyLength = 0) {
        if (bodyLength <= cacheResponseBytesMax) unshareable.remember(key, true);
        return undefined;
      },
    };
    return answerHere(keyed, undefined, { ...edge, storage, flights: aloneFlights });
  }

  /** What is fetched here stays as long as a copy would: until the owner is back. */
  function answerInPlaceOf({ channel }: Owner, keyed: Keyed, stored: StoredResponse | undefined, edge: EdgeParts) {
    return answerHere(keyed, stored, { ...edge, storage: leasedStorage(edge.storage, channel.lease()) });
  }

  async function forward(
    owner: Owner,
    head: string,
    keyed: Keyed,
    stored: StoredResponse | undefined,
    edge: EdgeParts,
  ): Promise<Answer> {
    const { request } = keyed;
    const { interim } = request;
    const exchanged: Exchanged = await owner.pool.exchange({
      head,
      isHead: request.method === "HEAD",
      onInterim: interim && ((status, fields) => interim(request, status, fields)),
      onGone: request.onGone,
    });
    if (exchanged.kind === "left") return answerLeft(keyed, edge);
    if (exchanged.kind === "lost") return answerInPlaceOf(owner, keyed, stored, edge);
    const { arrival } = exchanged;
    const last = arrival.fields.at(-1);
    const facts = last && readFacts(last);
    if (facts?.kind === "answer") {
      if (facts.isUnshareable) unshareable.remember(keyed.cacheKey, false);
      const answer: Answer = {
        status: arrival.status,
        fields: arrival.fields.slice(0, -1),
        body: bodyOf(arrival, keyed, edge),
        served: servedAs(keyed, facts.result, facts.contentType),
        requestId: combineField(arrival.fields, "x-amz-cf-id"),
        ...(facts.framingAt !== undefined && { framingAt: facts.framingAt }),
        ...(facts.madeHere !== undefined && { madeHere: facts.madeHere }),
        ...(facts.close && { close: true }),
        // The owner has too much to do, and this viewer is held here; never the connection between workers.
        ...(facts.madeHere === "overload" && { holdMs: edge.load.holdRefusedMs() }),
      };
      countAnswer(edge, facts.result);
      if (facts.madeHere === "overload") edge.tally.overloaded++;
      return answer;
    }
    // It has another configuration than the one by which this viewer was let in: nobody is answered by half of each.
    return answerAlone(keyed, edge);
  }

  return {
    ask(owner, keyed, stored, edge) {
      if (!owner.channel.isUp()) return answerInPlaceOf(owner, keyed, stored, edge);
      if (unshareable.has(keyed.cacheKey)) return answerAlone(keyed, edge);
      if (owner.pool.busy() >= edge.limits.peerConnectionsMax) return answerAlone(keyed, edge);
      const head = formatForwarded(keyed, ownSlot, edge.position());
      return head === undefined ? answerAlone(keyed, edge) : forward(owner, head, keyed, stored, edge);
    },
  };
}

function bodyOf({ status, fields, body }: Arrival, keyed: Keyed, edge: EdgeParts): Answer["body"] {
  if (body.kind !== "stream" || keyed.request.method !== "GET") return body;
  const { length, chunks } = body;
  return { ...body, chunks: resumable({ from: "owner", status, fields: () => fields, length, chunks, keyed, edge }) };
}

/** Nobody is there to see it. */
function answerLeft(keyed: Keyed, edge: EdgeParts): Answer {
  const why = "the viewer left before the owner of the key had answered";
  const failed = { kind: "failure", status: 400, reason: "viewer-body", fault: "viewer", why } as const;
  return answerFailure(keyed, failed, edge.newRequestId(), edge);
}

/** Where another worker owns the key: in memory, and for as long as the lease lasts. */
function leasedStorage(storage: CacheStorage, lease: CopyLease): CacheStorage {
  const counted = (found: StoredResponse | undefined): StoredResponse | undefined =>
    found?.head.lease?.isHeld === false ? undefined : found;
  return {
    ...storage,
    peek(key) {
      const found = storage.peek(key);
      return typeof found === "string" ? "absent" : (counted(found) ?? "absent");
    },
    glance: (key) => counted(storage.glance(key)),
    find: async (key) => counted(storage.glance(key)),
    admit: (key, head, bodyLength) => storage.admit(key, { ...head, lease }, bodyLength),
    refresh: (key, stored, head) => storage.refresh(key, stored, { ...head, lease }),
  };
}

function nowhere(storage: CacheStorage): CacheStorage {
  return {
    ...storage,
    peek: () => "absent",
    glance: () => undefined,
    find: async () => undefined,
    refresh: async () => undefined,
    drop: () => undefined,
  };
}
