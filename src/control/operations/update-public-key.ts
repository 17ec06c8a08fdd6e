/** PUT /public-key/{Id}/config [CFAPI UpdatePublicKey]. */
import type { WireDocument } from "../../wire/shape.ts";
import { acceptPublicKey } from "../accept.ts";
import type { OperationContext, Outcome } from "../context.ts";
import { updateResource } from "../resource-operations.ts";

export function updatePublicKey(input: WireDocument, context: OperationContext): Promise<Outcome> {
  return updateResource("public-key", input, acceptPublicKey, context);
}
