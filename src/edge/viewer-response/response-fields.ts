// The fields of an answer: the origin's after the rules for what viewers get to see, then the edge's own, in the order in
// which the real service sends them. [CFDG RequestAndResponseBehaviorCustomOrigin]

import { combineField, splitList } from "../../http/field-list.ts";
import { formatHttpDate } from "../../http/http-date.ts";
import type { EpochMs } from "../../vocabulary/time.ts";
import type { StoredHead } from "../storage/cache-storage.ts";
import type { EffectiveBehavior } from "../config/effective-config.ts";
import { isDeviceHeader } from "../edge-headers.ts";
import type { EdgeIdentity } from "../edge-parts.ts";
import type { Routed } from "../exchange.ts";
import type { OriginResponse } from "../origin-request/origin-answer.ts";
import { servedAs, type CacheResult, type Served } from "../served.ts";
import { prepareFields, type Field, type PreparedFields } from "../transport/message.ts";

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

/** What all answers from one stored head through one behavior have in common. */
export interface PreparedHead {
  /** Up to the edge's own fields that differ from answer to answer. */
  readonly whole: PreparedFields;
  /** Of a 304. */
  readonly notModified: PreparedFields;
  readonly served: Served;
}

interface Prepared extends PreparedHead {
  readonly behavior: EffectiveBehavior;
}

/** Per stored head, for the behavior that served it last: hits of one page nearly always come through one. */
let preparedOf = new WeakMap<StoredHead, Prepared>();
let preparedCount = 0;
/** What is prepared is as large as the head again and counted nowhere, so it is kept of that many only: some megabytes. */
const PREPARED_MAX = 8192;

/** Made once and kept, unless another behavior or another result comes between. */
export function prepareHead(
  head: StoredHead,
  { distribution, behavior }: Routed,
  result: CacheResult,
  { viaName, popName }: EdgeIdentity,
): PreparedHead {
  const known = preparedOf.get(head);
  if (known !== undefined && known.behavior === behavior && known.served.result === result) return known;
  const own = sharedOwnFields(result, combineField(head.fields, "via"), viaName, popName);
  const fields = [...viewerFields(head.fields, behavior, head.respondedAtMs), ...own];
  const prepared: Prepared = {
    behavior,
    whole: prepareFields(fields),
    notModified: prepareFields(notModifiedFields(fields)),
    served: servedAs({ distribution, behavior }, result, combineField(head.fields, "content-type")),
  };
  if (++preparedCount > PREPARED_MAX) {
    preparedOf = new WeakMap();
    preparedCount = 1;
  }
  preparedOf.set(head, prepared);
  return prepared;
}

export interface OwnFields {
  readonly result: CacheResult;
  readonly requestId: string;
  /** Whole seconds; `undefined` on what came from the origin just now. */
  readonly age: number | undefined;
}

export function withOwnFields(
  fields: readonly Field[],
  originVia: string | undefined,
  { result, requestId, age }: OwnFields,
  { viaName, popName }: EdgeIdentity,
): readonly Field[] {
  return [...fields, ...sharedOwnFields(result, originVia, viaName, popName), ...ownFields(requestId, age)];
}

function sharedOwnFields(
  result: CacheResult,
  originVia: string | undefined,
  viaName: string,
  popName: string,
): readonly Field[] {
  return [
    ["X-Cache", X_CACHE[result]],
    ["Via", originVia === undefined ? `1.1 ${viaName}` : `${originVia}, 1.1 ${viaName}`],
    ["X-Amz-Cf-Pop", popName],
  ];
}

/** What all answers have in common that an origin begins with the same fields, through one behavior. */
export interface PreparedAnswer {
  readonly whole: PreparedFields;
  readonly served: Served;
}

interface PreparedOf extends PreparedAnswer {
  readonly fields: readonly Field[];
  readonly behavior: EffectiveBehavior;
}

/** Kept on the memo of the origin's header section, where the fields say all: without Date they do not. */
export function prepareAnswer(
  { fields, memo }: OriginResponse,
  { distribution, behavior, now }: Routed,
  result: CacheResult,
  { viaName, popName }: EdgeIdentity,
): PreparedAnswer {
  const known = memo?.answered as PreparedOf | undefined;
  if (known?.fields === fields && known.behavior === behavior && known.served.result === result) return known;
  const kept = viewerFields(fields, behavior, now);
  const own = sharedOwnFields(result, combineField(fields, "via"), viaName, popName);
  const prepared: PreparedOf = {
    fields,
    behavior,
    whole: prepareFields([...kept, ...own]),
    served: servedAs({ distribution, behavior }, result, combineField(kept, "content-type")),
  };
  if (memo !== undefined && combineField(fields, "date") !== undefined) memo.answered = prepared;
  return prepared;
}

/** Those that differ from answer to answer; the last ones of every answer. */
export function ownFields(requestId: string, age: number | undefined): readonly Field[] {
  return age === undefined
    ? [["X-Amz-Cf-Id", requestId]]
    : [
        ["X-Amz-Cf-Id", requestId],
        ["Age", String(age)],
      ];
}

/** [SEEN 2026-11-20 #1] */
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
