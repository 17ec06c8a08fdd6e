// Why a viewer would have to wait for the origin: the nearest cause of a miss, from what the edge remembers (cache/past.ts) and from
// what is stored beside it. The fetch that came last decides; without one, a stored response of the same path whose key differs
// is the likeliest reason.

import { formatHttpDate } from "../../http/http-date.ts";
import { readKey, urlOfKey } from "../cache/read-key.ts";
import type { Past, PastFetch, PastInvalidation } from "../cache/past.ts";
import type { EdgeParts } from "../edge-parts.ts";
import type { Keyed } from "../exchange.ts";
import type { CacheKey, InspectedResponse } from "../storage/cache-storage.ts";
import { RULES_IN_WORDS, roundSeconds } from "../origin-response/freshness-lifetime.ts";
import { freshUntil } from "../storage/stored-age.ts";
import type { Cause } from "./explanation.ts";
import { keyDifferences, toldParts, type KeyDifference } from "./key-difference.ts";

/** Stored neighbors that are looked at, each of which may be a read from the disk. */
const NEIGHBORS_MAX = 16;
/** Differences beyond it are counted only. */
const TOLD_MAX = 4;
/** A value is told as far as that. */
const VALUE_MAX = 80;

/** `stored` is what stands under the key and is not served. */
export async function nearestCause(
  keyed: Keyed,
  stored: InspectedResponse | undefined,
  edge: EdgeParts,
): Promise<Cause> {
  const { cacheKey } = keyed;
  if (edge.flights.find(cacheKey) !== undefined) {
    return cause(
      "under-way",
      "another viewer's fetch of it is under way, and this one would wait for that",
      COLLAPSING,
    );
  }
  if (stored !== undefined) return expired(stored);
  const fetched = edge.past.find(cacheKey);
  if (fetched !== undefined) return afterFetch(fetched, keyed, edge);
  if (edge.storage.wasEvicted?.(cacheKey) === true) {
    return cause("evicted", "it was stored and went for room, before anybody asked for it again", "[D-0025]");
  }
  return (await besideStored(keyed, edge)) ?? neverSeen(keyed, edge.past);
}

const COLLAPSING = "[CFDG RequestAndResponseBehaviorCustomOrigin]";

function cause(kind: Cause["kind"], why: string, source: string): Cause {
  return { kind, why, source };
}

function expired({ head }: InspectedResponse): Cause {
  const { lifetime, respondedAtMs } = head;
  if (lifetime.seconds === 0) {
    const why = `stored at ${formatHttpDate(respondedAtMs)} to be validated on every request, by ${RULES_IN_WORDS[lifetime.rule]}`;
    return cause("validated-always", why, "[RFC 9111 §4.3]");
  }
  const what = head.status >= 400 ? `the ${head.status} that was kept` : "it";
  const why = `${what} expired at ${formatHttpDate(freshUntil(head))}, ${roundSeconds(lifetime.seconds)} s after it came or was last validated`;
  return cause("expired", why, "[RFC 9111 §4.2]");
}

function afterFetch(fetched: PastFetch, { cacheKey }: Keyed, { past, storage }: EdgeParts): Cause {
  const { kind, at, began, status, why } = fetched;
  const then = formatHttpDate(at);
  const invalidation = past.invalidationOf(cacheKey, began);
  switch (kind) {
    case "not-stored":
      return cause("not-stored", `asked for at ${then}: ${status}, not stored: ${why}`, "[CFDG Expiration]");
    case "dropped":
      return cause(
        "dropped",
        `at ${then} the origin, asked whether it is still good, forbade to keep it`,
        "[RFC 9111 §4.3.4]",
      );
    case "lost":
      if (invalidation !== undefined) return invalidated(invalidation, fetched);
      return cause("not-stored", `asked for at ${then}: ${status}, not stored: ${why}`, "[D-0025]");
    case "stored": {
      if (invalidation !== undefined) return invalidated(invalidation, fetched);
      const isGhost = storage.wasEvicted?.(cacheKey) === true;
      if (isGhost || storage.counters().evicted > 0) {
        const how = isGhost ? ", before anybody asked for it again" : "";
        return cause("evicted", `stored at ${then}, and gone since to make room${how}`, "[D-0025]");
      }
      return cause("lost", `stored at ${then}, and gone since: its disk failed or has another holder`, "[D-0025]");
    }
  }
}

