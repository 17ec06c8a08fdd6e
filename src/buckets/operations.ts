// The table of the bucket store's operations: one row each, with what selects it and what policies call it. A request that
// no row matches is refused; which names S3 has beyond these is in find-operation.ts. [S3API API_Operations_Amazon_Simple_Storage_Service]

import type { AtBucket, AtName, AtObject, BucketContext, BucketOutcome } from "./operation.ts";
import { createBucket } from "./operations/create-bucket.ts";
import { deleteBucket } from "./operations/delete-bucket.ts";
import { deleteObject } from "./operations/delete-object.ts";
import { getObject } from "./operations/get-object.ts";
import { headBucket } from "./operations/head-bucket.ts";
import { listObjectsV2 } from "./operations/list-objects-v2.ts";
import { putObject } from "./operations/put-object.ts";

interface RowBase {
  readonly name: string;
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** Query parameters that must be there, whatever their value; the row with most selectors wins. */
  readonly selectedBy?: readonly string[];
  /** A parameter that must have that value. */
  readonly selectedByValue?: readonly [name: string, value: string];
  /** A field that must be there, in lower case. */
  readonly selectedByField?: string;
  /** Other parameters that it reads. */
  readonly parameters?: readonly string[];
}

/** What policies call it, all of which must be allowed. */
export type Actions = string | ((context: BucketContext) => readonly string[]);

export type OperationRow = RowBase &
  (
    | { readonly on: "service"; readonly operate: (at: BucketContext) => Promise<BucketOutcome> }
    /** At a bucket's name, whether or not there is such a bucket. It decides by itself who may. */
    | { readonly on: "name"; readonly operate: (at: AtName) => Promise<BucketOutcome> }
    | { readonly on: "bucket"; readonly actions: Actions; readonly operate: (at: AtBucket) => Promise<BucketOutcome> }
    | {
        readonly on: "object";
        readonly actions: Actions;
        /** The object is looked up before the decision, since its ACL has a say in it. */
        readonly reads?: true;
        readonly operate: (at: AtObject) => Promise<BucketOutcome>;
      }
  );

const LIST_PARAMETERS = ["prefix", "delimiter", "encoding-type", "max-keys"];

export const BUCKET_OPERATIONS: readonly OperationRow[] = [
  { name: "CreateBucket", on: "name", method: "PUT", operate: createBucket },
  { name: "DeleteBucket", on: "bucket", method: "DELETE", actions: "s3:DeleteBucket", operate: deleteBucket },
  { name: "HeadBucket", on: "bucket", method: "HEAD", actions: "s3:ListBucket", operate: headBucket },
  {
    name: "ListObjectsV2",
    on: "bucket",
    method: "GET",
    selectedByValue: ["list-type", "2"],
    parameters: [...LIST_PARAMETERS, "list-type", "continuation-token", "start-after", "fetch-owner"],
    actions: "s3:ListBucket",
    operate: listObjectsV2,
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
