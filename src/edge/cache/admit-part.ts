// Takes a part of a response into the cache: the part first, then the index that leads to it. When all parts of the whole
// are there, they become one stored response like any other. [RFC 9111 §3.4], [D-0014]

import type { EdgeParts } from "../edge-parts.ts";
import type { Keyed } from "../exchange.ts";
import { updatedFields } from "./admit.ts";
import type { Admission, BodyPart, CacheKey, StoredHead, StoredParts } from "../storage/cache-storage.ts";
import {
  findHeld,
  indexKey,
  mayBeCodedWhole,
  partKey,
  readPieces,
  representationOf,
  withSpan,
} from "./stored-parts.ts";

export interface PartToStore {
  /** As the whole would have it. */
  readonly head: StoredHead;
  readonly span: BodyPart;
  readonly total: number;
  /** The fields say all that is to be said of the whole; else it is kept only where they are known already. */
  readonly isComplete: boolean;
  /** Names a representation that nobody else can name. */
  readonly requestId: string;
}

/** `undefined`: it is not going to be stored. */
export function admitPart(keyed: Keyed, given: PartToStore, edge: EdgeParts): Admission | undefined {
  const { head, span, total, requestId } = given;
  const key = indexKey(keyed);
  const representation = representationOf(head, total, head.respondedAtMs) ?? requestId;
  const length = span.to - span.from;
  const { began, respondedAtMs, ageThen, lifetime } = head;
  const parts: StoredParts = { representation, total, spans: [span] };
  const partHead: StoredHead = { status: 206, fields: [], began, respondedAtMs, ageThen, lifetime, parts };
  const admission = edge.storage.admit(partKey(key, span), partHead, length);
  if (admission === undefined) return undefined;
  let appended = 0;
  return {
    append(chunk) {
      appended += chunk.length;
      return admission.append(chunk);
    },
    async commit() {
      // Without Content-Length the end of the body says nothing: it is a part only if it is as long as it said.
      if (appended !== length) {
        admission.abort();
        return undefined;
      }
      const stored = await admission.commit();
      const index = stored === undefined ? undefined : await enterIndex(keyed, given, parts, edge);
      if (index !== undefined) void becomeWhole(keyed, index, edge);
      return stored;
    },
    abort: () => admission.abort(),
  };
}

type IndexHead = StoredHead & { readonly parts: StoredParts };

/** Enters the part, or begins a new index: of two representations the one that came later stays. `undefined`: neither. */
async function enterIndex(
  keyed: Keyed,
  { head, span, total, isComplete }: PartToStore,
  { representation }: StoredParts,
  edge: EdgeParts,
): Promise<IndexHead | undefined> {
  const key = indexKey(keyed);
  const peeked = edge.storage.peek(key);
  const found = peeked === "below" ? await edge.storage.find(key) : peeked;
  const known = found === "absent" ? undefined : found?.head;
  const isSame = known?.parts?.representation === representation;
  const isOlder = known !== undefined && head.respondedAtMs < known.respondedAtMs;
  if (!isSame && (isOlder || !isComplete)) {
    edge.storage.drop(partKey(key, span));
    return undefined;
  }
  const before = known?.parts?.spans ?? [];
  const spans = withSpan(isSame ? before : [], span, edge.limits.cachePartsPerResponseMax);
  const kept = new Set(spans);
  for (const gone of before) if (!kept.has(gone)) drop(key, gone, span, edge);
  const parts = { representation, total, spans };
  const newest = isSame && isOlder ? { ...known, parts } : { ...head, parts };
  const index = isSame
    ? { ...newest, fields: updatedFields(known.fields, newest.fields, keyed.behavior.fidelity) }
    : newest;
  return (await edge.storage.admit(key, index, 0)?.commit()) === undefined ? undefined : index;
}

/** What was at the same place has been replaced already. */
function drop(key: CacheKey, gone: BodyPart, added: BodyPart, edge: EdgeParts): void {
  if (gone.from !== added.from || gone.to !== added.to) edge.storage.drop(partKey(key, gone));
}

/** All parts are there: the whole is stored, the parts are not needed any more. Where Vary counts they stay what they are. */
async function becomeWhole(keyed: Keyed, { parts, ...head }: IndexHead, edge: EdgeParts): Promise<void> {
  if (head.variesOn !== undefined || mayBeCodedWhole(keyed, head)) return;
  const key = indexKey(keyed);
  const wholeKey = keyed.primaryKey ?? keyed.cacheKey;
  const peeked = edge.storage.peek(wholeKey);
  const whole = peeked === "below" ? await edge.storage.find(wholeKey) : peeked;
  if (whole !== "absent" && whole !== undefined && whole.head.respondedAtMs > head.respondedAtMs) return;
  const held = await findHeld(key, parts, { from: 0, to: parts.total }, edge);
  if (held.missing !== undefined) return;
  // An invalidation that any of the parts is older than must find the whole as old.
  const began = held.before.reduce(
    (oldest, { part }) => (part.head.began < oldest ? part.head.began : oldest),
    head.began,
  );
  const admission = edge.storage.admit(wholeKey, { ...head, began }, parts.total);
  if (admission === undefined) return;
  try {
    for await (const chunk of readPieces(held.before)) if (!admission.append(chunk)) return;
  } catch {
    return admission.abort(); // the storage cannot go on: the parts stay
  }
  if ((await admission.commit()) === undefined) return;
  for (const span of parts.spans) edge.storage.drop(partKey(key, span));
  edge.storage.drop(key);
}
