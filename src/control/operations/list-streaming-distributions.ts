/** GET /streaming-distribution [CFAPI ListStreamingDistributions]. */
import type { WireDocument } from "../../wire/shape.ts";
import type { OperationContext, Outcome } from "../context.ts";
import { listResources } from "../resource-operations.ts";

export function listStreamingDistributions(input: WireDocument, context: OperationContext): Promise<Outcome> {
  return listResources("streaming-distribution", input, context);
}
