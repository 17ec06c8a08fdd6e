// The operations on objects and their versions. [S3API API_Operations_Amazon_Simple_Storage_Service]

import { abortMultipartUpload } from "./operations/abort-multipart-upload.ts";
import { completeMultipartUpload } from "./operations/complete-multipart-upload.ts";
import { copyObject } from "./operations/copy-object.ts";
import { createMultipartUpload } from "./operations/create-multipart-upload.ts";
import { deleteObject } from "./operations/delete-object.ts";
import { getObjectAttributes } from "./operations/get-object-attributes.ts";
import { getObject } from "./operations/get-object.ts";
import { listParts } from "./operations/list-parts.ts";
import { deleteObjectTagging, getObjectTagging, putObjectTagging } from "./operations/object-tagging.ts";
import { uploadPart, uploadPartCopy } from "./operations/upload-part.ts";
import { putObject } from "./operations/put-object.ts";
import type { BucketContext } from "./operation.ts";
import type { Actions, OperationRow } from "./operation-row.ts";

export const OBJECT_OPERATIONS: readonly OperationRow[] = [
  {
    name: "CopyObject",
    on: "object",
    method: "PUT",
    selectedByField: "x-amz-copy-source",
    actions: putActions,
    operate: copyObject,
  },
  {
    name: "CreateMultipartUpload",
    on: "object",
    method: "POST",
    selectedBy: ["uploads"],
    actions: putActions,
    operate: createMultipartUpload,
  },
  {
    name: "UploadPart",
    on: "object",
    method: "PUT",
    selectedBy: ["partNumber", "uploadId"],
    actions: "s3:PutObject",
    operate: uploadPart,
  },
  {
    name: "UploadPartCopy",
    on: "object",
    method: "PUT",
    selectedBy: ["partNumber", "uploadId"],
    selectedByField: "x-amz-copy-source",
    actions: "s3:PutObject",
    operate: uploadPartCopy,
  },
  {
    name: "CompleteMultipartUpload",
    on: "object",
    method: "POST",
    selectedBy: ["uploadId"],
    actions: "s3:PutObject",
    operate: completeMultipartUpload,
  },
  {
    name: "AbortMultipartUpload",
    on: "object",
    method: "DELETE",
    selectedBy: ["uploadId"],
    actions: "s3:AbortMultipartUpload",
    operate: abortMultipartUpload,
  },
  {
    name: "ListParts",
    on: "object",
    method: "GET",
    selectedBy: ["uploadId"],
    parameters: ["max-parts", "part-number-marker", "encoding-type"],
    actions: "s3:ListMultipartUploadParts",
    operate: listParts,
  },
  {
    name: "GetObjectAttributes",
    on: "object",
    method: "GET",
    selectedBy: ["attributes"],
    parameters: ["versionId"],
    actions: ({ query }) =>
      query.has("versionId")
        ? ["s3:GetObjectVersion", "s3:GetObjectVersionAttributes"]
        : ["s3:GetObject", "s3:GetObjectAttributes"],
    reads: true,
    operate: getObjectAttributes,
  },
  {
    name: "GetObjectTagging",
    on: "object",
    method: "GET",
    selectedBy: ["tagging"],
    parameters: ["versionId"],
    actions: ofVersion("s3:GetObjectTagging", "s3:GetObjectVersionTagging"),
    reads: true,
    operate: getObjectTagging,
  },
  {
    name: "PutObjectTagging",
    on: "object",
    method: "PUT",
    selectedBy: ["tagging"],
    parameters: ["versionId"],
    actions: ofVersion("s3:PutObjectTagging", "s3:PutObjectVersionTagging"),
    reads: true,
    operate: putObjectTagging,
  },
  {
    name: "DeleteObjectTagging",
    on: "object",
    method: "DELETE",
    selectedBy: ["tagging"],
    parameters: ["versionId"],
    actions: ofVersion("s3:DeleteObjectTagging", "s3:DeleteObjectVersionTagging"),
    reads: true,
    operate: deleteObjectTagging,
  },
  { name: "PutObject", on: "object", method: "PUT", actions: putActions, operate: putObject },
  {
    name: "GetObject",
    on: "object",
    method: "GET",
    parameters: ["versionId", "partNumber"],
    actions: ofVersion("s3:GetObject", "s3:GetObjectVersion"),
    reads: true,
    operate: getObject,
  },
  {
    name: "HeadObject",
    on: "object",
    method: "HEAD",
    parameters: ["versionId", "partNumber"],
    actions: ofVersion("s3:GetObject", "s3:GetObjectVersion"),
    reads: true,
    operate: getObject,
  },
  {
    name: "DeleteObject",
    on: "object",
    method: "DELETE",
    parameters: ["versionId"],
    actions: ofVersion("s3:DeleteObject", "s3:DeleteObjectVersion"),
    operate: deleteObject,
  },
];

/** A version that is named is another action than the latest. [S3UG using-with-s3-policy-actions] */
function ofVersion(latest: string, version: string): Actions {
  return ({ query }) => [query.has("versionId") ? version : latest];
}

/** What comes along with the object has to be allowed as if it were put by itself. */
function putActions({ field, fields }: BucketContext): readonly string[] {
  const actions = ["s3:PutObject"];
  const hasAcl = fields.some(([name]) => /^x-amz-(?:acl|grant-.*)$/i.test(name));
  if (hasAcl) actions.push("s3:PutObjectAcl");
  if (field("x-amz-tagging") !== undefined) actions.push("s3:PutObjectTagging");
  return actions;
}
