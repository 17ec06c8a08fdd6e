/** POST /origin-access-identity/cloudfront [CFAPI CreateCloudFrontOriginAccessIdentity]. */
import type { WireDocument } from "../../wire/shape.ts";
import { acceptIdentity } from "../accept.ts";
import type { OperationContext, Outcome } from "../context.ts";
import { createResource } from "../resource-operations.ts";

export function createCloudFrontOriginAccessIdentity(input: WireDocument, context: OperationContext): Promise<Outcome> {
  const config = input["CloudFrontOriginAccessIdentityConfig"] as WireDocument;
  return createResource("origin-access-identity", { config }, acceptIdentity, context);
}
