// The answering end: a request that another worker has let in, answered by the owner of its key as if the viewer were here, from the
// key on. The checks were made there and are not made again, so what comes here comes over the workers' own socket and no
// other. It is never passed on to a third: no two workers can wait for each other. [D-0027]

import { computeCacheKey } from "../cache/cache-key.ts";
import { keyedAsVariant } from "../cache/variants.ts";
import { newTally, type EdgeParts } from "../edge-parts.ts";
import type { Authorized, Keyed, Routed } from "../exchange.ts";
import { isFresh } from "../storage/stored-age.ts";
import type { CacheKey, StoredResponse } from "../storage/cache-storage.ts";
import type { Answer } from "../transport/message.ts";
import { findPath } from "../viewer-request/match-behavior.ts";
import type { CopyDirectory, Holder } from "./copy-directory.ts";
import type { FeedWaits } from "./feed-waits.ts";
import type { Forwarded } from "./forwarded-request.ts";
import type { AnswerPeer } from "./peer-listener.ts";

export interface AnsweringEnd {
  readonly parts: EdgeParts;
  /** The pipeline from the key on. */
  readonly answerKeyed: (keyed: Keyed, edge: EdgeParts) => Answer | Promise<Answer>;
  readonly copies: CopyDirectory;
  readonly holderOf: (slot: number) => Holder | undefined;
  readonly feed: FeedWaits;
  readonly tick: () => number;
  /** A broken promise of our own, as an answer. */
  readonly fault: (error: unknown) => Answer;
}

export function openAnsweringEnd(end: AnsweringEnd): AnswerPeer {
  const { parts, feed, fault } = end;
  let edge: EdgeParts | undefined;

  function keyedAs({ request, country, version, distribution: id }: Forwarded): Keyed | undefined {
    const distribution = parts.config.findById(id);
    if (distribution?.version !== version) return undefined;
    const { query } = request;
    const known = findPath(request.path, distribution);
    const { path, behavior } = known;
    const now = parts.clock.now();
    if (now > parts.pulse.trustedUntilMs) parts.pulse.look();
    const routed: Routed = { request, now, distribution, behavior, path, query, country, known };
    // It was, by the same configuration, where the viewer is.
    const authorized = routed as Authorized;
    return { ...authorized, cacheKey: computeCacheKey(authorized) };
  }

  const answer: AnswerPeer = (forwarded, tell) => {
    const keyed = isBehind(forwarded, parts) ? undefined : keyedAs(forwarded);
    if (keyed === undefined) return tell(undefined, false);
    // What is asked for once moves nowhere: what it is answered with is stored too, but was not before.
    const holder = parts.storage.glance(keyed.cacheKey) === undefined ? undefined : end.holderOf(forwarded.slot);
    /** The answer as it goes to the asking worker, and a copy of what it was made from. */
    const hand = (answered: Answer): void => {
      if (holder !== undefined) giveCopy(holder, keyed);
      // An error says nothing about what will be there when it is gone.
      tell(answered, answered.status < 400 && isUnshareable(keyed.cacheKey));
    };
    const fail = (error: unknown): void => tell(fault(error), false);
    try {
      const answered = end.answerKeyed(keyed, (edge ??= ownParts(parts)));
      if (answered instanceof Promise) answered.then(hand).catch(fail);
      else hand(answered);
    } catch (error) {
      fail(error);
    }
  };

  /** What was not kept because it was invalidated on its way says nothing against what is stored by now. */
  function isUnshareable(key: CacheKey): boolean {
    return parts.flights.isKnownUnshareable(key) && parts.storage.glance(key) === undefined;
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

  return (forwarded, tell) => {
    if (!isBehind(forwarded, parts)) return answer(forwarded, tell);
    void feed.until(() => !isBehind(forwarded, parts)).then(() => answer(forwarded, tell));
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
