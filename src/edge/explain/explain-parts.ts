// What the parts that are stored of a response do for a request, in words: explain.ts asks when no whole one is fresh.

import type { Keyed } from "../exchange.ts";
import type { EdgeParts } from "../edge-parts.ts";
import type { BodyPart, InspectedResponse } from "../storage/cache-storage.ts";
import { freshUntil, isFresh } from "../storage/stored-age.ts";
import { indexKey, isIndexFor, mayBeCodedWhole, partKey, strongValidator } from "../cache/stored-parts.ts";
import { chooseStoredPart } from "../viewer-response/stored-part.ts";
import { whyUnsatisfiable } from "./explain-cache.ts";
import type { Add } from "./explanation.ts";

/** Where the request is answered from parts alone: with `beyond`, the length of which nothing lies in the range. `undefined`: it is not. */
export async function explainParts(
  keyed: Keyed,
  whole: InspectedResponse | undefined,
  add: Add,
  edge: EdgeParts,
): Promise<{ readonly beyond?: number } | undefined> {
  const { request, now } = keyed;
  if (request.method !== "GET" && request.method !== "HEAD") return undefined;
  const key = indexKey(keyed);
  const head = (await edge.storage.inspect(key))?.head;
  if (head === undefined) return undefined;
  const source = "[RFC 9111 §3.3]";
  if (!isIndexFor(head, whole, keyed)) {
    add("parts", "not used", "the whole response came later, or Vary selects another", source);
    return undefined;
  }
  const { total } = head.parts;
  const there: BodyPart[] = [];
  // One after the other: they are read, and whoever is served comes first.
  for (const span of head.parts.spans)
    if ((await edge.storage.inspect(partKey(key, span))) !== undefined) there.push(span);
  add("parts", `${there.length} stored, of ${total} bytes`, inWords(there) || "all of them were evicted", source);
  const seconds = Math.round((freshUntil(head) - now) / 1000);
  if (!isFresh(head, now)) {
    add("parts", "stale", `fresh until ${-seconds} s ago: the origin validates them`, "[RFC 9111 §4.3]");
    return undefined;
  }
  if (request.method === "HEAD") {
    add("parts", "hit", "the fields of a part are those of the whole", "[RFC 9110 §9.3.2]");
    return {};
  }
  const choice = chooseStoredPart(request, head, total, edge.limits.viewerRangesMax, now);
  if (choice.kind === "unsatisfiable") {
    add("range", "416", whyUnsatisfiable(total), "[RFC 9110 §14.1.2]");
    return { beyond: total };
  }
  if (choice.kind === "whole" && request.field("range") !== undefined) {
    add("range", "the whole is sent", choice.why, "[RFC 9110 §14.2]");
  }
  if (choice.kind === "whole" && mayBeCodedWhole(keyed, head)) {
    add("parts", "not used", "the whole may come compressed, which parts are not", "[CFDG ServingCompressedFiles]");
    return undefined;
  }
  const wanted = choice.kind === "whole" ? [{ first: 0, last: total - 1 }] : ranged(choice);
  const missing = wanted.flatMap(({ first, last }) => missingOf(there, { from: first, to: last + 1 }) ?? []);
  if (missing.length === 0) {
    add("parts", "hit", `all that is wanted is stored, fresh for another ${seconds} s`, source);
    return {};
  }
  const validator = strongValidator(head.fields, now);
  if (validator === undefined) add("parts", "not completed", "no strong validator says what belongs together", source);
  else if (choice.kind === "parts") add("parts", "not completed", "several ranges are the origin's then", source);
  else add("parts", `completed: ${inWords(missing)} is missing`, `asked for if it is still ${validator}`, source);
  return undefined;
}

function ranged(
  choice: Extract<ReturnType<typeof chooseStoredPart>, { kind: "part" | "parts" }>,
): readonly { readonly first: number; readonly last: number }[] {
  return choice.kind === "part" ? [choice.range] : choice.ranges;
}

/** From the first byte that is not there to the last. */
function missingOf(there: readonly BodyPart[], wanted: BodyPart): BodyPart | undefined {
  let { from, to } = wanted;
  for (const span of there.toSorted((one, other) => one.from - other.from)) {
    if (span.from <= from) from = Math.max(from, span.to);
  }
  for (const span of there.toSorted((one, other) => other.to - one.to)) {
    if (span.to >= to) to = Math.min(to, span.from);
  }
  return from < Math.min(to, wanted.to) ? { from, to } : undefined;
}

/** Parts beyond it are counted only. */
const TOLD_MAX = 10;

function inWords(spans: readonly BodyPart[]): string {
  const words = spans.slice(0, TOLD_MAX).map(({ from, to }) => `bytes ${from} to ${to - 1}`);
  const more = spans.length - words.length;
  return `${words.join(", ")}${more > 0 ? `, and ${more} more` : ""}`;
}
