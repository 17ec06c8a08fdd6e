/** POST /origin-access-control [CFAPI CreateOriginAccessControl]. */
import type { WireDocument } from "../../wire/shape.ts";
import { acceptOriginAccessControl } from "../accept.ts";
import type { OperationContext, Outcome } from "../context.ts";
import { createResource } from "../resource-operations.ts";

export function createOriginAccessControl(input: WireDocument, context: OperationContext): Promise<Outcome> {
  const config = input["OriginAccessControlConfig"] as WireDocument;
  return createResource("origin-access-control", { config }, acceptOriginAccessControl, context);
}
