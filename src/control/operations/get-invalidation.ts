/** GET /distribution/{DistributionId}/invalidation/{Id} [CFAPI GetInvalidation]. */
import { fail } from "../../model/errors.ts";
import { parseInvalidationId, type DistributionId } from "../../vocabulary/ids.ts";
import type { WireDocument } from "../../wire/shape.ts";
import { deployedThrough, ok, type OperationContext, type Outcome, textOf } from "../context.ts";
import { findResource, isFailure } from "../resource-operations.ts";
import { viewInvalidation } from "../view.ts";

export async function getInvalidation(input: WireDocument, context: OperationContext): Promise<Outcome> {
  const distribution = await findResource("distribution", { Id: input["DistributionId"] }, context);
  if (isFailure(distribution)) return distribution;
  const id = parseInvalidationId(textOf(input, "Id"));
  const found = id && (await context.control.store.invalidations.get(distribution.id as DistributionId, id));
  if (found === undefined) return fail("NoSuchInvalidation");
  return ok({ Invalidation: viewInvalidation(found, { context, deployedThrough: await deployedThrough(context) }) });
}
