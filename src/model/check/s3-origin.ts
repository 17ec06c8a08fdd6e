// What makes an origin an S3 bucket: its domain name, and the identity by which the edge may read it.

import { fail, type ApiFailure } from "../errors.ts";
import { parseResourceId } from "../../vocabulary/ids.ts";

/**
 * A bucket's REST endpoint, global or of a region, in the spellings that S3 has had: `b.s3.amazonaws.com`,
 * `b.s3-eu-west-1.…`, `b.s3.eu-west-1.…`, dual-stack. A website endpoint is not one: it is a custom origin.
 */
const BUCKET_DOMAIN =
  /^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]\.s3(\.dualstack)?([.-]([a-z]{2}(-[a-z]+)+|external)-\d)?\.amazonaws\.com(\.cn)?$/;

const IDENTITY_PREFIX = "origin-access-identity/cloudfront/";

export function isBucketDomainName(name: string): boolean {
  return BUCKET_DOMAIN.test(name);
}

/** Empty, or the path of an identity; that it exists is the store's to say. */
export function checkOriginAccessIdentity(value: string): ApiFailure | undefined {
  if (value === "") return undefined;
  const id = value.startsWith(IDENTITY_PREFIX) ? parseResourceId(value.slice(IDENTITY_PREFIX.length)) : undefined;
  return id === undefined ? fail("InvalidOriginAccessIdentity") : undefined;
}
