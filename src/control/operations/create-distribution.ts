/** POST /distribution [CFAPI CreateDistribution], with or without tags [CFAPI CreateDistributionWithTags]. */
import type { WireDocument } from "../../wire/shape.ts";
import { acceptDistribution } from "../accept.ts";
import type { OperationContext, Outcome } from "../context.ts";
import { createResource } from "../resource-operations.ts";

export function createDistribution(input: WireDocument, context: OperationContext): Promise<Outcome> {
  const config = input["DistributionConfig"] as WireDocument;
  return createResource("distribution", { config }, acceptDistribution, context);
}

export function createDistributionWithTags(input: WireDocument, context: OperationContext): Promise<Outcome> {
  const both = input["DistributionConfigWithTags"] as WireDocument;
  const sent = { config: both["DistributionConfig"] as WireDocument, tags: both["Tags"] as WireDocument };
  return createResource("distribution", sent, acceptDistribution, context);
}
