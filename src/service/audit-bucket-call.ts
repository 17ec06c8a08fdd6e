// A call of the bucket store as the audit log tells it: who manages buckets and their settings always, objects where the operator wants them.
// What edges ask for viewers has its line in the access log.

import type { BucketCallNotes } from "../buckets/call-notes.ts";
import type { BucketRequest } from "../buckets/message.ts";
import { auditedCall, type AuditedCall } from "../control/audit.ts";

/** `undefined`: it is nothing for the audit log. */
export function auditedBucketCall(
  request: Pick<BucketRequest, "method" | "fields" | "rawQuery" | "remoteAddress">,
  { operation, bucket, key, isAboutObjects, caller, isByEdge, requestId, code }: BucketCallNotes,
  { status, hasObjects }: { readonly status: number; readonly hasObjects: boolean },
): AuditedCall | undefined {
  if (operation === undefined || isByEdge === true || (isAboutObjects === true && !hasObjects)) return undefined;
  const call = auditedCall(
    request,
    {
      ...(caller !== undefined && { caller }),
      operation: `s3:${operation}`,
      ...(bucket !== undefined && { resource: arnOf(bucket, key) }),
      ...(code !== undefined && { code }),
    },
    status,
    requestId,
  );
  return { ...call, isRead: /^(?:Get|Head|List)/.test(operation) };
}

/** Blanks and control characters of a key are encoded: a line of the log has no others. */
function arnOf(bucket: string, key: string | undefined): string {
  const path = key === undefined ? "" : `/${key.toWellFormed().replaceAll(/[\s\p{Cc}%]/gu, encodeURIComponent)}`;
  return `arn:aws:s3:::${bucket}${path}`;
}
