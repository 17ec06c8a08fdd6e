/** GET /key-group [CFAPI ListKeyGroups]. */
import type { WireDocument } from "../../wire/shape.ts";
import type { OperationContext, Outcome } from "../context.ts";
import { listResources } from "../resource-operations.ts";

export function listKeyGroups(input: WireDocument, context: OperationContext): Promise<Outcome> {
  return listResources("key-group", input, context);
}
