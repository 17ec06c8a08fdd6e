// Ids of versions and uploads: opaque text, by chance.

import type { RandomBytes } from "../vocabulary/ids.ts";

/** 32 characters, as the real ones have. */
export function newVersionId(random: RandomBytes): string {
  return Buffer.from(random(24)).toString("base64url");
}

export function newUploadId(random: RandomBytes): string {
  return Buffer.from(random(48)).toString("base64url");
}
