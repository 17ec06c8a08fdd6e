/**
 * PUT /origin-access-identity/cloudfront/{Id}/config [CFAPI UpdateCloudFrontOriginAccessIdentity]. The order of refusals is visible to callers: first
 * whether it exists, then the revision, then the config.
 */
import type { WireDocument } from "../../wire/shape.ts";
import { acceptIdentity } from "../accept.ts";
import type { OperationContext, Outcome } from "../context.ts";
import { checkIfMatch, findResource, isFailure, updateResource } from "../resource-operations.ts";

export async function updateCloudFrontOriginAccessIdentity(
  input: WireDocument,
  context: OperationContext,
): Promise<Outcome> {
  const found = await findResource("origin-access-identity", input, context);
  if (isFailure(found)) return found;
  const mismatch = checkIfMatch(found.revision, input["IfMatch"]);
  if (mismatch !== undefined) return mismatch;
  const accepted = await acceptIdentity(input["CloudFrontOriginAccessIdentityConfig"] as WireDocument, context, found);
  return isFailure(accepted) ? accepted : updateResource(found, accepted, context);
}
