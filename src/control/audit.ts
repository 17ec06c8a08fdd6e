// Who called the management API, for what, and how it ended: gathered while a request is answered, told once it is. Nothing of a body
// is ever in it, nor a query or a field as it was sent, so no secret can be. Writing it down is service/audit-log.ts's.

import type { Caller } from "../callers/caller.ts";
import type { ApiRequest } from "../callers/message.ts";
import type { WireDocument } from "../wire/shape.ts";

/** What becomes known of a call on its way; each stage adds what it has found out. */
export interface CallNotes {
  /** Absent: whoever called could not be authenticated. */
  caller?: Caller;
  /** `cloudfront:CreateDistribution`; absent: there is no such operation. */
  operation?: string;
  /** The ARN that it is about; what a create is about ends with `*`. */
  resource?: string;
  /** What was created: an id or an ARN. */
  created?: string;
  /** The code of the error that was answered. */
  code?: string;
  /** By a session of the console rather than by a signature. */
  isByConsole?: true;
}

/** A call that was answered. */
export interface AuditedCall extends Readonly<CallNotes> {
  /** Absent for those of our own paths, which have none. */
  readonly requestId?: string;
  readonly method: string;
  readonly status: number;
  readonly from: string | undefined;
  /** The access key that a caller who could not be authenticated named, where it looks like one. */
  readonly claimedKey?: string;
  readonly isRead: boolean;
}

export function auditedCall(
  { method, fields, rawQuery, remoteAddress }: Pick<ApiRequest, "method" | "fields" | "rawQuery" | "remoteAddress">,
  notes: CallNotes,
  status: number,
  requestId?: string,
): AuditedCall {
  const claimedKey = notes.caller === undefined ? readClaimedKey(fields, rawQuery) : undefined;
  return {
    ...notes,
    ...(requestId !== undefined && { requestId }),
    ...(claimedKey !== undefined && { claimedKey }),
    method,
    status,
    from: remoteAddress,
    isRead: isRead(method, notes.operation),
  };
}

/** Session keys are made by an operation that is called as if it read. */
function isRead(method: string, operation: string | undefined): boolean {
  if (operation === undefined) return method === "GET" || method === "HEAD";
  return /:(?:Get|List|Describe)/.test(operation) && operation !== "sts:GetSessionToken";
}

/** Ids of access keys are capital letters and digits; somebody's secret in the wrong place is not. */
function readClaimedKey(fields: ApiRequest["fields"], rawQuery: string): string | undefined {
  const authorization = fields.find(([name]) => name.toLowerCase() === "authorization")?.[1] ?? "";
  return (
    /\bCredential=([A-Z0-9]{16,32}|test)\//.exec(authorization)?.[1] ??
    /\bX-Amz-Credential=([A-Z0-9]{16,32}|test)(?:%2F|\/)/i.exec(rawQuery)?.[1]
  );
}

/** What an operation says that it has made: by its address, or its ARN. */
export function noteCreated(notes: CallNotes, output: WireDocument | undefined): void {
  const { Location: location, CertificateArn: arn } = output ?? {};
  if (typeof location === "string") notes.created = location.slice(location.lastIndexOf("/") + 1);
  else if (typeof arn === "string") notes.created = arn;
}
