// Where the access log of a distribution goes, as one text that the edge puts before each line on its way to the disk: what is there
// says by itself whose it is and where it was to go when the request was made, whatever becomes of the distribution meanwhile.

import { parseAccountId, type AccountId } from "../vocabulary/ids.ts";
import type { Logging } from "./distribution.ts";
import { readS3HostName } from "./s3-host-name.ts";

export interface LogTarget {
  /** In whose name the bucket is written to. */
  readonly account: AccountId;
  readonly distribution: string;
  readonly bucket: string;
  /** As it is configured. */
  readonly prefix: string;
}

/** The bucket that is named by its host name, as the API wants it; `undefined`: it names none. */
export function logBucketOf({ Bucket }: Pick<Logging, "Bucket">): string | undefined {
  const name = readS3HostName(Bucket);
  return name?.kind === "rest" ? name.bucket : undefined;
}

/** ASCII, without a tab or a line break. */
export function writeLogTarget({ account, distribution, bucket, prefix }: LogTarget): string {
  return [account, distribution, bucket, encodeURIComponent(prefix.toWellFormed())].join(" ");
}

/** `undefined`: it is none. */
export function readLogTarget(text: string): LogTarget | undefined {
  const [account = "", distribution = "", bucket = "", prefix, more] = text.split(" ");
  const ofAccount = parseAccountId(account);
  if (ofAccount === undefined || !/^E[0-9A-Z]{1,31}$/.test(distribution)) return undefined;
  if (!/^[a-z0-9._-]{3,255}$/.test(bucket) || prefix === undefined || more !== undefined) return undefined;
  try {
    return { account: ofAccount, distribution, bucket, prefix: decodeURIComponent(prefix) };
  } catch {
    return undefined;
  }
}

/** `[prefix/]E….YYYY-MM-DD-HH.unique.gz`; `hour` in UTC. A prefix gets its slash where it ends without one. [CFDG AccessLogs] */
export function logFileKey(prefix: string, fileName: string): string {
  return prefix === "" || prefix.endsWith("/") ? prefix + fileName : `${prefix}/${fileName}`;
}
