// Which conditions of viewers a behavior supports: what is asked of the origin, and what is answered from the cache, follow
// the same rule.

import type { EffectiveBehavior } from "./config/effective-config.ts";

/** With cookies forwarded a page is sent whole, and so it is asked for whole. [CFDG Cookies] */
export const UNSUPPORTED_WITH_COOKIES: readonly string[] = ["if-none-match", "if-modified-since"];

export function supportsConditions({ key, fidelity }: EffectiveBehavior): boolean {
  return key.cookies === "none" || fidelity === "rfc9111";
}
