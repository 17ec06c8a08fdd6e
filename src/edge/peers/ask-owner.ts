// The asking end: what is not fresh in this worker's memory and not its own to fetch is asked of the worker that owns the key,
// and passed on as it comes. Where that one cannot answer, the work is done here as if it were this worker's, but without its
// disk; where it breaks off in mid-body, the rest is asked of the origin. The viewer notices neither. [D-0027]

import { unreachable } from "../../vocabulary/unreachable.ts";
import type { EdgeParts } from "../edge-parts.ts";
import type { Keyed } from "../exchange.ts";
import type { CacheStorage, CopyLease, StoredResponse } from "../storage/cache-storage.ts";
import { answerFields, type Answer, type Field } from "../transport/message.ts";
import { answerFailure } from "../viewer-response/answer-made-here.ts";
import { countAnswer } from "../viewer-response/count-answer.ts";
import { servedAs } from "../served.ts";
import { openFlights, openUnshareableKeys } from "../cache/collapse.ts";
import { resumable } from "../cache/resume-from-origin.ts";
import type { OwnerChannel } from "./owner-channel.ts";
import type { Arrival } from "./peer-ask.ts";
import type { PeerLink } from "./peer-link.ts";

/** A worker that owns keys, as this one sees it. */
export interface Owner {
  readonly slot: number;
  readonly link: PeerLink;
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

export function openAskingEnd(answerHere: AnswerHere): AskingEnd {
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

  function forward(owner: Owner, keyed: Keyed, stored: StoredResponse | undefined, edge: EdgeParts): Promise<Answer> {
    const { request } = keyed;
    const { interim } = request;
    return new Promise((resolve) => {
      owner.link.ask({
        exchange: keyed,
        through: edge.position(),
        onInterim: interim && ((status, fields) => interim(request, status, fields)),
        settle(exchanged) {
          switch (exchanged.kind) {
            case "arrived":
              unshareable.remember(keyed.cacheKey, !exchanged.arrival.head.isUnshareable);
              return resolve(answerArrived(exchanged.arrival, keyed, edge));
            case "left":
              return resolve(answerLeft(keyed, edge));
            case "lost":
              return resolve(answerInPlaceOf(owner, keyed, stored, edge));
            // It has another configuration than the one by which this viewer was let in: nobody is answered by half of each.
            case "refused":
            case "unsaid":
              return resolve(answerAlone(keyed, edge));
            default:
              unreachable(exchanged);
          }
        },
      });
    });
  }

  return {
    ask(owner, keyed, stored, edge) {
      if (!owner.channel.isUp()) return answerInPlaceOf(owner, keyed, stored, edge);
      if (unshareable.has(keyed.cacheKey)) return answerAlone(keyed, edge);
      if (owner.link.busy() >= edge.limits.peerRequestsMax) return answerAlone(keyed, edge);
      return forward(owner, keyed, stored, edge);
    },
  };
}

function answerArrived(arrival: Arrival, keyed: Keyed, edge: EdgeParts): Answer {
  const { status, prepared, fields, result, contentType, requestId, framingAt, madeHere, close } = arrival.head;
  countAnswer(edge, result);
  const isOverload = madeHere === "overload";
  if (isOverload) edge.tally.overloaded++;
  return {
    status,
    prepared,
    fields,
    body: bodyOf(arrival, keyed, edge),
    served: servedAs(keyed, result, contentType),
    requestId,
    ...(framingAt !== undefined && { framingAt }),
    ...(madeHere !== undefined && { madeHere }),
    ...(close && { close: true }),
    // The owner has too much to do, and this viewer is held here; never the connection between workers.
    ...(isOverload && { hold: edge.load.noteRefusal() }),
  };
}

function bodyOf({ head, body }: Arrival, keyed: Keyed, edge: EdgeParts): Answer["body"] {
  if (body.kind !== "stream" || keyed.request.method !== "GET") return body;
  const { status } = head;
  const { length, chunks } = body;
  const fields = (): readonly Field[] => answerFields(head);
  return { ...body, chunks: resumable({ from: "owner", status, fields, length, chunks, keyed, edge }) };
}

/** Nobody is there to see it. */
function answerLeft(keyed: Keyed, edge: EdgeParts): Answer {
  const why = "the viewer left before the owner of the key had answered";
  const failed = { kind: "failure", status: 400, reason: "viewer-body", fault: "viewer", why } as const;
  return answerFailure(keyed, failed, edge.requestIds.next(), edge);
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
