// Where a distribution's access log is to go. That the bucket is there is the store's to say, and whether it may be written to is seen
// when files are delivered. [CFMODEL LoggingConfig]

import type { Logging } from "../distribution.ts";
import { fail, type ApiFailure } from "../errors.ts";
import { logBucketOf } from "../log-target.ts";
import { lengthOf } from "./text.ts";

/** [CFDG AccessLogs] */
const PREFIX_MAX = 256;

export function checkLogging(logging: Logging): ApiFailure | undefined {
  if (!logging.Enabled) return undefined;
  if (logBucketOf(logging) === undefined) return noSuchLogBucket();
  if (lengthOf(logging.Prefix) <= PREFIX_MAX && !hasControls(logging.Prefix) && logging.Prefix.isWellFormed())
    return undefined;
  return fail(
    "InvalidArgument",
    `The parameter Logging Prefix must have at most ${PREFIX_MAX} characters, none of them a control character.`,
  );
}

/** Also where a bucket of that name is not there. */
export function noSuchLogBucket(): ApiFailure {
  return fail("InvalidArgument", "The parameter Logging Bucket does not refer to a valid S3 bucket.");
}

function hasControls(text: string): boolean {
  return /\p{Cc}/u.test(text);
}
