// What an invalidation would remove, and how far one has come: asked of the edges' caches and of what they have in force. Both are about
// the caller's own distributions only, and the paths are held against the rules of CreateInvalidation.

import { acceptInvalidationBatch } from "../../model/accept-config.ts";
import { API_ERRORS, fail } from "../../model/errors.ts";
import { parseInvalidationId, parseResourceId, type DistributionId } from "../../vocabulary/ids.ts";
import type { Caller } from "../../callers/caller.ts";
import { refused, type Answered, type Question, type QuestionParts } from "./answered.ts";

async function ownDistribution(
  id: unknown,
  { account }: Caller,
  { control }: QuestionParts,
): Promise<DistributionId | undefined> {
  const parsed = typeof id === "string" ? (parseResourceId(id) as DistributionId | undefined) : undefined;
  const found = parsed && (await control.store.resources.get("distribution", account, parsed));
  return found === undefined ? undefined : parsed;
}

function absent(code: "NoSuchDistribution" | "NoSuchInvalidation"): Answered {
  return refused(fail(code).message, code, API_ERRORS[code].status);
}

/** `matching` responses would go, and up to `unlooked` more that were not looked at. */
export const countInvalidated: Question = async ({ distribution, paths }, caller, parts) => {
  const id = await ownDistribution(distribution, caller, parts);
  if (id === undefined) return absent("NoSuchDistribution");
  if (!Array.isArray(paths) || !paths.every((path): path is string => typeof path === "string")) {
    return refused("paths is a list of paths");
  }
  const batch = { CallerReference: "count", Paths: { Quantity: paths.length, Items: paths } };
  const accepted = acceptInvalidationBatch(batch, parts.control.limits);
  if (accepted.kind === "failure") return refused(accepted.message, accepted.code, API_ERRORS[accepted.code].status);
  const count = await parts.edges.countMatching({ distribution: id, paths: accepted.paths });
  if (count === undefined) return refused("not every edge has answered in time", "NotAnswered", 503);
  return { kind: "ok", answer: count };
};

/** Which edge workers have an invalidation in force. */
export const followInvalidation: Question = async ({ distribution, invalidation }, caller, parts) => {
  const id = await ownDistribution(distribution, caller, parts);
  if (id === undefined) return absent("NoSuchDistribution");
  const parsed = typeof invalidation === "string" ? parseInvalidationId(invalidation) : undefined;
  const found = parsed && (await parts.control.store.invalidations.get(id, parsed));
  if (found === undefined) return absent("NoSuchInvalidation");
  const edges = parts.edges.positions().map(({ slot, inForce = 0 }) => ({
    name: `edge-${slot + 1}`,
    isDone: inForce >= found.change,
  }));
  return { kind: "ok", answer: { edges } };
};
