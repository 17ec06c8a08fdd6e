/** PUT /origin-access-identity/cloudfront/{Id}/config [CFAPI UpdateCloudFrontOriginAccessIdentity]. */
import type { WireDocument } from "../../wire/shape.ts";
import { acceptIdentity } from "../accept.ts";
import type { OperationContext, Outcome } from "../context.ts";
import { updateResource } from "../resource-operations.ts";

export function updateCloudFrontOriginAccessIdentity(input: WireDocument, context: OperationContext): Promise<Outcome> {
  return updateResource("origin-access-identity", input, acceptIdentity, context);
}
