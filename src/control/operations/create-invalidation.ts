/**
 * POST /distribution/{DistributionId}/invalidation [CFAPI CreateInvalidation]. An identical repeat answers with the first
 * batch and invalidates nothing again; the same reference with other paths is refused.
 */
import { acceptInvalidationBatch } from "../../model/accept-config.ts";
import { fail } from "../../model/errors.ts";
import type { Invalidation } from "../../store/store.ts";
import { newInvalidationId, type DistributionId } from "../../vocabulary/ids.ts";
import type { WireDocument } from "../../wire/shape.ts";
import { deployedThrough, ok, type OperationContext, type Outcome } from "../context.ts";
import { findResource, isFailure } from "../resource-operations.ts";
import { viewInvalidation } from "../view.ts";

export async function createInvalidation(input: WireDocument, context: OperationContext): Promise<Outcome> {
  const { control, caller, now } = context;
  const found = await findResource("distribution", { Id: input["DistributionId"] }, context);
  if (isFailure(found)) return found;
  const batch = acceptInvalidationBatch(input["InvalidationBatch"] as WireDocument, control.limits);
  if (isFailure(batch)) return batch;

  const created = await control.store.invalidations.create(
    {
      id: newInvalidationId(control.random),
      account: caller.account,
      distribution: found.id as DistributionId,
      callerReference: batch.callerReference,
      paths: batch.paths,
    },
    {
      pathsInProgressMax: control.limits.invalidationPathsInProgressMax,
      wildcardsInProgressMax: control.limits.invalidationWildcardsInProgressMax,
    },
    now,
  );
  switch (created.kind) {
    case "created":
      return answer(created.invalidation, context);
    case "caller-reference-taken":
      return samePaths(created.existing.paths, batch.paths)
        ? answer(created.existing, context)
        : fail(
            "InvalidArgument",
            "Your request contains a caller reference that was used for a previous invalidation batch for the same distribution.",
          );
    case "too-many-paths":
      return fail("TooManyInvalidationsInProgress");
    case "too-many-wildcards":
      return fail(
        "TooManyInvalidationsInProgress",
        "Processing your request will cause you to exceed the maximum number of in-progress wildcard invalidations.",
      );
    case "no-distribution":
      return fail("NoSuchDistribution");
  }
}

/** The order of paths says nothing. */
function samePaths(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && [...one].sort().join("\n") === [...other].sort().join("\n");
}

async function answer(invalidation: Invalidation, context: OperationContext): Promise<Outcome> {
  const { distribution, id } = invalidation;
  return ok({
    Location: `${context.endpoint}/${context.version}/distribution/${distribution}/invalidation/${id}`,
    Invalidation: viewInvalidation(invalidation, { context, deployedThrough: await deployedThrough(context) }),
  });
}
