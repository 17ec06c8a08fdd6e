// Who asks the bucket store, as bucket policies and ACLs name them. Made by signatures/authenticate.ts from a verified signature; a
// policy never sees anything that a caller merely claims.

import { createHash } from "node:crypto";
import type { Caller } from "../../callers/caller.ts";
import type { AccountId, ResourceId } from "../../vocabulary/ids.ts";

export type Principal =
  | { readonly kind: "anonymous" }
  /** An account's access key. */
  | { readonly kind: "caller"; readonly caller: Caller }
  /** An origin access identity, through an edge. It exists: a deleted one does not get as far as this. */
  | {
      readonly kind: "identity";
      readonly id: ResourceId;
      readonly account: AccountId;
      readonly canonicalUserId: string;
    }
  /** `cloudfront.amazonaws.com`, for a distribution whose origin has an access control. */
  | { readonly kind: "service"; readonly account: AccountId; readonly distribution: ResourceId };

/** How a policy names an identity. [CFDG private-content-restricting-access-to-s3] */
export function identityArn(id: ResourceId): string {
  return `arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity ${id}`;
}

export function distributionArn(account: AccountId, id: ResourceId): string {
  return `arn:aws:cloudfront::${account}:distribution/${id}`;
}

/** 64 hexadecimal digits that stand for an account in ACLs and as an owner. The same for the same account everywhere. */
export function canonicalUserIdOf(account: AccountId): string {
  return createHash("sha256").update(`canonical user of account ${account}`).digest("hex");
}
