// The fields of an answer: the origin's after the rules for what viewers get to see, then the edge's own, in the order in
// which the real service sends them. [CFDG RequestAndResponseBehaviorCustomOrigin]

import { combineField, splitList } from "../../http/field-list.ts";
import { formatHttpDate } from "../../http/http-date.ts";
import type { EpochMs } from "../../vocabulary/time.ts";
import type { StoredHead } from "../storage/cache-storage.ts";
import type { EffectiveBehavior } from "../config/effective-config.ts";
import { isDeviceHeader } from "../edge-headers.ts";
import type { EdgeIdentity } from "../edge-parts.ts";
import type { Field } from "../transport/message.ts";

/** First word of X-Cache. [SEEN 2026-11-20 #1] */
export type CacheResult = "Hit" | "Miss" | "RefreshHit" | "Error" | "Redirect";

/** What an edge in front of this one has said of itself is replaced by what this one says. */
const REPLACED: ReadonlySet<string> = new Set(["x-cache", "x-amz-cf-pop", "x-amz-cf-id", "via", "content-length"]);

/** What a viewer gets of the origin's fields. Date and Server are there afterwards in any case. */
export function viewerFields(
  fields: readonly Field[],
  behavior: EffectiveBehavior,
  receivedAt: EpochMs,
): readonly Field[] {
  const isByRfc = behavior.fidelity === "rfc9111";
  // The RFC has no rule by which a cache may drop them. [RFC 9111 §7.3]
  const keepsCookies = isByRfc || behavior.key.cookies !== "none";
  const kept: Field[] = [];
  let hasDate = false;
  let hasServer = false;
  for (const field of fields) {
    const name = field[0].toLowerCase();
    if (REPLACED.has(name) || name === "vary" || (name === "set-cookie" && !keepsCookies)) continue;
    hasDate ||= name === "date";
    hasServer ||= name === "server";
    kept.push(field);
  }
  const said = combineField(fields, "vary");
  const vary = isByRfc ? said : viewerVary(said, behavior);
  if (vary !== undefined) kept.push(["Vary", vary]);
  if (!hasDate) kept.push(["Date", formatHttpDate(receivedAt)]);
  if (!hasServer) kept.push(["Server", "CloudFront"]);
  return kept;
}

/** Names that do not select responses here are dropped; `*` is no name, and stays for the caches behind us. */
function viewerVary(vary: string | undefined, { key }: EffectiveBehavior): string | undefined {
  if (vary === undefined || key.headers === "all") return vary;
  const listed = key.headers;
  const kept = splitList(vary).filter((name) => {
    const lower = name.toLowerCase();
    if (lower === "user-agent" && listed.some(isDeviceHeader)) return true;
    return lower === "*" || lower === "accept-encoding" || lower === "cookie" || listed.includes(lower);
  });
  return kept.length === 0 ? undefined : kept.join(", ");
}

interface Prepared {
  readonly behavior: EffectiveBehavior;
  readonly fields: readonly Field[];
  /** The origin's own elements, to stand in front of ours. */
  readonly via: string | undefined;
}

/** Per stored head, for the behavior that served it last: hits of one page nearly always come through one. */
const preparedOf = new WeakMap<StoredHead, Prepared>();

function prepare(head: StoredHead, behavior: EffectiveBehavior): Prepared {
  const known = preparedOf.get(head);
  if (known !== undefined && known.behavior === behavior) return known;
  const fields = viewerFields(head.fields, behavior, head.respondedAtMs);
  const prepared = { behavior, fields, via: combineField(head.fields, "via") };
  preparedOf.set(head, prepared);
  return prepared;
}

export interface OwnFields {
  readonly result: CacheResult;
  readonly requestId: string;
  /** Whole seconds; `undefined` on what came from the origin just now. */
  readonly age: number | undefined;
}

export function storedFields(
  head: StoredHead,
  behavior: EffectiveBehavior,
  own: OwnFields,
  identity: EdgeIdentity,
): Field[] {
  const { fields, via } = prepare(head, behavior);
  return withOwnFields(fields, via, own, identity);
}

export function withOwnFields(
  fields: readonly Field[],
  originVia: string | undefined,
  { result, requestId, age }: OwnFields,
  { viaName, popName }: EdgeIdentity,
): Field[] {
  const all = fields.slice();
  all.push(
    ["X-Cache", X_CACHE[result]],
    ["Via", originVia === undefined ? `1.1 ${viaName}` : `${originVia}, 1.1 ${viaName}`],
    ["X-Amz-Cf-Pop", popName],
    ["X-Amz-Cf-Id", requestId],
  );
  if (age !== undefined) all.push(["Age", String(age)]);
  return all;
}

const X_CACHE = {
  Hit: "Hit from cloudfront",
  Miss: "Miss from cloudfront",
  RefreshHit: "RefreshHit from cloudfront",
  Error: "Error from cloudfront",
  Redirect: "Redirect from cloudfront",
} as const satisfies Record<CacheResult, string>;

/** Of a 304: without what describes a body that is not sent. [RFC 9110 §15.4.5] */
export function notModifiedFields(fields: readonly Field[]): Field[] {
  return fields.filter(([name]) => !/^content-(?!location$)/i.test(name));
}
