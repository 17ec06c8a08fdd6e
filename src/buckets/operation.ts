// What an operation of the bucket store is given and what it answers. The table of operations is in operations.ts, the life
// of a request in serve-buckets.ts.

import type { Bucket, BucketName, StoredObject } from "../store/buckets.ts";
import type { Store } from "../store/store.ts";
import type { RandomBytes } from "../vocabulary/ids.ts";
import type { Limits } from "../vocabulary/limits.ts";
import type { Clock, EpochMs } from "../vocabulary/time.ts";
import type { CallerDirectory } from "../callers/caller.ts";
import type { ApiField } from "../callers/message.ts";
import type { Principal } from "./access/principal.ts";
import type { S3ErrorCode } from "./errors.ts";
import type { BucketBody } from "./message.ts";
import type { ObjectFiles } from "./files/object-files.ts";

/** What the bucket store stands on; one for the life of the process. */
export interface BucketService extends CallerDirectory {
  readonly store: Store;
  readonly files: ObjectFiles;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly limits: Limits;
  /** Shared with the edges [model/edge-credential.ts]. */
  readonly serviceSecret: Uint8Array;
  /** Called with what must never happen; the caller sees InternalError with the same request id. */
  readonly reportFault: (fault: unknown, requestId: string) => void;
  /** A refusal's why, for the operator's log. */
  readonly reportRefusal: (why: string, requestId: string) => void;
}

export interface BucketContext {
  readonly service: BucketService;
  readonly principal: Principal;
  readonly now: EpochMs;
  readonly requestId: string;
  readonly method: string;
  /** Decoded. */
  readonly query: ReadonlyMap<string, string>;
  /** Value of a field by lower-case name; of repeated ones all, with commas. */
  readonly field: (lowerName: string) => string | undefined;
  readonly fields: readonly ApiField[];
  readonly endpoint: string;
  readonly remoteAddress: string;
  /** The object's bytes: aws-chunked is taken off, and what the caller signed or summed is checked at its end, by throwing `S3Failure`. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Bytes of `body`, where the caller said how many. */
  readonly bodyLength: number | undefined;
  /** Checksums that the caller sends after the body (x-amz-trailer), there once `body` was read to its end. */
  readonly trailers: () => ReadonlyMap<string, string>;
  /** Whether the principal may do this too: what one request does to several keys or buckets is asked for each of them. */
  readonly authorize: (asked: Asked) => S3Failure | undefined;
}

/** One action on a bucket or on a key in it, to be decided by access/decide-access.ts. */
export interface Asked {
  /** As policies name it: `s3:GetObject`. */
  readonly action: string;
  readonly bucket: Bucket;
  readonly key?: string;
  /** Its ACL may grant what no policy does. */
  readonly object?: StoredObject | undefined;
}

/** Before a bucket is known to be there: what makes one. */
export interface AtName extends BucketContext {
  readonly bucketName: BucketName;
}

export interface AtBucket extends BucketContext {
  readonly bucket: Bucket;
}

export interface AtObject extends AtBucket {
  /** Decoded, UTF-8, not empty. */
  readonly key: string;
  /** What is there in the version that is asked for; looked up only for operations whose row says `reads`. */
  readonly found: StoredObject | undefined;
}

export interface S3Failure {
  readonly kind: "failure";
  readonly code: S3ErrorCode;
  /** Of the code, unless it says more. */
  readonly message?: string;
  /** Elements beside Code and Message: `[["BucketName", "…"]]`. */
  readonly details?: readonly (readonly [name: string, text: string])[];
  readonly fields?: readonly ApiField[];
  /** For the log only. */
  readonly why?: string;
}

export type BucketOutcome =
  | { readonly kind: "ok"; readonly status: number; readonly fields: readonly ApiField[]; readonly body: BucketBody }
  | S3Failure;

/** A refusal or an error, in the code's own words unless more is said. */
export function fail(code: S3ErrorCode, more: Omit<S3Failure, "kind" | "code"> = {}): S3Failure {
  return { kind: "failure", code, ...more };
}

export function invalid(name: string, value: string, message: string): S3Failure {
  return fail("InvalidArgument", {
    message,
    details: [
      ["ArgumentName", name],
      ["ArgumentValue", value.slice(0, 1024)],
    ],
  });
}

/** What a body throws at its end where it is not what was signed or summed. */
export function isS3Failure(thrown: unknown): thrown is S3Failure {
  return (
    typeof thrown === "object" && thrown !== null && "kind" in thrown && thrown.kind === "failure" && "code" in thrown
  );
}

export const NO_BODY: BucketBody = { kind: "none" };

export function ok(status: number, fields: readonly ApiField[] = [], body: BucketBody = NO_BODY): BucketOutcome {
  return { kind: "ok", status, fields, body };
}

/** An XML document as the answer. */
export function okXml(text: string, fields: readonly ApiField[] = []): BucketOutcome {
  return ok(200, [["Content-Type", "application/xml"], ...fields], { kind: "text", text });
}

/** A caller may say whose bucket it takes this for. [S3UG bucket-owner-condition] */
export function expectOwner(bucket: Bucket, expected: string | undefined): S3Failure | undefined {
  if (expected === undefined || expected === bucket.account) return undefined;
  return fail("AccessDenied", {
    why: `the caller expected account ${expected} to own the bucket; ${bucket.account} does`,
  });
}
