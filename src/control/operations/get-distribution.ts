/** GET /distribution/{Id} [CFAPI GetDistribution] and its config alone [CFAPI GetDistributionConfig]. */
import type { WireDocument } from "../../wire/shape.ts";
import type { OperationContext, Outcome } from "../context.ts";
import { getConfig, getResource } from "../resource-operations.ts";

export function getDistribution(input: WireDocument, context: OperationContext): Promise<Outcome> {
  return getResource("distribution", input, context);
}

export function getDistributionConfig(input: WireDocument, context: OperationContext): Promise<Outcome> {
  return getConfig("distribution", input, context);
}
