// What an operation is given beside its input, and what it answers. Operations are functions from these to an outcome:
// no HTTP, no XML (serve.ts did and will do that).

import type { Caller } from "../callers/caller.ts";
import type { LogBucketState } from "../model/check/logging.ts";
import type { ApiFailure } from "../model/errors.ts";
import type { ApiVersion } from "../model/api.ts";
import type { KeyAlgorithm } from "../model/read-certificate.ts";
import type { Store } from "../store/store.ts";
import type { AccountId, FeedNumber, RandomBytes } from "../vocabulary/ids.ts";
import type { Limits } from "../vocabulary/limits.ts";
import type { Clock, EpochMs, Seconds } from "../vocabulary/time.ts";
import type { WireDocument } from "../wire/shape.ts";
import type { AuditedCall, CallNotes } from "./audit.ts";

/** What the management plane stands on; one for the life of the process. */
export interface Control {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly limits: Limits;
  /** What distributions' own host names end with, without a leading dot. */
  readonly domainSuffix: string;
  /** Host names of the console, which are no distribution's. Absent where there is none. */
  readonly consoleNames?: ReadonlySet<string>;
  /** Whether the operator's folder has a certificate of that id for the account. */
  readonly ownsCertificate: (account: AccountId, id: string) => boolean;
  /** What a bucket is to a caller who wants access logs in it. */
  readonly lookAtLogBucket: (bucket: string, caller: Caller) => Promise<LogBucketState>;
  /** Signs what callers request of ACM. */
  readonly issueCertificate: IssueCertificate;
  /** How long a change stays InProgress at least, for those who test against the real service's delays. */
  readonly propagationDelay: Seconds;
  /** The built-in access key works: only where nobody but this machine can connect. */
  readonly isDefaultKeyAllowed: boolean;
  /** Told of every call to the management API that was answered. Left out: nobody wants to know. */
  readonly audit?: (call: AuditedCall) => void;
  /** Called with what must never happen; the caller of the API sees a generic failure with the same request id. */
  readonly reportFault: (fault: unknown, requestId: string) => void;
}

/** A certificate for these host names with a new key, good from now on; all in PEM. Rejects when none can be made. */
export type IssueCertificate = (
  names: readonly string[],
  keyAlgorithm: KeyAlgorithm,
  now: EpochMs,
) => Promise<{ readonly certificate: string; readonly chain: string; readonly key: string }>;

/** What operations of CloudFront's neighbors (STS, IAM, ACM) are given beside their input. */
export interface NeighborContext {
  readonly control: Control;
  readonly caller: Caller;
  readonly now: EpochMs;
  /** Of the request's signature. */
  readonly region: string;
  /** For the audit log; what is found out of the call is noted here. */
  readonly notes: CallNotes;
}

export interface OperationContext {
  readonly control: Control;
  readonly caller: Caller;
  readonly version: ApiVersion;
  readonly now: EpochMs;
  /** Scheme and authority that the caller used, for Location. */
  readonly endpoint: string;
}

/** Success carries the operation's output members (model/api-tables.json); the status is the table's. */
export type Outcome = { readonly kind: "ok"; readonly output: WireDocument } | ApiFailure;

/** `input` holds the operation's input members as the table binds them, already checked against their shapes. */
export type Operation = (input: WireDocument, context: OperationContext) => Promise<Outcome>;

/** Reads how far the edges are, once per request, so that one answer does not contradict itself. */
export function deployedThrough(context: OperationContext): Promise<FeedNumber> {
  return context.control.store.feed.deployedThrough(context.now);
}

export function ok(output: WireDocument): Outcome {
  return { kind: "ok", output };
}

/** A member of the input as text; "" when it is not there. */
export function textOf(input: WireDocument, member: string): string {
  const value = input[member];
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
