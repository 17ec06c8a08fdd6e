// Fifth stage: may this viewer have this? Methods, then what protects the content. A protection that is configured but
// not built refuses everybody: a protected page is never served because its protection is missing. Where a behavior has
// signers, a signed URL or signed cookies decide, for every method. What is written so that another may read it as a path of
// another behavior has to be let in there too.

import { otherReadings } from "../config/path-readings.ts";
import type { EffectiveBehavior } from "../config/effective-config.ts";
import { isRefusal, refusal, type Authorized, type Refusal, type Routed } from "../exchange.ts";
import { authorizeSigned, type Signing } from "./signed/authorize-signed.ts";
import { findBehaviorOf } from "./match-behavior.ts";

export function authorizeViewer(exchange: Routed, signing: Signing): Authorized | Refusal {
  const { behavior, distribution } = exchange;
  const here = admit(exchange, behavior, signing);
  if (isRefusal(here) || !distribution.hasUnequalProtection) return here;
  const readings = otherReadings(exchange.path);
  if (readings.length === 0) return here;
  let admitted = here;
  const asked = new Set([behavior]);
  for (const reading of readings) {
    const other = findBehaviorOf(distribution.behaviors, reading);
    if (asked.has(other)) continue;
    asked.add(other);
    const there = admit(exchange, other, signing);
    if (isRefusal(there)) {
      return { ...there, why: `${exchange.path} may be read as a path of ${nameOf(other)}: ${there.why}` };
    }
    // Signed for there, so the parameters of the signature are no more the origin's than there.
    if (other.signers !== undefined) admitted = there;
  }
  return admitted;
}

/** What one behavior says to the request. */
function admit(exchange: Routed, behavior: EffectiveBehavior, signing: Signing): Authorized | Refusal {
  const { request, now } = exchange;
  if (!behavior.allowedMethods.has(request.method)) {
    const why = `AllowedMethods does not list ${request.method}`;
    return refusal(403, "method-not-allowed", why, "[CFDG RequestAndResponseBehaviorCustomOrigin]");
  }
  const missing = behavior.protections[0];
  if (missing !== undefined) {
    return refusal(403, "not-enforced", `${missing.setting}: ${missing.why}`, "[D-0006]");
  }
  if (behavior.signers === undefined) return exchange as Authorized;
  const admitted = authorizeSigned(request, behavior.signers, now, signing);
  return isRefusal(admitted) ? admitted : ({ ...exchange, query: admitted.query } as Authorized);
}

function nameOf({ isDefault, pattern }: EffectiveBehavior): string {
  return isDefault ? "the default behavior" : `the behavior ${pattern.text}`;
}
