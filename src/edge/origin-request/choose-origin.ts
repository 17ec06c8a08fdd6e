// Where a request to an origin goes: the scheme and port by its protocol policy. Which origin: fetch-from-origins.ts.

import { unreachable } from "../../vocabulary/unreachable.ts";
import type { EffectiveOrigin } from "../config/effective-config.ts";
import type { Authorized } from "../exchange.ts";

export interface OriginTarget {
  readonly origin: EffectiveOrigin;
  readonly scheme: "http" | "https";
  readonly port: number;
}

/** With match-viewer both schemes fill the same stored response. [CFDG distribution-web-values-specify] */
export function chooseOrigin({ request }: Authorized, origin: EffectiveOrigin): OriginTarget {
  const scheme = originScheme(origin.protocolPolicy, request.scheme);
  return { origin, scheme, port: scheme === "https" ? origin.httpsPort : origin.httpPort };
}

function originScheme(policy: EffectiveOrigin["protocolPolicy"], viewerScheme: "http" | "https"): "http" | "https" {
  switch (policy) {
    case "http-only":
      return "http";
    case "https-only":
      return "https";
    case "match-viewer":
      return viewerScheme;
    default:
      return unreachable(policy);
  }
}
