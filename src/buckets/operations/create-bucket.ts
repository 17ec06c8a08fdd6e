// PUT of a bucket's name [S3API CreateBucket]. Names are one space for all accounts; the region is a label that is kept and
// shown, since everything is in one place here.

import type { Bucket } from "../../store/buckets.ts";
import { isBucketName } from "../bucket-name.ts";
import { fail, ok, type AtName, type BucketOutcome, type S3Failure } from "../operation.ts";
import { isFailure } from "../settings/bucket-setting.ts";
import { settingsOfNewBucket } from "../settings/new-bucket.ts";
import { childText, isXml, malformed, parseXml, readWhole, unknownChild } from "../xml.ts";

const DEFAULT_REGION = "us-east-1";
const REGION = /^[a-z]{2}(?:-[a-z]+){1,3}-\d{1,2}$/;

export async function createBucket(at: AtName): Promise<BucketOutcome> {
  const { service, principal, bucketName: name, now } = at;
  if (principal.kind !== "caller" || principal.caller.access !== "full") {
    return fail("AccessDenied", { why: "s3:CreateBucket takes an access key with full access" });
  }
  if (!isBucketName(name)) return fail("InvalidBucketName", { details: [["BucketName", name]] });
  if (at.field("x-amz-bucket-object-lock-enabled")?.toLowerCase() === "true") {
    return fail("NotImplemented", { details: [["Header", "x-amz-bucket-object-lock-enabled"]] });
  }
  const settings = settingsOfNewBucket(at);
  if (isFailure(settings)) return settings;
  const region = await readRegion(at);
  if (typeof region !== "string") return region;

  const { account } = principal.caller;
  const bucket: Bucket = { name, account, region, createdAtMs: now, settings };
  const outcome = await service.store.buckets.createBucket(bucket, service.limits.bucketsPerAccountMax);
  switch (outcome.kind) {
    case "created":
      return created(name);
    case "over-quota":
      return fail("TooManyBuckets");
    case "exists":
      break;
  }
  const details = [["BucketName", name]] as const;
  if (outcome.existing.account !== account) return fail("BucketAlreadyExists", { details });
  // In the first region making a bucket again is answered as if it were made. [S3API CreateBucket]
  return region === DEFAULT_REGION && outcome.existing.region === DEFAULT_REGION
    ? created(name)
    : fail("BucketAlreadyOwnedByYou", { details });
}

function created(name: string): BucketOutcome {
  return ok(200, [["Location", `/${name}`]]);
}

async function readRegion(at: AtName): Promise<string | S3Failure> {
  const bytes = await readWhole(at);
  if (bytes.length === 0) return DEFAULT_REGION;
  const root = parseXml(bytes, "CreateBucketConfiguration", at);
  if (!isXml(root)) return root;
  const unknown = unknownChild(root, ["LocationConstraint"]);
  if (unknown !== undefined) {
    return ["Location", "Bucket", "Tags"].includes(unknown)
      ? fail("NotImplemented", { details: [["Element", unknown]] })
      : malformed(`CreateBucketConfiguration has no ${unknown}`);
  }
  const constraint = childText(root, "LocationConstraint")?.trim() ?? "";
  if (constraint === "") return DEFAULT_REGION;
  if (constraint === "EU") return "eu-west-1";
  if (REGION.test(constraint) && constraint !== DEFAULT_REGION) return constraint;
  return fail("InvalidLocationConstraint", { details: [["LocationConstraint", constraint.slice(0, 100)]] });
}
