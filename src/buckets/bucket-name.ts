// What a new bucket may be called. [S3UG bucketnamingrules]

const LABELS = /^[a-z0-9](?:[a-z0-9.-]{1,61})[a-z0-9]$/;
/** Kept for names that S3 hands out itself. */
const RESERVED = /^(?:xn--|sthree-|amzn-s3-demo-)|(?:-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/;

export function isBucketName(name: string): boolean {
  return LABELS.test(name) && !name.includes("..") && !/^\d+\.\d+\.\d+\.\d+$/.test(name) && !RESERVED.test(name);
}
