/** GET /distribution [CFAPI ListDistributions] and GET /distributionsByWebACLId/{WebACLId} [CFAPI ListDistributionsByWebACLId]. */
import { checkWebAclId } from "../../model/check/distribution.ts";
import type { WireDocument } from "../../wire/shape.ts";
import { type OperationContext, type Outcome, textOf } from "../context.ts";
import { listResources } from "../resource-operations.ts";

export function listDistributions(input: WireDocument, context: OperationContext): Promise<Outcome> {
  return listResources("distribution", input, context);
}

/** The word `null` asks for distributions without a web ACL. */
export async function listDistributionsByWebAclId(input: WireDocument, context: OperationContext): Promise<Outcome> {
  const asked = textOf(input, "WebACLId");
  if (asked === "null") return listResources("distribution", input, context, "");
  return checkWebAclId(asked) ?? listResources("distribution", input, context, asked);
}
