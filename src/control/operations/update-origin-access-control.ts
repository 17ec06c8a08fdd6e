/** PUT /origin-access-control/{Id}/config [CFAPI UpdateOriginAccessControl]. */
import type { WireDocument } from "../../wire/shape.ts";
import { acceptOriginAccessControl } from "../accept.ts";
import type { OperationContext, Outcome } from "../context.ts";
import { updateResource } from "../resource-operations.ts";

export function updateOriginAccessControl(input: WireDocument, context: OperationContext): Promise<Outcome> {
  return updateResource("origin-access-control", input, acceptOriginAccessControl, context);
}
