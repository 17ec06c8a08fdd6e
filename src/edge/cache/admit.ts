// From an origin's answer to what is stored: the fields that are kept, the new head of a validated response, and the
// conditions by which a stored one is validated. [RFC 9111 §3, §4.3]

import { combineField } from "../../http/field-list.ts";
import { parseEntityTag } from "../../http/entity-tag.ts";
import type { Fidelity } from "../../vocabulary/fidelity.ts";
import type { FeedNumber } from "../../vocabulary/ids.ts";
import type { EpochMs } from "../../vocabulary/time.ts";
import type { EncodedHere } from "../origin-response/encoded-fields.ts";
import type { Lifetime } from "../origin-response/freshness-lifetime.ts";
import type { StatedFreshness } from "../origin-response/stated-freshness.ts";
import type { Storable } from "../origin-response/storable.ts";
import type { Field } from "../transport/message.ts";
import type { CacheKey, CacheStorage, StaleRules, StoredHead, StoredResponse } from "../storage/cache-storage.ts";

export interface Confirmed {
  readonly began: FeedNumber;
  readonly receivedAt: EpochMs;
  readonly stated: StatedFreshness;
  readonly lifetime: Lifetime;
  readonly stale: StaleRules | undefined;
  /** The edge has compressed it. */
  readonly encoded?: EncodedHere | undefined;
}

export function newHead(status: number, fields: readonly Field[], confirmed: Confirmed): StoredHead {
  const { began, receivedAt, stated, lifetime, stale, encoded } = confirmed;
  return {
    status,
    fields: fields.filter(([name]) => !isNotKept(name.toLowerCase(), stated)),
    began,
    respondedAtMs: receivedAt,
    ageThen: stated.age,
    lifetime,
    ...(stale !== undefined && { stale }),
    ...(encoded !== undefined && { encoded }),
  };
}

/** Age is computed anew for each viewer; the others the origin has asked not to keep. */
function isNotKept(lowerName: string, stated: StatedFreshness): boolean {
  return lowerName === "age" || stated.fieldsNotKept.includes(lowerName);
}

/**
 * The stored fields with those that a 304 brings in their place. What describes the body stays: a 304 has none, and what
 * it says of one is often wrong; by the RFC only what frames the body or tells its coding does. [RFC 9111 §3.2]
 */
export function updatedFields(stored: readonly Field[], of304: readonly Field[], fidelity: Fidelity): readonly Field[] {
  const staying = fidelity === "rfc9111" ? FRAMES_THE_BODY : ABOUT_THE_BODY;
  const updating = of304.filter(([name]) => !staying.has(name.toLowerCase()));
  const replaced = new Set(updating.map(([name]) => name.toLowerCase()));
  return [...stored.filter(([name]) => !replaced.has(name.toLowerCase())), ...updating];
}

const FRAMES_THE_BODY: ReadonlySet<string> = new Set([
  "content-encoding",
  "content-length",
  "content-md5",
  "content-range",
]);
const ABOUT_THE_BODY: ReadonlySet<string> = new Set([
  "content-encoding",
  "content-length",
  "content-md5",
  "content-range",
  "content-type",
  "set-cookie",
]);

export interface ConfirmedResponse {
  readonly stored: StoredResponse;
  /** What it has from now on. */
  readonly head: StoredHead;
  readonly verdict: Storable;
  readonly stated: StatedFreshness;
}

/**
 * A stored response that a 304 has confirmed stays with its new head. What the 304 forbids to store goes; where it says
 * nothing about others, because the request had credentials, what is stored stays as it was. [RFC 9111 §3.2, §4.3.4]
 */
export function keepConfirmed(
  storage: CacheStorage,
  key: CacheKey,
  { stored, head, verdict, stated }: ConfirmedResponse,
): Promise<unknown> | undefined {
  if (verdict.kind === "storable") return storage.refresh(key, stored, head);
  if (stated.refusal !== undefined) storage.drop(key);
  return undefined;
}

/** Conditions that ask whether a stored response is still good; none when it has no validator, or was made here. */
export function validatorsOf(head: StoredHead): readonly Field[] {
  if (head.madeHere !== undefined || head.status !== 200) return [];
  // Of what was compressed here the stored tag is ours; the origin is asked by its own.
  const entityTag = head.encoded === undefined ? combineField(head.fields, "etag") : head.encoded.entityTag;
  const lastModified = combineField(head.fields, "last-modified");
  const conditions: Field[] = [];
  if (entityTag !== undefined) conditions.push(["If-None-Match", entityTag]);
  if (lastModified !== undefined) conditions.push(["If-Modified-Since", lastModified]);
  return conditions;
}

/** Does the 304 speak of another representation than the stored one? Then it confirms nothing. [RFC 9111 §4.3.4] */
export function isAboutAnother(stored: readonly Field[], of304: readonly Field[]): boolean {
  const said = combineField(of304, "etag");
  const had = combineField(stored, "etag");
  if (said === undefined || had === undefined || said === had) return false;
  return parseEntityTag(said)?.opaque !== parseEntityTag(had)?.opaque;
}
