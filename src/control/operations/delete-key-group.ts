/** DELETE /key-group/{Id} [CFAPI DeleteKeyGroup]. The store refuses while a behavior trusts it. */
import type { WireDocument } from "../../wire/shape.ts";
import type { OperationContext, Outcome } from "../context.ts";
import { deleteResource } from "../resource-operations.ts";

export function deleteKeyGroup(input: WireDocument, context: OperationContext): Promise<Outcome> {
  return deleteResource("key-group", input, context, () => undefined);
}
