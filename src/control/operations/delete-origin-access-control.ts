/** DELETE /origin-access-control/{Id} [CFAPI DeleteOriginAccessControl]. The store refuses while an origin has it. */
import type { WireDocument } from "../../wire/shape.ts";
import type { OperationContext, Outcome } from "../context.ts";
import { deleteResource } from "../resource-operations.ts";

export function deleteOriginAccessControl(input: WireDocument, context: OperationContext): Promise<Outcome> {
  return deleteResource("origin-access-control", input, context, () => undefined);
}
