/** PUT /streaming-distribution/{Id}/config [CFAPI UpdateStreamingDistribution]. */
import type { WireDocument } from "../../wire/shape.ts";
import { acceptStreaming } from "../accept.ts";
import type { OperationContext, Outcome } from "../context.ts";
import { updateResource } from "../resource-operations.ts";

export function updateStreamingDistribution(input: WireDocument, context: OperationContext): Promise<Outcome> {
  return updateResource("streaming-distribution", input, acceptStreaming, context);
}
