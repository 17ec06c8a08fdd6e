/** DELETE /public-key/{Id} [CFAPI DeletePublicKey]. The store refuses while a key group has it. */
import type { WireDocument } from "../../wire/shape.ts";
import type { OperationContext, Outcome } from "../context.ts";
import { deleteResource } from "../resource-operations.ts";

export function deletePublicKey(input: WireDocument, context: OperationContext): Promise<Outcome> {
  return deleteResource("public-key", input, context, () => undefined);
}
