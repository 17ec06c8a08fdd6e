/** POST /distribution [CFAPI CreateDistribution], with or without tags [CFAPI CreateDistributionWithTags]. */
import { acceptTags } from "../../model/accept-config.ts";
import type { WireDocument } from "../../wire/shape.ts";
import { acceptDistribution } from "../accept.ts";
import type { OperationContext, Outcome } from "../context.ts";
import { createResource, isFailure } from "../resource-operations.ts";

export function createDistribution(input: WireDocument, context: OperationContext): Promise<Outcome> {
  return create(input["DistributionConfig"] as WireDocument, {}, context);
}

export function createDistributionWithTags(input: WireDocument, context: OperationContext): Promise<Outcome> {
  const both = input["DistributionConfigWithTags"] as WireDocument;
  return create(both["DistributionConfig"] as WireDocument, both["Tags"] as WireDocument, context);
}

async function create(sent: WireDocument, sentTags: WireDocument, context: OperationContext): Promise<Outcome> {
  const accepted = await acceptDistribution(sent, context);
  if (isFailure(accepted)) return accepted;
  const tags = acceptTags(sentTags, context.control.limits);
  return isFailure(tags) ? tags : createResource("distribution", accepted, tags.tags, context);
}
