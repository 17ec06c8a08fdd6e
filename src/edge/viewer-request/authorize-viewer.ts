// Fifth stage: may this viewer have this? Methods, then what protects the content. A protection that is configured but
// not built refuses everybody: a protected page is never served because its protection is missing. Where a behavior has
// signers, a signed URL or signed cookies decide, for every method.

import { isRefusal, refusal, type Authorized, type Refusal, type Routed } from "../exchange.ts";
import { authorizeSigned, type Signing } from "./signed/authorize-signed.ts";

export function authorizeViewer(exchange: Routed, signing: Signing): Authorized | Refusal {
  const { request, behavior } = exchange;
  if (!behavior.allowedMethods.has(request.method)) {
    const why = `AllowedMethods does not list ${request.method}`;
    return refusal(403, "method-not-allowed", why, "[CFDG RequestAndResponseBehaviorCustomOrigin]");
  }
  const missing = behavior.protections[0];
  if (missing !== undefined) {
    return refusal(403, "not-enforced", `${missing.setting}: ${missing.why}`, "[D-0006]");
  }
  if (behavior.signers === undefined) return exchange as Authorized;
  const admitted = authorizeSigned(request, behavior.signers, exchange.now, signing);
  return isRefusal(admitted) ? admitted : ({ ...exchange, query: admitted.query } as Authorized);
}
