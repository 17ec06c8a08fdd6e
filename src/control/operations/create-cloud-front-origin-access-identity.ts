/** POST /origin-access-identity/cloudfront [CFAPI CreateCloudFrontOriginAccessIdentity]. */
import type { WireDocument } from "../../wire/shape.ts";
import { acceptIdentity } from "../accept.ts";
import type { OperationContext, Outcome } from "../context.ts";
import { createResource, isFailure } from "../resource-operations.ts";

export async function createCloudFrontOriginAccessIdentity(
  input: WireDocument,
  context: OperationContext,
): Promise<Outcome> {
  const accepted = await acceptIdentity(input["CloudFrontOriginAccessIdentityConfig"] as WireDocument, context);
  return isFailure(accepted) ? accepted : createResource("origin-access-identity", accepted, [], context);
}
