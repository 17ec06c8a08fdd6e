/** GET /origin-access-control/{Id} [CFAPI GetOriginAccessControl] and its config alone [CFAPI GetOriginAccessControlConfig]. */
import type { WireDocument } from "../../wire/shape.ts";
import type { OperationContext, Outcome } from "../context.ts";
import { getConfig, getResource } from "../resource-operations.ts";

export function getOriginAccessControl(input: WireDocument, context: OperationContext): Promise<Outcome> {
  return getResource("origin-access-control", input, context);
}

export function getOriginAccessControlConfig(input: WireDocument, context: OperationContext): Promise<Outcome> {
  return getConfig("origin-access-control", input, context);
}
