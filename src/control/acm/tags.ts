/** AddTagsToCertificate, RemoveTagsFromCertificate and ListTagsForCertificate [ACMAPI]. */
import { checkTags } from "../../model/check/tags.ts";
import type { Tag } from "../../store/tags.ts";
import type { Limits } from "../../vocabulary/limits.ts";
import type { WireDocument } from "../../wire/shape.ts";
import type { NeighborContext } from "../context.ts";
import { isFailure, type NeighborFailure, type NeighborOutcome } from "../neighbor-outcome.ts";
import { acmFailure } from "./failures.ts";
import { findCertificate } from "./find-certificate.ts";

interface SentTag {
  readonly Key: string;
  readonly Value?: string;
}

const sentTags = (input: WireDocument): readonly SentTag[] => (input["Tags"] ?? []) as unknown as readonly SentTag[];

/** A tag without a value has an empty one. */
export function readTags(input: WireDocument, { tagsPerResourceMax }: Limits): readonly Tag[] | NeighborFailure {
  const tags = sentTags(input).map(({ Key, Value = "" }) => ({ Key, Value }));
  if (tags.length > tagsPerResourceMax) return tooMany(tagsPerResourceMax);
  const refused = checkTags(tags, tagsPerResourceMax);
  return refused === undefined ? tags : acmFailure("InvalidTagException", refused.message);
}

export async function addTagsToCertificate(input: WireDocument, context: NeighborContext): Promise<NeighborOutcome> {
  const put = readTags(input, context.control.limits);
  return isFailure(put) ? put : change(input, () => ({ put, remove: [] }), context);
}

/** With a value, only the tag that has it is removed. */
export function removeTagsFromCertificate(input: WireDocument, context: NeighborContext): Promise<NeighborOutcome> {
  const meant = (now: readonly Tag[]): readonly string[] =>
    sentTags(input)
      .filter(({ Key, Value }) => now.some((tag) => tag.Key === Key && (Value === undefined || tag.Value === Value)))
      .map(({ Key }) => Key);
  return change(input, (now) => ({ put: [], remove: meant(now) }), context);
}

export async function listTagsForCertificate(input: WireDocument, context: NeighborContext): Promise<NeighborOutcome> {
  const found = await findCertificate(input, context);
  if (isFailure(found)) return found;
  const tags = (await context.control.store.resources.tags(found.kind, found.account, found.id)) ?? [];
  return { kind: "ok", output: { Tags: tags.map(({ Key, Value }) => ({ Key, Value })) } };
}

async function change(
  input: WireDocument,
  changes: (now: readonly Tag[]) => { readonly put: readonly Tag[]; readonly remove: readonly string[] },
  context: NeighborContext,
): Promise<NeighborOutcome> {
  const { store, limits } = context.control;
  const found = await findCertificate(input, context);
  if (isFailure(found)) return found;
  const { kind, account, id } = found;
  const tagsMax = limits.tagsPerResourceMax;
  const now = (await store.resources.tags(kind, account, id)) ?? [];
  const changed = await store.resources.changeTags(kind, account, id, { ...changes(now), tagsMax });
  switch (changed.kind) {
    case "changed":
      return { kind: "ok" };
    case "absent":
      return acmFailure("ResourceNotFoundException", `Could not find certificate ${found.config.Arn}.`);
    case "over-limit":
      return tooMany(tagsMax);
  }
}

function tooMany(tagsMax: number): NeighborFailure {
  return acmFailure("TooManyTagsException", `A certificate can have at most ${tagsMax} tags.`);
}
