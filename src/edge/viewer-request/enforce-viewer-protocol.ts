// Fourth stage: the behavior's ViewerProtocolPolicy.

import { unreachable } from "../../vocabulary/unreachable.ts";
import { refusal, type Refusal, type Routed } from "../exchange.ts";

const SOURCE = "[CFDG using-https-viewers-to-cloudfront]";

/**
 * Only GET and HEAD may be answered 301: 307 keeps method and body, and HTTP/1.0 does not know it [RFC 9110 §15.4.8].
 * `undefined`: the request may go on.
 */
export function enforceViewerProtocol(exchange: Routed, publicHttpsPort: number): Refusal | undefined {
  const { request, behavior } = exchange;
  if (request.scheme === "https") return undefined;
  const policy = behavior.viewerProtocolPolicy;
  switch (policy) {
    case "allow-all":
      return undefined;
    case "https-only":
      return refusal(403, "bad-request", "ViewerProtocolPolicy is https-only and the request came over HTTP", SOURCE);
    case "redirect-to-https": {
      const isBodyless = request.method === "GET" || request.method === "HEAD";
      if (!isBodyless && !KEEPS_METHOD.has(request.method)) {
        const why = `a ${request.method} is not redirected, and no distribution allows it`;
        return refusal(403, "method-not-allowed", why, SOURCE);
      }
      if (!isBodyless && request.httpVersion === "1.0") {
        return refusal(403, "bad-request", `a ${request.method} cannot be redirected over HTTP/1.0`, SOURCE);
      }
      // The public HTTPS port, not the one that was asked; the target as the viewer wrote it.
      const location = `https://${hostWithoutPort(request.host)}${publicHttpsPort === 443 ? "" : `:${publicHttpsPort}`}${request.target}`;
      const why = "ViewerProtocolPolicy is redirect-to-https and the request came over HTTP";
      return { ...refusal(isBodyless ? 301 : 307, "redirect-to-https", why, SOURCE), location };
    }
    default:
      return unreachable(policy);
  }
}

/** Redirected with 307, over HTTP/1.1 and later. */
const KEEPS_METHOD: ReadonlySet<string> = new Set(["POST", "PUT", "DELETE", "OPTIONS", "PATCH"]);

function hostWithoutPort(host: string): string {
  return host.replace(/:\d*$/, "");
}
