// Parts of a response that is not stored whole. An index stands beside where the whole would stand, a head without a body:
// it says of which representation there are parts, and which. Each part is a stored response of its own, found by its place, so
// that adding one copies nothing, and content larger than may be stored whole is kept in parts. All of them have the
// URL of the whole, and go with its invalidations. [D-0014]

import { parseEntityTag } from "../../http/entity-tag.ts";
import { combineField } from "../../http/field-list.ts";
import { parseHttpDate } from "../../http/http-date.ts";
import type { EpochMs } from "../../vocabulary/time.ts";
import { acceptedCodings } from "../accepted-codings.ts";
import type { EdgeParts } from "../edge-parts.ts";
import type { Keyed } from "../exchange.ts";
import { COMPRESSED_TYPES, mediaType } from "../origin-response/choose-coding.ts";
import type { Field } from "../transport/message.ts";
import { inSequence } from "../viewer-response/in-sequence.ts";
import type { BodyPart, CacheKey, StoredHead, StoredParts, StoredResponse } from "../storage/cache-storage.ts";
import { isVariantFor } from "./variants.ts";

/** Beyond it an answer is not put together of parts: each of them is open until the viewer has come to it. */
const PIECES_MAX = 64;

/** Under Vary only the variant that came last has parts, so they are beside the primary key. */
export function indexKey({ primaryKey, cacheKey }: Keyed): CacheKey {
  const key = primaryKey ?? cacheKey;
  return { ...key, text: `${key.text}#` };
}

export function partKey(index: CacheKey, { from, to }: BodyPart): CacheKey {
  return { ...index, text: `${index.text}${from}-${to}` };
}

/**
 * The validator by which parts may be combined, as If-Range has it. `undefined`: it has none that is strong. A date is strong
 * when the response was made at least a second after it, and counts only without an entity tag. [RFC 9110 §8.8, §13.1.5]
 */
export function strongValidator(fields: readonly Field[], now: EpochMs): string | undefined {
  const tag = combineField(fields, "etag");
  if (tag !== undefined) return parseEntityTag(tag)?.isWeak === false ? tag : undefined;
  const modified = combineField(fields, "last-modified");
  const modifiedAt = parseHttpDate(modified ?? "", now);
  const made = parseHttpDate(combineField(fields, "date") ?? "", now);
  return modifiedAt !== undefined && made !== undefined && made >= modifiedAt + 1000 ? modified : undefined;
}

/**
 * A text that is equal for parts of the same bytes only. `undefined`: no validator is strong, so nobody can know, and the
 * part is combined with nothing. [RFC 9111 §3.4]
 */
export function representationOf(
  { fields, variant }: Pick<StoredHead, "fields" | "variant">,
  total: number,
  now: EpochMs,
): string | undefined {
  const validator = strongValidator(fields, now);
  return validator === undefined ? undefined : `${validator} ${total} ${variant ?? ""}`;
}

/** What there is with one more part: those that lie within it are not needed any more, and the oldest go first when there are too many. */
export function withSpan(spans: readonly BodyPart[], added: BodyPart, max: number): readonly BodyPart[] {
  const kept = spans.filter(({ from, to }) => from < added.from || to > added.to);
  return [...kept.slice(Math.max(0, kept.length - max + 1)), added];
}

/** A stretch of the whole, and the stored part that it is cut from. */
export interface Piece {
  readonly from: number;
  readonly to: number;
  readonly part: StoredResponse;
  /** Where the part begins in the whole. */
  readonly partFrom: number;
}

/** What is held of a stretch of the whole: from its start on, then what is missing, then to its end. */
export interface Held {
  readonly before: readonly Piece[];
  readonly missing: BodyPart | undefined;
  readonly after: readonly Piece[];
}

/** Finds the parts of `wanted`; those that were evicted or invalidated are missing, whatever the index says. */
export async function findHeld(key: CacheKey, index: StoredParts, wanted: BodyPart, edge: EdgeParts): Promise<Held> {
  const spans = index.spans.filter(({ from, to }) => from < wanted.to && to > wanted.from);
  const found = new Map<BodyPart, StoredResponse | undefined>();
  const take = async (choose: (best: BodyPart | undefined, span: BodyPart) => boolean): Promise<Piece | undefined> => {
    for (;;) {
      let best: BodyPart | undefined;
      for (const span of spans) {
        const isGone = found.has(span) && found.get(span) === undefined;
        if (!isGone && choose(best, span)) best = span;
      }
      if (best === undefined) return undefined;
      const part = found.get(best) ?? (await findPart(key, index, best, edge));
      found.set(best, part);
      if (part !== undefined) return { ...best, part, partFrom: best.from };
    }
  };

  const before: Piece[] = [];
  const after: Piece[] = [];
  let [start, end] = [wanted.from, wanted.to];
  while (start < end && before.length < PIECES_MAX) {
    const at = start;
    const piece = await take((best, { from, to }) => from <= at && to > at && (best === undefined || to > best.to));
    if (piece === undefined) break;
    before.push({ ...piece, from: start, to: Math.min(piece.to, end) });
    start = Math.min(piece.to, end);
  }
  while (start < end && before.length + after.length < PIECES_MAX) {
    const at = end;
    const piece = await take((best, { from, to }) => from < at && to >= at && (best === undefined || from < best.from));
    if (piece === undefined) break;
    end = Math.max(piece.from, start);
    after.unshift({ ...piece, from: end, to: at });
  }
  return { before, missing: start < end ? { from: start, to: end } : undefined, after };
}

async function findPart(
  key: CacheKey,
  index: StoredParts,
  span: BodyPart,
  edge: EdgeParts,
): Promise<StoredResponse | undefined> {
  const peeked = edge.storage.peek(partKey(key, span));
  const part = peeked === "below" ? await edge.storage.find(partKey(key, span)) : peeked;
  if (part === "absent" || part === undefined) return undefined;
  // Another representation may have come to the same place while the index was not yet written.
  return part.head.parts?.representation === index.representation ? part : undefined;
}

/** The pieces one after the other; to be read at once or not at all. */
export function readPieces(pieces: readonly Piece[]): AsyncIterable<Uint8Array> {
  return inSequence(
    pieces.map(({ part: { body }, partFrom, from, to }) =>
      body.bytes === undefined
        ? body.read({ from: from - partFrom, to: to - partFrom })
        : body.bytes.subarray(from - partFrom, to - partFrom),
    ),
  );
}

/** May what the index leads to answer this request, were it fresh? A whole one that came later has taken its place. */
export function isIndexFor(
  head: StoredHead,
  whole: { readonly head: StoredHead } | undefined,
  keyed: Keyed,
): head is StoredHead & { readonly parts: StoredParts } {
  if (head.parts === undefined || !isVariantFor(head, keyed)) return false;
  return whole === undefined || head.respondedAtMs > whole.head.respondedAtMs;
}

/**
 * Would a viewer who asks for the whole get it compressed? Parts are never: put together they would keep every viewer
 * from the smaller one for as long as they are fresh. So the whole is fetched as if there were none.
 */
export function mayBeCodedWhole({ behavior, request }: Keyed, head: StoredHead): boolean {
  if (acceptedCodings(behavior, request) === undefined) return false;
  const type = combineField(head.fields, "content-type");
  return type !== undefined && COMPRESSED_TYPES.has(mediaType(type));
}
