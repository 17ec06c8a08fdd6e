/** GET /distribution/{DistributionId}/invalidation [CFAPI ListInvalidations]: newest first. */
import { fail } from "../../model/errors.ts";
import { parseInvalidationId, type DistributionId } from "../../vocabulary/ids.ts";
import type { WireDocument } from "../../wire/shape.ts";
import { deployedThrough, ok, type OperationContext, type Outcome } from "../context.ts";
import { findResource, isFailure, readPage } from "../resource-operations.ts";
import { viewInvalidationSummary, viewPage } from "../view.ts";

export async function listInvalidations(input: WireDocument, context: OperationContext): Promise<Outcome> {
  const distribution = await findResource("distribution", { Id: input["DistributionId"] }, context);
  if (isFailure(distribution)) return distribution;
  const asked = readPage(input);
  if (isFailure(asked)) return asked;

  const after = asked.marker === "" ? undefined : parseInvalidationId(asked.marker);
  const isMarkerSound = asked.marker === "" || after !== undefined;
  const page = isMarkerSound
    ? await context.control.store.invalidations.list(distribution.id as DistributionId, {
        after,
        limit: asked.maxItems,
      })
    : undefined;
  if (page === undefined) {
    return fail("InvalidArgument", "The parameter Marker is not valid: it must be the NextMarker of an earlier page.");
  }
  const standpoint = { context, deployedThrough: await deployedThrough(context) };
  const items = page.items.map((invalidation) => viewInvalidationSummary(invalidation, standpoint));
  return ok({
    InvalidationList: viewPage({ items, isTruncated: page.isTruncated, last: page.items.at(-1)?.id }, asked),
  });
}
