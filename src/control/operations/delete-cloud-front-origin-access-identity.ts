/**
 * DELETE /origin-access-identity/cloudfront/{Id} [CFAPI DeleteCloudFrontOriginAccessIdentity]. The store refuses while a
 * distribution names it.
 */
import type { WireDocument } from "../../wire/shape.ts";
import type { OperationContext, Outcome } from "../context.ts";
import { deleteResource } from "../resource-operations.ts";

export function deleteCloudFrontOriginAccessIdentity(input: WireDocument, context: OperationContext): Promise<Outcome> {
  return deleteResource("origin-access-identity", input, context, () => undefined);
}
