// Where files of access logs are put: into the service's own buckets, or into those of other stores that the operator names
// (`--bucket-stores`) and lets an account's logs into. Each store is a lane of its own, so that one that is slow holds up no other.

import { lookAtLogBucket } from "../buckets/look-at-log-bucket.ts";
import type { BucketService, S3Failure } from "../buckets/operation.ts";
import { putFile, type FileToPut } from "../buckets/put-file.ts";
import type { Caller } from "../callers/caller.ts";
import { describeStore, type OtherStore } from "../edge/bucket-stores.ts";
import { findOtherStore } from "../edge/config/compile-bucket.ts";
import type { LogBucketState } from "../model/check/logging.ts";
import { putIntoOtherStore, type OtherStoreMeans } from "./put-into-other-store.ts";

export interface LogBuckets {
  /** Those that share one do not overlap, and wait for one another. "": the service's own store. */
  laneOf(bucket: string): string;
  /** `undefined`: it is there. Otherwise why not, for the operator. What is thrown is a fault of ours, or of the disk. */
  put(file: FileToPut, signal: AbortSignal): Promise<string | undefined>;
  look(bucket: string, caller: Caller): Promise<LogBucketState>;
}

export function openLogBuckets(
  service: BucketService,
  stores: () => readonly OtherStore[],
  means: OtherStoreMeans,
): LogBuckets {
  const storeOf = (bucket: string): OtherStore | undefined => findOtherStore(stores(), bucket);
  const isLetIn = ({ allow }: OtherStore, account: string): boolean => allow.logs.includes(account);
  return {
    laneOf(bucket) {
      const store = storeOf(bucket);
      return store === undefined ? "" : describeStore(store);
    },
    async put(file, signal) {
      const store = storeOf(file.bucket);
      if (store === undefined) return describeFailure(await putFile(file, service));
      if (!isLetIn(store, file.account)) {
        return `${describeStore(store)} has it, and --bucket-stores does not let logs of account ${file.account} in ("logs" of "allow")`;
      }
      return putIntoOtherStore(store, file, { ...means, signal });
    },
    // Of another store nothing is asked before there is something to put: it may be away, and has its own rules.
    async look(bucket, caller) {
      const store = storeOf(bucket);
      if (store === undefined) return lookAtLogBucket(bucket, caller, service);
      return isLetIn(store, caller.account) ? "ready" : "denied";
    },
  };
}

function describeFailure(failure: S3Failure | undefined): string | undefined {
  if (failure === undefined) return undefined;
  const more = failure.why ?? failure.message;
  return more === undefined ? failure.code : `${failure.code}, ${more}`;
}
