// The settings that a bucket begins with: ACLs off and public access blocked, as S3 gives new ones since April 2023, unless its
// maker asks for ACLs by fields. [S3API CreateBucket]

import { formatPublicAccessBlock, OWNERSHIPS, WHOLE_BLOCK } from "../access/access-settings.ts";
import { CANNED_ACL_NAMES } from "../access/acl.ts";
import type { Bucket } from "../../store/buckets.ts";
import { fail, type AtName, type S3Failure } from "../operation.ts";

export function settingsOfNewBucket({
  field,
  fields,
}: Pick<AtName, "field" | "fields">): Bucket["settings"] | S3Failure {
  const asked = field("x-amz-object-ownership") ?? "BucketOwnerEnforced";
  const ownership = OWNERSHIPS.find((known) => known === asked);
  if (ownership === undefined) {
    return fail("InvalidArgument", {
      message: `Invalid x-amz-object-ownership header: ${asked.slice(0, 100)}; it may be ${OWNERSHIPS.join(", ")}`,
    });
  }
  const acl = field("x-amz-acl");
  if (acl !== undefined && !CANNED_ACL_NAMES.includes(acl)) {
    return fail("InvalidArgument", { message: `x-amz-acl may be ${CANNED_ACL_NAMES.join(", ")}` });
  }
  // The whole block is on, so an ACL that grants anything to others could not be made true here.
  const isGranting = fields.some(([name]) => /^x-amz-grant-/i.test(name)) || (acl !== undefined && acl !== "private");
  if (isGranting) {
    return ownership === "BucketOwnerEnforced"
      ? fail("InvalidBucketAclWithObjectOwnership")
      : fail("AccessDenied", {
          why: "a new bucket has the whole public access block: put the ACL after changing that",
        });
  }
  return { "ownership-controls": ownership, "public-access-block": formatPublicAccessBlock(WHOLE_BLOCK) };
}
