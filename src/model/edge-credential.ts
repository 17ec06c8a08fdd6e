// How an edge proves to the bucket store who asks through it: an origin access identity, or a distribution whose origin has
// an access control. Both sides know one secret of the service; the key of each principal is derived from it, so nothing has
// to be handed out, and nothing stays behind when an identity is deleted.

import { createHmac } from "node:crypto";
import { parseAccountId, parseResourceId, type AccountId, type ResourceId } from "../vocabulary/ids.ts";

/** Whom the edge asks for. */
export type EdgePrincipal =
  | { readonly kind: "identity"; readonly id: ResourceId }
  | { readonly kind: "distribution"; readonly account: AccountId; readonly id: ResourceId };

export interface EdgeCredential {
  readonly accessKeyId: string;
  readonly secret: string;
}

/** A slash would end the id in a signature's scope. No access key of an account holds a dot. */
function accessKeyIdOf(principal: EdgePrincipal): string {
  return principal.kind === "identity"
    ? `cloudfront.identity.${principal.id}`
    : `cloudfront.distribution.${principal.account}.${principal.id}`;
}

/** `serviceSecret`: 32 random bytes, shared by the processes of one service. */
export function edgeCredential(principal: EdgePrincipal, serviceSecret: Uint8Array): EdgeCredential {
  const accessKeyId = accessKeyIdOf(principal);
  return { accessKeyId, secret: createHmac("sha256", serviceSecret).update(accessKeyId).digest("base64") };
}

/** `undefined`: it is no edge's. Whether the principal exists is for the caller to find out. */
export function readEdgeAccessKeyId(accessKeyId: string): EdgePrincipal | undefined {
  const [prefix, kind, ...rest] = accessKeyId.split(".");
  if (prefix !== "cloudfront") return undefined;
  const id = parseResourceId(rest.at(-1) ?? "");
  if (id === undefined) return undefined;
  if (kind === "identity" && rest.length === 1) return { kind, id };
  const account = parseAccountId(rest[0] ?? "");
  return kind === "distribution" && rest.length === 2 && account !== undefined ? { kind, account, id } : undefined;
}
