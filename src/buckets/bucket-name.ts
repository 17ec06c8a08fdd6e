// What a new bucket may be called. [S3UG bucketnamingrules]

import { isApiVersion } from "../model/api.ts";

const LABELS = /^[a-z0-9](?:[a-z0-9.-]{1,61})[a-z0-9]$/;
/** Kept for names that S3 hands out itself. */
const RESERVED = /^(?:xn--|sthree-|amzn-s3-demo-)|(?:-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/;

/** Beside S3's rules: a path that begins with a version of the API is the API's, whoever asks. */
export function isBucketName(name: string): boolean {
  if (isApiVersion(name)) return false;
  return LABELS.test(name) && !name.includes("..") && !/^\d+\.\d+\.\d+\.\d+$/.test(name) && !RESERVED.test(name);
}
