// What a bucket is to a caller who wants CloudFront's access logs in it: asked when a distribution is made that names it. The real service
// puts a grant for itself into the bucket's ACL in the caller's name, so there have to be ACLs, and the caller may read and change them.
// [CFDG AccessLogs]

import type { Caller } from "../callers/caller.ts";
import type { LogBucketState } from "../model/check/logging.ts";
import { hasAcls } from "./access/access-settings.ts";
import type { BucketService } from "./operation.ts";
import { unsignedContext } from "./unsigned-context.ts";
import { newIds } from "./write-outcome.ts";

export async function lookAtLogBucket(name: string, caller: Caller, service: BucketService): Promise<LogBucketState> {
  const bucket = await service.store.buckets.getBucket(name);
  if (bucket === undefined) return "absent";
  if (!hasAcls(bucket)) return "without-acls";
  const request = { endpoint: "", remoteAddress: "127.0.0.1", method: "GET", fields: [] };
  const { authorize } = unsignedContext(request, service, {
    principal: { kind: "caller", caller },
    query: new Map(),
    requestId: newIds(service.random).requestId,
  });
  const isDenied = ["s3:GetBucketAcl", "s3:PutBucketAcl"].some((action) => authorize({ action, bucket }) !== undefined);
  return isDenied ? "denied" : "ready";
}
