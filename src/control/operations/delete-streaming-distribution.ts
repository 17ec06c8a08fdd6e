/** DELETE /streaming-distribution/{Id} [CFAPI DeleteStreamingDistribution]. Only once it is disabled, and every live edge knows. */
import { fail } from "../../model/errors.ts";
import type { WireDocument } from "../../wire/shape.ts";
import type { OperationContext, Outcome } from "../context.ts";
import { deleteResource } from "../resource-operations.ts";

export function deleteStreamingDistribution(input: WireDocument, context: OperationContext): Promise<Outcome> {
  return deleteResource("streaming-distribution", input, context, ({ config }, isInForce) =>
    config.Enabled || !isInForce ? fail("StreamingDistributionNotDisabled") : undefined,
  );
}
