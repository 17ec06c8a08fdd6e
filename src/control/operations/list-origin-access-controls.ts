/** GET /origin-access-control [CFAPI ListOriginAccessControls]. */
import type { WireDocument } from "../../wire/shape.ts";
import type { OperationContext, Outcome } from "../context.ts";
import { listResources } from "../resource-operations.ts";

export function listOriginAccessControls(input: WireDocument, context: OperationContext): Promise<Outcome> {
  return listResources("origin-access-control", input, context);
}
