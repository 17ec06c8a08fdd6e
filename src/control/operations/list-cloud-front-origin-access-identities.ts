/** GET /origin-access-identity/cloudfront [CFAPI ListCloudFrontOriginAccessIdentities]. */
import type { WireDocument } from "../../wire/shape.ts";
import type { OperationContext, Outcome } from "../context.ts";
import { listResources } from "../resource-operations.ts";

export function listCloudFrontOriginAccessIdentities(input: WireDocument, context: OperationContext): Promise<Outcome> {
  return listResources("origin-access-identity", input, context);
}
