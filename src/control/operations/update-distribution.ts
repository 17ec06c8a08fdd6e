/**
 * PUT /distribution/{Id}/config [CFAPI UpdateDistribution]. The order of refusals is visible to callers: first
 * whether it exists, then the revision, then the config.
 */
import type { WireDocument } from "../../wire/shape.ts";
import { acceptDistribution } from "../accept.ts";
import type { OperationContext, Outcome } from "../context.ts";
import { checkIfMatch, findResource, isFailure, updateResource } from "../resource-operations.ts";

export async function updateDistribution(input: WireDocument, context: OperationContext): Promise<Outcome> {
  const found = await findResource("distribution", input, context);
  if (isFailure(found)) return found;
  const mismatch = checkIfMatch(found.revision, input["IfMatch"]);
  if (mismatch !== undefined) return mismatch;
  const accepted = await acceptDistribution(input["DistributionConfig"] as WireDocument, context, found);
  return isFailure(accepted) ? accepted : updateResource(found, accepted, context);
}
