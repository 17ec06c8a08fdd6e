// Comparing what a caller sent with what nobody else may know.

import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";

/** Whether two secrets (session tokens, say) are equal, in a time that tells nothing but their lengths. */
export function equalSecrets(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.byteLength === right.byteLength && timingSafeEqual(left, right);
}
