// Settings that are not carried out: a GET answers what S3 answers where nothing is set, so that clients which read all of
// them (Terraform reads some fifteen) find an ordinary bucket; a PUT is refused by name, unless what it puts is "off".
// [S3API API_Operations_Amazon_Simple_Storage_Service]

import type { XmlElement } from "../../wire/xml-reader.ts";
import type { S3ErrorCode } from "../errors.ts";
import { fail, ok, okXml, type AtBucket, type BucketOutcome } from "../operation.ts";
import { childText, isXml, readXml, textElement, xmlDocument } from "../xml.ts";

export interface UnsetSpec {
  /** Query parameter. */
  readonly parameter: string;
  readonly operations: { readonly get: string; readonly put: string; readonly remove?: string; readonly list?: string };
  readonly actions: { readonly get: string; readonly put: string };
  /** Where there may be several, told apart by the parameter `id`. */
  readonly root: string;
  /** A document's content, or an error. */
  readonly absent: { readonly content: string } | { readonly code: S3ErrorCode };
  /** Whether a document asks for nothing; absent: none does. */
  readonly isOff?: (root: XmlElement) => boolean;
}

export const UNSET_SETTINGS: readonly UnsetSpec[] = [
  {
    parameter: "accelerate",
    operations: { get: "GetBucketAccelerateConfiguration", put: "PutBucketAccelerateConfiguration" },
    actions: { get: "s3:GetAccelerateConfiguration", put: "s3:PutAccelerateConfiguration" },
    root: "AccelerateConfiguration",
    absent: { content: "" },
    isOff: (root) => childText(root, "Status")?.trim() === "Suspended",
  },
  {
    parameter: "lifecycle",
    operations: {
      get: "GetBucketLifecycleConfiguration",
      put: "PutBucketLifecycleConfiguration",
      remove: "DeleteBucketLifecycle",
    },
    actions: { get: "s3:GetLifecycleConfiguration", put: "s3:PutLifecycleConfiguration" },
    root: "LifecycleConfiguration",
    absent: { code: "NoSuchLifecycleConfiguration" },
  },
  {
    parameter: "logging",
    operations: { get: "GetBucketLogging", put: "PutBucketLogging" },
    actions: { get: "s3:GetBucketLogging", put: "s3:PutBucketLogging" },
    root: "BucketLoggingStatus",
    absent: { content: "" },
    isOff: isEmpty,
  },
  {
    parameter: "notification",
    operations: { get: "GetBucketNotificationConfiguration", put: "PutBucketNotificationConfiguration" },
    actions: { get: "s3:GetBucketNotification", put: "s3:PutBucketNotification" },
    root: "NotificationConfiguration",
    absent: { content: "" },
    isOff: isEmpty,
  },
  {
    parameter: "object-lock",
    operations: { get: "GetObjectLockConfiguration", put: "PutObjectLockConfiguration" },
    actions: { get: "s3:GetBucketObjectLockConfiguration", put: "s3:PutBucketObjectLockConfiguration" },
    root: "ObjectLockConfiguration",
    absent: { code: "ObjectLockConfigurationNotFoundError" },
  },
  {
    parameter: "replication",
    operations: { get: "GetBucketReplication", put: "PutBucketReplication", remove: "DeleteBucketReplication" },
    actions: { get: "s3:GetReplicationConfiguration", put: "s3:PutReplicationConfiguration" },
    root: "ReplicationConfiguration",
    absent: { code: "ReplicationConfigurationNotFoundError" },
  },
  {
    parameter: "requestPayment",
    operations: { get: "GetBucketRequestPayment", put: "PutBucketRequestPayment" },
    actions: { get: "s3:GetBucketRequestPayment", put: "s3:PutBucketRequestPayment" },
    root: "RequestPaymentConfiguration",
    absent: { content: textElement("Payer", "BucketOwner") },
    isOff: (root) => childText(root, "Payer")?.trim() === "BucketOwner",
  },
  ...["Analytics", "IntelligentTiering", "Inventory", "Metrics"].map((kind): UnsetSpec => ({
    parameter: kind === "IntelligentTiering" ? "intelligent-tiering" : kind.toLowerCase(),
    operations: {
      get: `GetBucket${kind}Configuration`,
      put: `PutBucket${kind}Configuration`,
      remove: `DeleteBucket${kind}Configuration`,
      list: `ListBucket${kind}Configurations`,
    },
    actions: { get: `s3:Get${kind}Configuration`, put: `s3:Put${kind}Configuration` },
    root: kind === "Inventory" ? "ListInventoryConfigurationsResult" : `ListBucket${kind}ConfigurationsResult`,
    absent: { content: textElement("IsTruncated", false) },
  })),
];

function isEmpty(root: XmlElement): boolean {
  return root.children.length === 0;
}

export function getUnset({ root, absent }: UnsetSpec) {
  return ({ bucket }: AtBucket): Promise<BucketOutcome> =>
    Promise.resolve(
      "code" in absent
        ? fail(absent.code, { details: [["BucketName", bucket.name]] })
        : okXml(xmlDocument(root, absent.content)),
    );
}

/** One of several, by its `id`: there is none. */
export function getNone(): Promise<BucketOutcome> {
  return Promise.resolve(fail("NoSuchConfiguration"));
}

export function putUnset({ root, isOff, operations }: UnsetSpec) {
  return async (at: AtBucket): Promise<BucketOutcome> => {
    if (isOff !== undefined) {
      const document = await readXml(at, root);
      if (!isXml(document)) return document;
      if (isOff(document)) return ok(200);
    }
    return fail("NotImplemented", {
      message: `${operations.put} is not implemented by this server${isOff === undefined ? "" : ", but to turn it off"}.`,
    });
  };
}

export function deleteUnset(): Promise<BucketOutcome> {
  return Promise.resolve(ok(204));
}
