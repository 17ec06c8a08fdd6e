// Ids of versions and uploads: opaque text, by chance.

import type { RandomBytes } from "../../vocabulary/ids.ts";

/** 32 characters, as the real ones have. */
export function newVersionId(random: RandomBytes): string {
  return newId(random, 24);
}

export function newUploadId(random: RandomBytes): string {
  return newId(random, 48);
}

/** Letters and digits only: a command line would take one with a hyphen in front for a flag. */
function newId(random: RandomBytes, bytes: number): string {
  return Buffer.from(random(bytes)).toString("base64url").replace(/[-_]/g, "x");
}
