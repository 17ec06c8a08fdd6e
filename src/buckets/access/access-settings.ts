// The settings of a bucket that decide about access beside its policy: the public access block, and who owns what is put
// into it. Kept as JSON in the bucket's settings; what a bucket begins with is what S3 has given new ones since April 2023.

import type { Bucket } from "../../store/buckets.ts";

/** [S3API PublicAccessBlockConfiguration] */
export interface PublicAccessBlock {
  readonly BlockPublicAcls: boolean;
  readonly IgnorePublicAcls: boolean;
  readonly BlockPublicPolicy: boolean;
  readonly RestrictPublicBuckets: boolean;
}

export const NO_BLOCK: PublicAccessBlock = {
  BlockPublicAcls: false,
  IgnorePublicAcls: false,
  BlockPublicPolicy: false,
  RestrictPublicBuckets: false,
};

export const WHOLE_BLOCK: PublicAccessBlock = {
  BlockPublicAcls: true,
  IgnorePublicAcls: true,
  BlockPublicPolicy: true,
  RestrictPublicBuckets: true,
};

/** [S3API OwnershipControlsRule] */
export const OWNERSHIPS = ["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"] as const;
export type Ownership = (typeof OWNERSHIPS)[number];

/** Names are those of the API. `undefined`: it was removed. */
function findPublicAccessBlock({ settings }: Pick<Bucket, "settings">): PublicAccessBlock | undefined {
  const text = settings["public-access-block"];
  return text === undefined ? undefined : { ...NO_BLOCK, ...(JSON.parse(text) as Partial<PublicAccessBlock>) };
}

export function publicAccessBlockOf(bucket: Pick<Bucket, "settings">): PublicAccessBlock {
  return findPublicAccessBlock(bucket) ?? NO_BLOCK;
}

export function formatPublicAccessBlock(block: PublicAccessBlock): string {
  return JSON.stringify(block);
}

/** `undefined`: it was removed, which counts as ObjectWriter. */
export function findOwnership({ settings }: Pick<Bucket, "settings">): Ownership | undefined {
  return OWNERSHIPS.find((ownership) => ownership === settings["ownership-controls"]);
}

/** With BucketOwnerEnforced no ACL grants anything. */
export function hasAcls(bucket: Pick<Bucket, "settings">): boolean {
  return findOwnership(bucket) !== "BucketOwnerEnforced";
}
