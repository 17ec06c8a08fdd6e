/** PUT /key-group/{Id} [CFAPI UpdateKeyGroup]. */
import type { WireDocument } from "../../wire/shape.ts";
import { acceptKeyGroup } from "../accept.ts";
import type { OperationContext, Outcome } from "../context.ts";
import { updateResource } from "../resource-operations.ts";

export function updateKeyGroup(input: WireDocument, context: OperationContext): Promise<Outcome> {
  return updateResource("key-group", input, acceptKeyGroup, context);
}
