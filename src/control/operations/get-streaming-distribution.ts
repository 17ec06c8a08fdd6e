/** GET /streaming-distribution/{Id} [CFAPI GetStreamingDistribution] and its config alone [CFAPI GetStreamingDistributionConfig]. */
import type { WireDocument } from "../../wire/shape.ts";
import type { OperationContext, Outcome } from "../context.ts";
import { getConfig, getResource } from "../resource-operations.ts";

export function getStreamingDistribution(input: WireDocument, context: OperationContext): Promise<Outcome> {
  return getResource("streaming-distribution", input, context);
}

export function getStreamingDistributionConfig(input: WireDocument, context: OperationContext): Promise<Outcome> {
  return getConfig("streaming-distribution", input, context);
}
