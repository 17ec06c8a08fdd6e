/** POST /public-key [CFAPI CreatePublicKey]. */
import type { WireDocument } from "../../wire/shape.ts";
import { acceptPublicKey } from "../accept.ts";
import type { OperationContext, Outcome } from "../context.ts";
import { createResource } from "../resource-operations.ts";

export function createPublicKey(input: WireDocument, context: OperationContext): Promise<Outcome> {
  const config = input["PublicKeyConfig"] as WireDocument;
  return createResource("public-key", { config }, acceptPublicKey, context);
}
