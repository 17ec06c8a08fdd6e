// The table of a bucket's settings that are kept: their documents, what is checked of each, and what S3 answers where nothing
// is set. [S3API API_Operations_Amazon_Simple_Storage_Service]

import { findOwnership, formatPublicAccessBlock, NO_BLOCK, OWNERSHIPS } from "../access/access-settings.ts";
import type { Ownership, PublicAccessBlock } from "../access/access-settings.ts";
import { isGrantedBeyondOwner, readAcl } from "../access/acl.ts";
import { fail, type AtBucket, type S3Failure } from "../operation.ts";
import type { SettingSpec } from "./bucket-setting.ts";
import { checkCors, CORS_SHAPE } from "./cors-configuration.ts";
import { FLAG, group, many, maybe, once, oneOf, some, TEXT, type SettingDocument } from "./setting-shape.ts";
import { checkWebsite, WEBSITE_SHAPE } from "./website-configuration.ts";

export const CORS: SettingSpec = {
  setting: "cors",
  root: "CORSConfiguration",
  shape: CORS_SHAPE,
  check: checkCors,
  absent: "NoSuchCORSConfiguration",
};

export const WEBSITE: SettingSpec = {
  setting: "website",
  root: "WebsiteConfiguration",
  shape: WEBSITE_SHAPE,
  check: checkWebsite,
  absent: "NoSuchWebsiteConfiguration",
};

/** The store reads it too, so the word alone is kept. */
export const VERSIONING: SettingSpec = {
  setting: "versioning",
  root: "VersioningConfiguration",
  shape: group({ Status: maybe(oneOf("Enabled", "Suspended")), MfaDelete: maybe(oneOf("Enabled", "Disabled")) }),
  check: ({ Status, MfaDelete }) => {
    if (MfaDelete === "Enabled") {
      return fail("NotImplemented", { message: "MfaDelete is not implemented by this server, but for Disabled." });
    }
    return Status === undefined
      ? fail("IllegalVersioningConfigurationException", { why: "there is no Status" })
      : undefined;
  },
  kept: { format: ({ Status }) => Status as string, parse: (Status) => ({ Status }) },
  absent: {},
};

/** What every object has had since January 2023. [S3UG default-encryption-faq] */
const ENCRYPTED_BY_S3 = {
  Rule: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" }, BucketKeyEnabled: false }],
};

interface EncryptionRule {
  readonly ApplyServerSideEncryptionByDefault?: { readonly SSEAlgorithm: string; readonly KMSMasterKeyID?: string };
}

export const ENCRYPTION: SettingSpec = {
  setting: "encryption",
  root: "ServerSideEncryptionConfiguration",
  shape: group({
    Rule: some(
      group({
        ApplyServerSideEncryptionByDefault: maybe(
          group({ SSEAlgorithm: once(oneOf("AES256", "aws:kms", "aws:kms:dsse")), KMSMasterKeyID: maybe(TEXT) }),
        ),
        BucketKeyEnabled: maybe(FLAG),
      }),
    ),
  }),
  check: ({ Rule }) => {
    for (const { ApplyServerSideEncryptionByDefault: by } of Rule as unknown as readonly EncryptionRule[]) {
      if (by === undefined) continue;
      if (by.SSEAlgorithm !== "AES256") {
        return fail("NotImplemented", {
          message: `SSEAlgorithm ${by.SSEAlgorithm} is not implemented by this server, which keeps no keys; AES256 is.`,
        });
      }
      if (by.KMSMasterKeyID !== undefined) {
        return fail("InvalidArgument", {
          message: "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
        });
      }
    }
    return undefined;
  },
  absent: ENCRYPTED_BY_S3,
};

export const PUBLIC_ACCESS_BLOCK: SettingSpec = {
  setting: "public-access-block",
  root: "PublicAccessBlockConfiguration",
  shape: group({
    BlockPublicAcls: maybe(FLAG),
    IgnorePublicAcls: maybe(FLAG),
    BlockPublicPolicy: maybe(FLAG),
    RestrictPublicBuckets: maybe(FLAG),
  }),
  kept: {
    format: (value) => formatPublicAccessBlock({ ...NO_BLOCK, ...(value as Partial<PublicAccessBlock>) }),
    parse: (text) => JSON.parse(text) as SettingDocument,
  },
  absent: "NoSuchPublicAccessBlockConfiguration",
};

interface OwnershipRule {
  readonly ObjectOwnership: Ownership;
}

export const OWNERSHIP_CONTROLS: SettingSpec = {
  setting: "ownership-controls",
  root: "OwnershipControls",
  shape: group({ Rule: some(group({ ObjectOwnership: once(oneOf(...OWNERSHIPS)) })) }),
  check: checkOwnership,
  kept: {
    format: ({ Rule }) => (Rule as unknown as readonly OwnershipRule[])[0]?.ObjectOwnership ?? "ObjectWriter",
    parse: (ObjectOwnership) => ({ Rule: [{ ObjectOwnership }] }),
  },
  absent: "OwnershipControlsNotFoundError",
};

/** A list that grants something to others would be without effect at once. [S3UG object-ownership-error-responses] */
function checkOwnership({ Rule }: SettingDocument, { bucket }: AtBucket): S3Failure | undefined {
  const rules = Rule as unknown as readonly OwnershipRule[];
  if (rules.length > 1) return fail("MalformedXML", { why: "OwnershipControls has more than one Rule" });
  const isTurnedOff =
    rules[0]?.ObjectOwnership === "BucketOwnerEnforced" && findOwnership(bucket) !== "BucketOwnerEnforced";
  const grants = readAcl(bucket.settings.acl, bucket.account);
  return isTurnedOff && isGrantedBeyondOwner(grants, bucket.account)
    ? fail("InvalidBucketAclWithObjectOwnership")
    : undefined;
}

/** [S3UG CostAllocTagging] */
const BUCKET_TAGS_MAX = 50;

export const TAGGING: SettingSpec = {
  setting: "tagging",
  root: "Tagging",
  shape: group({ TagSet: once(group({ Tag: many(group({ Key: once(TEXT), Value: once(TEXT) })) })) }),
  check: ({ TagSet }) => {
    const { Tag: tags } = TagSet as unknown as {
      readonly Tag: readonly { readonly Key: string; readonly Value: string }[];
    };
    if (tags.length > BUCKET_TAGS_MAX)
      return fail("BadRequest", { message: `Bucket tag count cannot be greater than ${BUCKET_TAGS_MAX}` });
    const keys = new Set<string>();
    for (const { Key, Value } of tags) {
      const details = [["TagKey", Key.slice(0, 200)]] as const;
      if (Key === "" || Key.length > 128)
        return fail("InvalidTag", { message: "The TagKey you have provided is invalid", details });
      if (Value.length > 256 || !/^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(Key + Value)) {
        return fail("InvalidTag", { message: "The TagValue you have provided is invalid", details });
      }
      if (Key.startsWith("aws:"))
        return fail("InvalidTag", { message: "System tags cannot be added/updated by requester", details });
      if (keys.has(Key))
        return fail("InvalidTag", { message: "Cannot provide multiple Tags with the same key", details });
      keys.add(Key);
    }
    return undefined;
  },
  absent: "NoSuchTagSet",
  putStatus: 204,
};
