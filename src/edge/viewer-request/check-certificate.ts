// Between finding the distribution and matching its behavior: may it be asked for over this connection? Host decides who
// answers, and the certificate that the viewer checked was chosen by the name in its handshake.

import type { EffectiveDistribution } from "../config/effective-config.ts";
import { refusal, type Received, type Refusal } from "../exchange.ts";

/**
 * A connection made for one account's certificate carries no requests for another's distributions: the viewer has
 * checked the wrong owner. Over the shared certificate all are served. `undefined`: the request may go on.
 * [CFDG CNAMEs], [RFC 9110 §15.5.20]
 */
export function checkCertificate({ request }: Received, distribution: EffectiveDistribution): Refusal | undefined {
  const { tls } = request;
  if (tls === undefined) return undefined;
  if (tls.certificateAccount !== undefined && tls.certificateAccount !== distribution.account) {
    return refusal(
      421,
      "misdirected",
      `the handshake was for ${tls.serverName}, whose certificate is of another account than distribution ${distribution.id}`,
      "[CFDG CNAMEs]",
    );
  }
  if (tls.serverName === undefined && distribution.viewerTls.needsServerName) {
    return refusal(
      421,
      "misdirected",
      `distribution ${distribution.id} has a certificate of its own with SSLSupportMethod sni-only, and the viewer named no host in its handshake`,
      "[CFDG cnames-https-dedicated-ip-or-sni]",
    );
  }
  return undefined;
}