function invalidated({ id, invalidated: rule, at }: PastInvalidation, fetched: PastFetch): Cause {
  const when = `at ${formatHttpDate(at)}, after it was fetched at ${formatHttpDate(fetched.at)}`;
  if (id === undefined && rule.isLiteral !== true) {
    const what = `all that was stored of the distribution was forgotten ${when}`;
    return cause("forgotten", `${what}: the clock was reset, or what a worker was told to forget was lost`, "[D-0034]");
  }
  if (id === undefined) {
    return cause("discarded", `an unsafe request took ${rule.path} out of the cache ${when}`, "[RFC 9111 §4.4]");
  }
  return {
    ...cause("invalidated", `invalidation ${id} of ${rule.path} came ${when}`, "[CFDG Invalidation]"),
    invalidation: id,
  };
}

/** Of several the one that differs least. */
async function besideStored(keyed: Keyed, edge: EdgeParts): Promise<Cause | undefined> {
  const own = readKey(keyed.cacheKey.text);
  if (own === undefined) return undefined;
  const parts = toldParts(own, keyed.behavior);
  let nearest: readonly KeyDifference[] | undefined;
  for (const text of edge.past.neighbors(keyed.cacheKey, NEIGHBORS_MAX)) {
    const others = readKey(text);
    if (others === undefined) continue;
    const differences = keyDifferences(parts, toldParts(others, keyed.behavior));
    // Marks of two paths may be equal.
    if (differences.some(({ name }) => name === "path" || name === "distribution")) continue;
    if (differences.length === 0 || (nearest !== undefined && nearest.length <= differences.length)) continue;
    const key: CacheKey = { text, distribution: keyed.cacheKey.distribution, url: urlOfKey(others) };
    if ((await edge.storage.inspect(key)) !== undefined) nearest = differences;
  }
  return nearest && keyDiffers(nearest);
}

function keyDiffers(differences: readonly KeyDifference[]): Cause {
  const told = differences.slice(0, TOLD_MAX).map(differenceInWords).join("; ");
  const more = differences.length - TOLD_MAX;
  const why = `the same path is stored under another key: ${told}${more > 0 ? `; and ${more} more` : ""}`;
  return {
    ...cause("key-differs", why, "[CFDG understanding-the-cache-key]"),
    parts: differences.map(({ name }) => name),
  };
}

/** What other viewers have sent is told, but for what lets them in. */
function differenceInWords({ name, one, other, from }: KeyDifference): string {
  const isSecret = /^(?:cookie |header (?:authorization|cookie)$)/.test(name);
  const inWords = (value: string | undefined): string =>
    value === undefined ? "none" : value.length > VALUE_MAX ? `${value.slice(0, VALUE_MAX)}…` : value;
  const there = isSecret && other !== undefined ? "another" : inWords(other);
  return `${name} is ${inWords(one)}, there ${there} (${from})`;
}

function neverSeen({ cacheKey }: Keyed, past: Past): Cause {
  const since = formatHttpDate(past.since);
  const invalidation = past.invalidationOf(cacheKey, 0 as Keyed["distribution"]["version"]);
  const hint =
    invalidation?.id === undefined
      ? ""
      : `; what was stored before that, invalidation ${invalidation.id} of ${invalidation.invalidated.path} would have removed`;
  return cause("never-seen", `not asked for since ${since}, as far as is remembered${hint}`, "[RFC 9111 §4]");
}

/** Other workers may have what the owner of the key does not know of: their keys have other owners. */
export function nearerCause(own: Cause | undefined, others: readonly (Cause | undefined)[]): Cause | undefined {
  if (own?.kind !== "never-seen") return own;
  return others.find((other) => other?.kind === "key-differs") ?? own;
}
