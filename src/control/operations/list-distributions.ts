/**
 * GET /distribution [CFAPI ListDistributions], GET /distributionsByWebACLId/{WebACLId} [CFAPI ListDistributionsByWebACLId] and
 * GET /distributionsByKeyGroupId/{KeyGroupId} [CFAPI ListDistributionsByKeyGroup].
 */
import { checkWebAclId } from "../../model/check/distribution.ts";
import type { WireDocument } from "../../wire/shape.ts";
import { ok, type OperationContext, type Outcome, textOf } from "../context.ts";
import { findPage, findResource, isFailure, listResources } from "../resource-operations.ts";
import { viewPage } from "../view.ts";

export function listDistributions(input: WireDocument, context: OperationContext): Promise<Outcome> {
  return listResources("distribution", input, context);
}

/** The word `null` asks for distributions without a web ACL. */
export async function listDistributionsByWebAclId(input: WireDocument, context: OperationContext): Promise<Outcome> {
  const asked = textOf(input, "WebACLId");
  if (asked === "null") return listResources("distribution", input, context, { webAclId: "" });
  return checkWebAclId(asked) ?? listResources("distribution", input, context, { webAclId: asked });
}

/** Ids alone. Of a group that does not exist there is no list. */
export async function listDistributionsByKeyGroup(input: WireDocument, context: OperationContext): Promise<Outcome> {
  const group = await findResource("key-group", { Id: textOf(input, "KeyGroupId") }, context);
  if (isFailure(group)) return group;
  const found = await findPage("distribution", input, context, { claiming: group.id });
  if (isFailure(found)) return found;
  const items = found.page.items.map(({ id }) => id);
  const page = { items, isTruncated: found.page.isTruncated, last: items.at(-1) };
  return ok({ DistributionIdList: viewPage(page, found.asked) });
}
