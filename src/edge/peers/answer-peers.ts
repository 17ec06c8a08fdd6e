// The answering end: a request that another worker has let in, answered by the owner of its key as if the viewer were here, from the
// key on. The checks were made there and are not made again, so what comes here comes over the workers' own socket and no
// other. It is never passed on to a third: no two workers can wait for each other. [D-0027]

import { computeCacheKey } from "../cache/cache-key.ts";
import { keyedAsVariant } from "../cache/variants.ts";
import { newTally, type EdgeParts } from "../edge-parts.ts";
import type { Authorized, Keyed, Routed } from "../exchange.ts";
import { isFresh } from "../storage/stored-age.ts";
import type { StoredResponse } from "../storage/cache-storage.ts";
import type { Answer, Respond, ViewerRequest } from "../transport/message.ts";
import { findPath } from "../viewer-request/match-behavior.ts";
import { formatFacts, formatNotNow } from "./answer-facts.ts";
import type { CopyDirectory, Holder } from "./copy-directory.ts";
import type { FeedWaits } from "./feed-waits.ts";
import { readForwarded, type Forwarded } from "./forwarded-request.ts";

export interface AnsweringEnd {
  readonly parts: EdgeParts;
  /** The pipeline from the key on. */
  readonly answerKeyed: (keyed: Keyed, edge: EdgeParts) => Answer | Promise<Answer>;
  readonly copies: CopyDirectory;
  readonly holderOf: (slot: number) => Holder | undefined;
  readonly feed: FeedWaits;
  readonly tick: () => number;
}

export function openAnsweringEnd(end: AnsweringEnd): Respond {
  const { parts, feed } = end;
  let edge: EdgeParts | undefined;

  function answer(forwarded: Forwarded): Answer | Promise<Answer> {
    const distribution = parts.config.findById(forwarded.distribution);
    if (isBehind(forwarded, parts)) return NOT_YET;
    if (distribution === undefined || distribution.version !== forwarded.version) return NO_MORE;
    const { request, country } = forwarded;
    const { query } = request;
    const known = findPath(request.path, distribution);
    const { path, behavior } = known;
    const now = parts.clock.now();
    const routed: Routed = { request, now, distribution, behavior, path, query, country, known };
    // It was, by the same configuration, where the viewer is.
    const authorized = routed as Authorized;
    const keyed: Keyed = { ...authorized, cacheKey: computeCacheKey(authorized) };
    const answered = end.answerKeyed(keyed, (edge ??= ownParts(parts)));
    return answered instanceof Promise
      ? answered.then((settled) => hand(settled, keyed, forwarded))
      : hand(answered, keyed, forwarded);
  }

  /** The answer as it goes to the asking worker, and a copy of what it was made from. */
  function hand(answered: Answer, keyed: Keyed, { slot }: Forwarded): Answer {
    const holder = end.holderOf(slot);
    if (holder !== undefined) giveCopy(holder, keyed);
    const isUnshareable = parts.flights.isKnownUnshareable(keyed.cacheKey);
    const { status, prepared, fields, body } = answered;
    return { status, prepared, fields: [...fields, formatFacts(answered, isUnshareable)], body };
  }

  function giveCopy(holder: Holder, keyed: Keyed): void {
    const stored = parts.storage.glance(keyed.cacheKey);
    if (stored === undefined) return;
    if (stored.head.isVaryMarker !== true) return giveOne(holder, keyed, stored);
    const variant = keyedAsVariant(keyed, stored.head.variesOn ?? []);
    const selected = parts.storage.glance(variant.cacheKey);
    if (selected === undefined) return;
    end.copies.give(holder, keyed.cacheKey, stored, end.tick());
    giveOne(holder, variant, selected);
  }

  function giveOne(holder: Holder, { cacheKey }: Keyed, stored: StoredResponse): void {
    const { head, body } = stored;
    if (body.length > parts.limits.cacheCopyBytesMax) return;
    if (head.parts !== undefined || head.lease !== undefined || !isFresh(head, parts.clock.now())) return;
    end.copies.give(holder, cacheKey, stored, end.tick());
  }

  return (request: ViewerRequest) => {
    const forwarded = readForwarded(request);
    if (forwarded === undefined) return NOT_A_WORKER;
    if (!isBehind(forwarded, parts)) return answer(forwarded);
    return feed.until(() => !isBehind(forwarded, parts)).then(() => answer(forwarded));
  };
}

/** For what is answered to others: it is never asked of a third, and counted where its viewer is, but for failures of origins. */
function ownParts(parts: EdgeParts): EdgeParts {
  const { tally } = parts;
  return {
    ...parts,
    peers: undefined,
    tally: {
      ...newTally(),
      get originFailures() {
        return tally.originFailures;
      },
      set originFailures(count) {
        tally.originFailures = count;
      },
    },
  };
}

/** The asking worker has heard of changes that have not come here yet. */
function isBehind({ through, version, distribution }: Forwarded, edge: EdgeParts): boolean {
  return edge.position() < through || (edge.config.findById(distribution)?.version ?? version) < version;
}

const NOT_YET: Answer = { status: 503, fields: [formatNotNow("behind")], body: { kind: "none" } };
const NO_MORE: Answer = { status: 503, fields: [formatNotNow("ahead")], body: { kind: "none" } };
const NOT_A_WORKER: Answer = { status: 400, fields: [], body: { kind: "none" }, close: true };
