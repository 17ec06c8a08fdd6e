// The operations on the service and on buckets, but for their settings. [S3API API_Operations_Amazon_Simple_Storage_Service]

import { createBucket } from "./operations/create-bucket.ts";
import { deleteBucket } from "./operations/delete-bucket.ts";
import { deleteObjects } from "./operations/delete-objects.ts";
import { getBucketLocation } from "./operations/get-bucket-location.ts";
import { headBucket } from "./operations/head-bucket.ts";
import { listBuckets } from "./operations/list-buckets.ts";
import { listMultipartUploads } from "./operations/list-multipart-uploads.ts";
import { listObjectVersions } from "./operations/list-object-versions.ts";
import { listObjects } from "./operations/list-objects.ts";
import { listObjectsV2 } from "./operations/list-objects-v2.ts";
import type { OperationRow } from "./operation-row.ts";

const LIST_PARAMETERS = ["prefix", "delimiter", "encoding-type", "max-keys"];

export const BUCKET_OPERATIONS: readonly OperationRow[] = [
  {
    name: "ListBuckets",
    on: "service",
    method: "GET",
    parameters: ["max-buckets", "continuation-token", "prefix", "bucket-region"],
    operate: listBuckets,
  },
  { name: "CreateBucket", on: "name", method: "PUT", operate: createBucket },
  { name: "DeleteBucket", on: "bucket", method: "DELETE", actions: "s3:DeleteBucket", operate: deleteBucket },
  { name: "HeadBucket", on: "bucket", method: "HEAD", actions: "s3:ListBucket", operate: headBucket },
  {
    name: "GetBucketLocation",
    on: "bucket",
    method: "GET",
    selectedBy: ["location"],
    actions: "s3:GetBucketLocation",
    operate: getBucketLocation,
  },
  {
    name: "ListObjects",
    on: "bucket",
    method: "GET",
    parameters: [...LIST_PARAMETERS, "marker"],
    actions: "s3:ListBucket",
    operate: listObjects,
  },
  {
    name: "ListObjectsV2",
    on: "bucket",
    method: "GET",
    selectedByValue: ["list-type", "2"],
    parameters: [...LIST_PARAMETERS, "list-type", "continuation-token", "start-after", "fetch-owner"],
    actions: "s3:ListBucket",
    operate: listObjectsV2,
  },
  {
    name: "ListObjectVersions",
    on: "bucket",
    method: "GET",
    selectedBy: ["versions"],
    parameters: [...LIST_PARAMETERS, "key-marker", "version-id-marker"],
    actions: "s3:ListBucketVersions",
    operate: listObjectVersions,
  },
  {
    name: "ListMultipartUploads",
    on: "bucket",
    method: "GET",
    selectedBy: ["uploads"],
    parameters: ["prefix", "delimiter", "encoding-type", "max-uploads", "key-marker", "upload-id-marker"],
    actions: "s3:ListBucketMultipartUploads",
    operate: listMultipartUploads,
  },
  // Each key is decided by itself.
  {
    name: "DeleteObjects",
    on: "bucket",
    method: "POST",
    selectedBy: ["delete"],
    actions: () => [],
    operate: deleteObjects,
  },
];
