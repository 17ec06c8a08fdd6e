/** POST /key-group [CFAPI CreateKeyGroup]. */
import type { WireDocument } from "../../wire/shape.ts";
import { acceptKeyGroup } from "../accept.ts";
import type { OperationContext, Outcome } from "../context.ts";
import { createResource } from "../resource-operations.ts";

export function createKeyGroup(input: WireDocument, context: OperationContext): Promise<Outcome> {
  const config = input["KeyGroupConfig"] as WireDocument;
  return createResource("key-group", { config }, acceptKeyGroup, context);
}
