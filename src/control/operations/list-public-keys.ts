/** GET /public-key [CFAPI ListPublicKeys]. */
import type { WireDocument } from "../../wire/shape.ts";
import type { OperationContext, Outcome } from "../context.ts";
import { listResources } from "../resource-operations.ts";

export function listPublicKeys(input: WireDocument, context: OperationContext): Promise<Outcome> {
  return listResources("public-key", input, context);
}
