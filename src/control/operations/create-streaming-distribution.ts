/** POST /streaming-distribution [CFAPI CreateStreamingDistribution], with or without tags [CFAPI CreateStreamingDistributionWithTags]. */
import { acceptTags } from "../../model/accept-config.ts";
import type { WireDocument } from "../../wire/shape.ts";
import { acceptStreaming } from "../accept.ts";
import type { OperationContext, Outcome } from "../context.ts";
import { createResource, isFailure } from "../resource-operations.ts";

export function createStreamingDistribution(input: WireDocument, context: OperationContext): Promise<Outcome> {
  return create(input["StreamingDistributionConfig"] as WireDocument, {}, context);
}

export function createStreamingDistributionWithTags(input: WireDocument, context: OperationContext): Promise<Outcome> {
  const both = input["StreamingDistributionConfigWithTags"] as WireDocument;
  return create(both["StreamingDistributionConfig"] as WireDocument, both["Tags"] as WireDocument, context);
}

async function create(sent: WireDocument, sentTags: WireDocument, context: OperationContext): Promise<Outcome> {
  const accepted = await acceptStreaming(sent, context);
  if (isFailure(accepted)) return accepted;
  const tags = acceptTags(sentTags, context.control.limits);
  return isFailure(tags) ? tags : createResource("streaming-distribution", accepted, tags.tags, context);
}
