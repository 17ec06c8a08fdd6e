// What makes an origin an S3 bucket: its domain name, and the identity by which the edge may read it.

import { fail, type ApiFailure } from "../errors.ts";
import type { Origin } from "../distribution.ts";
import { readS3HostName } from "../s3-host-name.ts";
import { parseResourceId } from "../../vocabulary/ids.ts";

const IDENTITY_PREFIX = "origin-access-identity/cloudfront/";

/** A website endpoint is not one: it is a custom origin. */
export function isBucketDomainName(name: string): boolean {
  return readS3HostName(name)?.kind === "rest";
}

/** Empty, or the path of an identity; that it exists is the store's to say. */
export function checkOriginAccessIdentity(value: string): ApiFailure | undefined {
  if (value === "") return undefined;
  const id = value.startsWith(IDENTITY_PREFIX) ? parseResourceId(value.slice(IDENTITY_PREFIX.length)) : undefined;
  return id === undefined ? fail("InvalidOriginAccessIdentity") : undefined;
}

/**
 * Empty, or an id, of which the store knows whether there is such a control. Requests are signed for buckets only, and with one
 * name: an identity beside it would be another.
 */
export function checkOriginAccessControl(origin: Origin): ApiFailure | undefined {
  const { OriginAccessControlId: id, DomainName: name } = origin;
  if (id === "") return undefined;
  if ((origin.S3OriginConfig?.OriginAccessIdentity ?? "") !== "") return fail("IllegalOriginAccessConfiguration");
  if (parseResourceId(id) === undefined) return fail("InvalidOriginAccessControl");
  return isBucketDomainName(name) ? undefined : fail("InvalidDomainNameForOriginAccessControl");
}
