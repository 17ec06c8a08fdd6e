/** GET /key-group/{Id} [CFAPI GetKeyGroup] and its config alone [CFAPI GetKeyGroupConfig]. */
import type { WireDocument } from "../../wire/shape.ts";
import type { OperationContext, Outcome } from "../context.ts";
import { getConfig, getResource } from "../resource-operations.ts";

export function getKeyGroup(input: WireDocument, context: OperationContext): Promise<Outcome> {
  return getResource("key-group", input, context);
}

export function getKeyGroupConfig(input: WireDocument, context: OperationContext): Promise<Outcome> {
  return getConfig("key-group", input, context);
}
