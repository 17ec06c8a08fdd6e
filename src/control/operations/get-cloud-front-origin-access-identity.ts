/** GET /origin-access-identity/cloudfront/{Id} [CFAPI GetCloudFrontOriginAccessIdentity] and its config alone [CFAPI GetCloudFrontOriginAccessIdentityConfig]. */
import type { WireDocument } from "../../wire/shape.ts";
import type { OperationContext, Outcome } from "../context.ts";
import { getConfig, getResource } from "../resource-operations.ts";

export function getCloudFrontOriginAccessIdentity(input: WireDocument, context: OperationContext): Promise<Outcome> {
  return getResource("origin-access-identity", input, context);
}

export function getCloudFrontOriginAccessIdentityConfig(
  input: WireDocument,
  context: OperationContext,
): Promise<Outcome> {
  return getConfig("origin-access-identity", input, context);
}
