// An update through an older API version replaces what that version can see and keeps what it cannot: the version's
// shapes and the newest ones are walked side by side. Items of lists are matched by what names them, so that reordered
// origins keep their own hidden members. With the newest version nothing is hidden, and the update is what was sent.

import type { ShapeSet, WireDocument, WireValue } from "../wire/shape.ts";
import { apiModel, NEWEST_VERSION, type ApiVersion } from "./api.ts";
import { fail, type ApiFailure } from "./errors.ts";
import { documentsOf, isDocument, isList, isSame } from "./sent-value.ts";

/** Member that names an item of a list, by the shape of the item. Items of other shapes have no members to keep. */
export const NAMED_BY: Readonly<Record<string, string>> = {
  Origin: "Id",
  CacheBehavior: "PathPattern",
  OriginCustomHeader: "HeaderName",
};

/** What a version that cannot see the stored config's policies must not touch. [CFAPI UpdateDistribution], seen texts */
const UNSEEN_POLICY =
  "You cannot update the specified distribution using this API version because it is associated with a cache policy.";

export type Merged = { readonly kind: "ok"; readonly config: WireDocument } | ApiFailure;

export interface OlderUpdate {
  readonly version: ApiVersion;
  /** Name of the config's structure, which every version calls the same. */
  readonly shape: string;
  /**
   * What the stored config would be had its hidden members never been set. A hidden member that is no different follows
   * what the update says, as it did when it was first filled in: DefaultTTL goes up with MinTTL.
   */
  readonly asIfUnset?: WireDocument;
}

export function mergeOlderUpdate(
  sent: WireDocument,
  stored: WireDocument,
  { version, shape, asIfUnset }: OlderUpdate,
): Merged {
  const older = apiModel(version).shapes;
  const walk = { older, newest: apiModel(NEWEST_VERSION).shapes };
  const hidden = behaviorsOf(stored).find(
    (behavior) => hasUnseenPolicy(behavior, older) && isTouched(behavior, sent, older),
  );
  if (hidden !== undefined) return fail("IllegalUpdate", UNSEEN_POLICY);
  const config = mergeStructure({ sent, stored, asIfUnset }, { older: shape, newest: shape }, walk);
  return { kind: "ok", config };
}

/** What a version shows of a config: its own members, nested ones too. */
export function visibleThrough(shapes: ShapeSet, shapeName: string, value: WireValue): WireValue {
  const shape = shapes(shapeName);
  if (shape.type === "list" && isList(value)) return value.map((item) => visibleThrough(shapes, shape.of, item));
  if (shape.type !== "structure" || !isDocument(value)) return value;
  const seen: Record<string, WireValue> = {};
  for (const member of shape.members) {
    const inner = value[member.name];
    if (inner !== undefined) seen[member.name] = visibleThrough(shapes, member.shape, inner);
  }
  return seen;
}

interface Walk {
  readonly older: ShapeSet;
  readonly newest: ShapeSet;
}

/** One place in both walks: a member kept its name over the years, its shape not always. */
interface Names {
  readonly older: string;
  readonly newest: string;
}

/** One place in the three documents. */
interface Place<Value> {
  readonly sent: Value;
  readonly stored: Value;
  readonly asIfUnset: WireValue | undefined;
}

function mergeStructure(place: Place<WireDocument>, names: Names, walk: Walk): WireDocument {
  const { sent, stored } = place;
  const asIfUnset = isDocument(place.asIfUnset) ? place.asIfUnset : {};
  const newest = walk.newest(names.newest);
  const older = walk.older(names.older);
  if (newest.type !== "structure" || older.type !== "structure") return sent;
  const seen = new Map(older.members.map((member) => [member.name, member.shape]));
  const merged: Record<string, WireValue> = {};
  for (const { name, shape } of newest.members) {
    const inner = { sent: sent[name], stored: stored[name], asIfUnset: asIfUnset[name] };
    const olderShape = seen.get(name);
    const value =
      olderShape === undefined ? keepHidden(inner) : mergeSeen(inner, { older: olderShape, newest: shape }, walk);
    if (value !== undefined) merged[name] = value;
  }
  return merged;
}

function keepHidden({ stored, asIfUnset }: Place<WireValue | undefined>): WireValue | undefined {
  return isSame(stored, asIfUnset) ? undefined : stored;
}

function mergeSeen(place: Place<WireValue | undefined>, names: Names, walk: Walk): WireValue | undefined {
  const { sent, stored, asIfUnset } = place;
  // Seen and left out goes back to its default, with all that is in it.
  if (sent === undefined || stored === undefined) return sent;
  if (isDocument(sent) && isDocument(stored)) return mergeStructure({ sent, stored, asIfUnset }, names, walk);
  const newest = walk.newest(names.newest);
  const older = walk.older(names.older);
  if (newest.type !== "list" || older.type !== "list" || !isList(sent) || !isList(stored)) return sent;
  const namedBy = NAMED_BY[newest.of];
  if (namedBy === undefined) return sent;
  return sent.map((item) => {
    const before = isDocument(item) ? findNamed(stored, namedBy, item[namedBy]) : undefined;
    if (!isDocument(item) || before === undefined) return item;
    const unset = isList(asIfUnset) ? findNamed(asIfUnset, namedBy, item[namedBy]) : undefined;
    return mergeStructure(
      { sent: item, stored: before, asIfUnset: unset },
      { older: older.of, newest: newest.of },
      walk,
    );
  });
}

function findNamed(items: readonly WireValue[], member: string, name: WireValue | undefined): WireDocument | undefined {
  return items.find((item): item is WireDocument => isDocument(item) && item[member] === name);
}

function behaviorsOf(config: WireDocument): readonly WireDocument[] {
  const first = config["DefaultCacheBehavior"];
  return [...(isDocument(first) ? [first] : []), ...documentsOf(config, "CacheBehaviors")];
}

/** Policies stand in the place of ForwardedValues, which older versions require: they cannot even show such a behavior. */
function hasUnseenPolicy(behavior: WireDocument, older: ShapeSet): boolean {
  const shape = older("PathPattern" in behavior ? "CacheBehavior" : "DefaultCacheBehavior");
  const isSeen = shape.type === "structure" && shape.members.some(({ name }) => name === "CachePolicyId");
  return !isSeen && typeof behavior["CachePolicyId"] === "string" && behavior["CachePolicyId"] !== "";
}

function isTouched(behavior: WireDocument, sent: WireDocument, older: ShapeSet): boolean {
  const shape = "PathPattern" in behavior ? "CacheBehavior" : "DefaultCacheBehavior";
  const now = behaviorsOf(sent).find((one) => one["PathPattern"] === behavior["PathPattern"]);
  // Removing it is something that the version can express.
  return now !== undefined && !isSame(now, visibleThrough(older, shape, behavior));
}
