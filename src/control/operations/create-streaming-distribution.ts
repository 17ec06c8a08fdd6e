/** POST /streaming-distribution [CFAPI CreateStreamingDistribution], with or without tags [CFAPI CreateStreamingDistributionWithTags]. */
import type { WireDocument } from "../../wire/shape.ts";
import { acceptStreaming } from "../accept.ts";
import type { OperationContext, Outcome } from "../context.ts";
import { createResource } from "../resource-operations.ts";

export function createStreamingDistribution(input: WireDocument, context: OperationContext): Promise<Outcome> {
  const config = input["StreamingDistributionConfig"] as WireDocument;
  return createResource("streaming-distribution", { config }, acceptStreaming, context);
}

export function createStreamingDistributionWithTags(input: WireDocument, context: OperationContext): Promise<Outcome> {
  const both = input["StreamingDistributionConfigWithTags"] as WireDocument;
  const sent = { config: both["StreamingDistributionConfig"] as WireDocument, tags: both["Tags"] as WireDocument };
  return createResource("streaming-distribution", sent, acceptStreaming, context);
}
