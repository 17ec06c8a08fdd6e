// The rows of the table of operations that are about a bucket's settings and about ACLs.

import type { OperationRow } from "./operation-row.ts";
import { getBucketAcl, getObjectAcl, putBucketAcl, putObjectAcl } from "./settings/acl-operations.ts";
import {
  deleteBucketPolicy,
  getBucketPolicy,
  getBucketPolicyStatus,
  putBucketPolicy,
} from "./settings/bucket-policy.ts";
import { deleteSetting, getSetting, putSetting, type SettingSpec } from "./settings/bucket-setting.ts";
import * as settings from "./settings/bucket-settings.ts";
import { deleteUnset, getNone, getUnset, putUnset, UNSET_SETTINGS, type UnsetSpec } from "./settings/unset-settings.ts";

type BucketRow = Extract<OperationRow, { on: "bucket" }>;

function row(method: BucketRow["method"], name: string, rest: Omit<BucketRow, "on" | "method" | "name">): BucketRow {
  return { name, on: "bucket", method, ...rest };
}

/** GET, PUT and, where there is one, DELETE of a document. `suffix`: of the operations' names, and of the actions'. */
function documentRows(
  parameter: string,
  [suffix, actionSuffix]: readonly [string, string],
  spec: SettingSpec,
  removal?: string,
): readonly BucketRow[] {
  const selectedBy = [parameter];
  const [get, put] = [`s3:Get${actionSuffix}`, `s3:Put${actionSuffix}`];
  const rows = [
    row("GET", `Get${suffix}`, { selectedBy, actions: get, operate: getSetting(spec) }),
    row("PUT", `Put${suffix}`, { selectedBy, actions: put, operate: putSetting(spec) }),
  ];
  if (removal === undefined) return rows;
  // Taking a website away has an action of its own; all others are a kind of putting.
  const actions = parameter === "website" ? "s3:DeleteBucketWebsite" : put;
  return [...rows, row("DELETE", removal, { selectedBy, actions, operate: deleteSetting(spec) })];
}

function unsetRows(spec: UnsetSpec): readonly BucketRow[] {
  const { parameter, operations, actions } = spec;
  const isMany = operations.list !== undefined;
  const one = isMany ? [parameter, "id"] : [parameter];
  const get = isMany ? getNone : getUnset(spec);
  const rows = [
    row("GET", operations.get, { selectedBy: one, actions: actions.get, operate: get }),
    row("PUT", operations.put, { selectedBy: one, actions: actions.put, operate: putUnset(spec) }),
  ];
  if (operations.list !== undefined) {
    const parameters = ["continuation-token"];
    rows.push(
      row("GET", operations.list, {
        selectedBy: [parameter],
        parameters,
        actions: actions.get,
        operate: getUnset(spec),
      }),
    );
  }
  if (operations.remove !== undefined) {
    rows.push(
      row("DELETE", operations.remove, {
        selectedBy: one,
        actions: actions.put,
        operate: isMany ? getNone : deleteUnset,
      }),
    );
  }
  return rows;
}

export const SETTING_OPERATIONS: readonly OperationRow[] = [
  row("GET", "GetBucketPolicy", { selectedBy: ["policy"], actions: "s3:GetBucketPolicy", operate: getBucketPolicy }),
  row("PUT", "PutBucketPolicy", { selectedBy: ["policy"], actions: "s3:PutBucketPolicy", operate: putBucketPolicy }),
  row("DELETE", "DeleteBucketPolicy", {
    selectedBy: ["policy"],
    actions: "s3:DeleteBucketPolicy",
    operate: deleteBucketPolicy,
  }),
  row("GET", "GetBucketPolicyStatus", {
    selectedBy: ["policyStatus"],
    actions: "s3:GetBucketPolicyStatus",
    operate: getBucketPolicyStatus,
  }),
  row("GET", "GetBucketAcl", { selectedBy: ["acl"], actions: "s3:GetBucketAcl", operate: getBucketAcl }),
  row("PUT", "PutBucketAcl", { selectedBy: ["acl"], actions: "s3:PutBucketAcl", operate: putBucketAcl }),
  {
    name: "GetObjectAcl",
    on: "object",
    method: "GET",
    selectedBy: ["acl"],
    parameters: ["versionId"],
    actions: ({ query }) => [query.has("versionId") ? "s3:GetObjectVersionAcl" : "s3:GetObjectAcl"],
    reads: true,
    operate: getObjectAcl,
  },
  {
    name: "PutObjectAcl",
    on: "object",
    method: "PUT",
    selectedBy: ["acl"],
    parameters: ["versionId"],
    actions: ({ query }) => [query.has("versionId") ? "s3:PutObjectVersionAcl" : "s3:PutObjectAcl"],
    reads: true,
    operate: putObjectAcl,
  },
  ...documentRows("cors", ["BucketCors", "BucketCORS"], settings.CORS, "DeleteBucketCors"),
  ...documentRows("website", ["BucketWebsite", "BucketWebsite"], settings.WEBSITE, "DeleteBucketWebsite"),
  ...documentRows("versioning", ["BucketVersioning", "BucketVersioning"], settings.VERSIONING),
  ...documentRows(
    "encryption",
    ["BucketEncryption", "EncryptionConfiguration"],
    settings.ENCRYPTION,
    "DeleteBucketEncryption",
  ),
  ...documentRows(
    "publicAccessBlock",
    ["PublicAccessBlock", "BucketPublicAccessBlock"],
    settings.PUBLIC_ACCESS_BLOCK,
    "DeletePublicAccessBlock",
  ),
  ...documentRows(
    "ownershipControls",
    ["BucketOwnershipControls", "BucketOwnershipControls"],
    settings.OWNERSHIP_CONTROLS,
    "DeleteBucketOwnershipControls",
  ),
  ...documentRows("tagging", ["BucketTagging", "BucketTagging"], settings.TAGGING, "DeleteBucketTagging"),
  ...UNSET_SETTINGS.flatMap(unsetRows),
];
