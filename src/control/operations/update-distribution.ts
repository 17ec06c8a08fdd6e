/** PUT /distribution/{Id}/config [CFAPI UpdateDistribution]. */
import type { WireDocument } from "../../wire/shape.ts";
import { acceptDistribution } from "../accept.ts";
import type { OperationContext, Outcome } from "../context.ts";
import { updateResource } from "../resource-operations.ts";

export function updateDistribution(input: WireDocument, context: OperationContext): Promise<Outcome> {
  return updateResource("distribution", input, acceptDistribution, context);
}
