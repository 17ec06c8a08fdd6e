// What the edge remembers of keys whose response it has no more, or never had: how the last fetch of each ended, and which
// invalidations came. Only explain asks. It is written where something is fetched, stored or invalidated, never by a hit, and it
// is columns of numbers and one stretch of text, which give the collector nothing to do: the oldest is written over. [D-0031]

import type { FeedNumber } from "../../vocabulary/ids.ts";
import { epochMs, type EpochMs } from "../../vocabulary/time.ts";
import type { CacheKey, InvalidatedPath } from "../storage/cache-storage.ts";
import { mark } from "../storage/disk/entry-index.ts";
import { invalidationMatches } from "../storage/invalidate.ts";

/** How the last fetch of a key ended. */
export interface PastFetch {
  /** `lost`: it was to be stored and was not, for its size, for room, or because an invalidation came. */
  readonly kind: "stored" | "not-stored" | "lost" | "dropped";
  readonly at: EpochMs;
  /** Position in the feed when it began. */
  readonly began: FeedNumber;
  readonly status: number;
  /** Of what was not stored; "" where there is no more to say. */
  readonly why: string;
}

export interface PastInvalidation {
  /** `undefined`: the edge's own, after an unsafe method. */
  readonly id: string | undefined;
  readonly invalidated: InvalidatedPath;
  readonly number: FeedNumber;
  /** When it was in force here. */
  readonly at: EpochMs;
}

export interface Past {
  /** Nothing before is remembered. */
  readonly since: EpochMs;
  note(key: CacheKey, fetch: Omit<PastFetch, "at">): void;
  /** The response is gone because of what the origin said of it. */
  noteDropped(key: CacheKey): void;
  noteInvalidation(invalidation: Omit<PastInvalidation, "at">): void;
  /** `undefined`: not asked for, as far as is remembered. One key may be mistaken for another once in four billion. */
  find(key: CacheKey): PastFetch | undefined;
  /** Texts of other keys that were stored for the same path of the distribution, whatever else is in them; the latest first. */
  neighbors(key: CacheKey, max: number): readonly string[];
  /** The first that matches and removed what began at that position. */
  invalidationOf(key: CacheKey, began: FeedNumber): PastInvalidation | undefined;
  /** The last one of the owner's that came after that position and would have removed this, were it not for the key's query or for capital letters. */
  nearInvalidationOf(key: CacheKey, began: FeedNumber): PastInvalidation | undefined;
}

const KINDS = ["stored", "not-stored", "lost", "dropped"] as const satisfies readonly PastFetch["kind"][];

/** Bytes of a key in the columns, and what is left to its text: most are shorter. */
const COLUMN_BYTES = 40;
const TEXT_BYTES = 88;
/** Longer keys are remembered, but are nobody's neighbors. */
const TEXT_BYTES_MAX = 2048;
/** Different reasons; further ones are told as none. */
const WHYS_MAX = 1000;
/** Of the feed's, and of the edge's own: whoever sends unsafe requests must not have the owners' forgotten. */
const INVALIDATIONS_MAX = 4096;
const OWN_MAX = 1024;
/** Of all paths of one kind; the oldest go. */
const PATHS_BYTES_MAX = 1_048_576;

