// The bucket store in the control process: what its operations work with, a request answered, counted and audited, and its word about
// what an edge would ask of it, for explain.

import type { BucketCallNotes } from "../buckets/call-notes.ts";
import { explainAccess } from "../buckets/explain-access.ts";
import type { ObjectFiles } from "../buckets/files/object-files.ts";
import type { BucketService } from "../buckets/operation.ts";
import { serveBuckets } from "../buckets/serve-buckets.ts";
import { openQuietLog } from "../edge/quiet-log.ts";
import type { Store } from "../store/store.ts";
import type { RandomBytes } from "../vocabulary/ids.ts";
import { systemClock } from "../vocabulary/time.ts";
import type { ApiListenerOptions } from "./api-listener.ts";
import { auditedBucketCall } from "./audit-bucket-call.ts";
import type { AuditLog } from "./audit-log.ts";
import { describeFault, describeWriteFault } from "./fault-in-words.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics/open-metrics.ts";
import type { ExplainBucket } from "./own-paths.ts";
import type { Settings } from "./settings.ts";

/** Lines about refused bucket requests in ten seconds. */
const REFUSALS_TOLD = 20;

export interface Buckets {
  readonly service: BucketService;
  /** For the listener. */
  readonly exchange: NonNullable<ApiListenerOptions["buckets"]>;
  readonly explain: ExplainBucket;
}

export function openBuckets(options: {
  readonly settings: Settings;
  readonly store: Store;
  readonly files: ObjectFiles;
  readonly random: RandomBytes;
  readonly serviceSecret: Uint8Array;
  readonly isDefaultKeyAllowed: boolean;
  readonly metrics: Pick<Metrics, "countAnswer">;
  /** `undefined`: none is wanted. */
  readonly auditLog: AuditLog | undefined;
  readonly log: Log;
}): Buckets {
  const { settings, store, files, random, serviceSecret, isDefaultKeyAllowed, metrics, auditLog, log } = options;
  const hasObjects = settings.auditObjects === "yes";
  // Anybody can bring refusals about as often as they like.
  const refusals = openQuietLog(systemClock, REFUSALS_TOLD, (level, event, why, requestId) =>
    log(level, "buckets", why, { event, ...(requestId !== undefined && { requestId }) }),
  );
  const service: BucketService = {
    store,
    files,
    clock: systemClock,
    random,
    limits: settings.limits,
    isDefaultKeyAllowed,
    serviceSecret,
    reportFault: (fault, requestId) => log("error", "buckets", describeWriteFault(fault), { requestId }),
    reportRefusal: (why, requestId) => refusals("info", "request was refused", why, requestId),
  };
  return {
    service,
    exchange: {
      async handle(request) {
        const notes: BucketCallNotes = {};
        const response = await serveBuckets(request, service, notes);
        metrics.countAnswer("buckets", response.status);
        if (auditLog !== undefined) {
          const call = auditedBucketCall(request, notes, { status: response.status, hasObjects });
          if (call !== undefined) auditLog.write(call);
        }
        return response;
      },
      reportFault: (fault) => log("error", "buckets", `an answer was cut short: ${describeFault(fault)}`),
    },
    async explain(ask, account) {
      const { decision, why } = await explainAccess(ask, account, service);
      return { stage: "bucket-access", decision, why, source: "[S3UG how-s3-evaluates-access-control]" };
    },
  };
}
