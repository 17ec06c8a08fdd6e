/** GET /public-key/{Id} [CFAPI GetPublicKey] and its config alone [CFAPI GetPublicKeyConfig]. */
import type { WireDocument } from "../../wire/shape.ts";
import type { OperationContext, Outcome } from "../context.ts";
import { getConfig, getResource } from "../resource-operations.ts";

export function getPublicKey(input: WireDocument, context: OperationContext): Promise<Outcome> {
  return getResource("public-key", input, context);
}

export function getPublicKeyConfig(input: WireDocument, context: OperationContext): Promise<Outcome> {
  return getConfig("public-key", input, context);
}