export function openPast(bytes: number, now: () => EpochMs): Past {
  const places = 2 ** Math.floor(Math.log2(Math.max(2, bytes / (COLUMN_BYTES + TEXT_BYTES))));
  const mask = places - 1;
  const texts = Buffer.alloc(places * TEXT_BYTES);
  const checks = new Uint32Array(places);
  const paths = new Uint32Array(places);
  const ats = new Float64Array(places);
  const begans = new Float64Array(places);
  const statuses = new Uint16Array(places);
  const kinds = new Uint8Array(places);
  const whyNumbers = new Uint16Array(places);
  /** Where the text begins, counted over all that was ever written. */
  const textAts = new Float64Array(places);
  const textLengths = new Uint16Array(places);
  let textEnd = 0;
  const whys: string[] = [""];
  const whyOf = new Map<string, number>([["", 0]]);
  const ofFeed = openRecent(INVALIDATIONS_MAX);
  const own = openRecent(OWN_MAX);
  const since = now();

  function numberOf(why: string): number {
    const known = whyOf.get(why);
    if (known !== undefined) return known;
    if (whys.length >= WHYS_MAX) return 0;
    whyOf.set(why, whys.length);
    return whys.push(why) - 1;
  }

  /** Its place is where the text goes on, at the beginning again when it would not fit before the end. */
  function writeText(place: number, text: string): void {
    textLengths[place] = 0;
    const { length } = text;
    if (length > TEXT_BYTES_MAX || length > texts.length) return;
    const left = texts.length - (textEnd % texts.length);
    if (left < length) textEnd += left;
    texts.write(text, textEnd % texts.length, "latin1");
    textAts[place] = textEnd;
    textLengths[place] = length;
    textEnd += length;
  }

  /** `undefined`: it was written over. */
  function readText(place: number): string | undefined {
    const at = textAts[place] ?? 0;
    const length = textLengths[place] ?? 0;
    if (length === 0 || textEnd - at > texts.length) return undefined;
    const from = at % texts.length;
    return texts.toString("latin1", from, from + length);
  }

  function placeOf(key: CacheKey): number {
    const place = mark(key.text) & mask;
    return ats[place] !== 0 && checks[place] === checkOf(key) ? place : -1;
  }

  return {
    since,
    note(key, { kind, began, status, why }) {
      const bits = mark(key.text);
      const place = bits & mask;
      checks[place] = checkOf(key);
      paths[place] = pathMark(key);
      ats[place] = now();
      begans[place] = began;
      statuses[place] = status;
      kinds[place] = KINDS.indexOf(kind);
      whyNumbers[place] = numberOf(why);
      writeText(place, key.text);
    },
    noteDropped(key) {
      const place = placeOf(key);
      if (place < 0) return;
      kinds[place] = KINDS.indexOf("dropped");
      ats[place] = now();
    },
    noteInvalidation(noted) {
      (noted.id === undefined ? own : ofFeed).add({ ...noted, at: now() });
    },
    find(key) {
      const place = placeOf(key);
      if (place < 0) return undefined;
      return {
        kind: KINDS[kinds[place] ?? 0] ?? "stored",
        at: epochMs(ats[place] ?? 0),
        began: (begans[place] ?? 0) as FeedNumber,
        status: statuses[place] ?? 0,
        why: whys[whyNumbers[place] ?? 0] ?? "",
      };
    },
    neighbors(key, max) {
      const wanted = pathMark(key);
      const found: { readonly at: number; readonly text: string }[] = [];
      for (let place = paths.indexOf(wanted); place >= 0; place = paths.indexOf(wanted, place + 1)) {
        if (kinds[place] !== 0 || ats[place] === 0) continue;
        const text = readText(place);
        if (text !== undefined && text !== key.text) found.push({ at: textAts[place] ?? 0, text });
      }
      found.sort((one, other) => other.at - one.at);
      return found.slice(0, max).map(({ text }) => text);
    },
    invalidationOf(key, began) {
      const [first, other] = [ofFeed, own].map((recent) => recent.find(key, began));
      if (first === undefined || other === undefined) return first ?? other;
      return other.number < first.number ? other : first;
    },
    nearInvalidationOf: (key, began) => ofFeed.findNear(key, began),
  };
}

interface Recent {
  add(invalidation: PastInvalidation): void;
  find(key: CacheKey, began: FeedNumber): PastInvalidation | undefined;
  findNear(key: CacheKey, began: FeedNumber): PastInvalidation | undefined;
}

function openRecent(max: number): Recent {
  /** The oldest first, from `first` on. */
  let kept: PastInvalidation[] = [];
  let first = 0;
  let pathBytes = 0;
  return {
    add(invalidation) {
      kept.push(invalidation);
      pathBytes += invalidation.invalidated.path.length;
      while (kept.length - first > max || pathBytes > PATHS_BYTES_MAX) {
        pathBytes -= kept[first]?.invalidated.path.length ?? 0;
        first++;
      }
      if (first <= max) return;
      kept = kept.slice(first);
      first = 0;
    },
    find(key, began) {
      for (let at = first; at < kept.length; at++) {
        const one = kept[at];
        if (one === undefined || one.number <= began || one.invalidated.distribution !== key.distribution) continue;
        if (invalidationMatches(one.invalidated, key.url)) return one;
      }
      return undefined;
    },
    findNear(key, began) {
      const url = key.url.toLowerCase();
      const question = url.indexOf("?");
      const forms = question < 0 ? [url] : [url, url.slice(0, question)];
      for (let at = kept.length - 1; at >= first; at--) {
        const one = kept[at];
        if (one === undefined || one.number <= began) return undefined;
        if (one.invalidated.distribution !== key.distribution) continue;
        const lower = { ...one.invalidated, path: one.invalidated.path.toLowerCase() };
        if (forms.some((form) => invalidationMatches(lower, form))) return one;
      }
      return undefined;
    },
  };
}

/** The place is only some bits of the text's mark. */
function checkOf({ text, url }: CacheKey): number {
  return (mark(text) ^ Math.imul(mark(url), 0x9e3779b1)) >>> 0;
}

/** Of distribution and path alone. */
function pathMark({ distribution, url }: CacheKey): number {
  const question = url.indexOf("?");
  return (mark(question < 0 ? url : url.slice(0, question)) ^ Math.imul(mark(distribution), 0x9e3779b1)) >>> 0;
}
