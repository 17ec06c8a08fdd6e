// Before there is a request: which certificate, security policy and protocols a handshake gets. The name that the viewer
// asks for finds a distribution, as Host does later; the two need not be the same (check-certificate.ts).

import type { CertificateTable } from "../certificate-table.ts";
import type { ConfigTable } from "../config/config-table.ts";
import { STANDARD_POLICY } from "../transport/tls/security-policies.ts";
import type { TlsChoice } from "../transport/tls/tls-acceptor.ts";

export interface ExplainedTlsChoice extends TlsChoice {
  readonly why: string;
  readonly source: string;
}

const SOURCE = "[CFDG cnames-https-dedicated-ip-or-sni]";

/**
 * A name of the edge's own gets the shared certificate, and the policy of its distribution all the same. An alias gets the
 * certificate that the distribution names, else the one of the distribution's account that is for that host. Whatever is
 * left gets the shared certificate, and an answer over it rather than a handshake that fails for no stated reason.
 */
export function chooseCertificate(
  serverName: string | undefined,
  config: ConfigTable,
  certificates: CertificateTable,
): ExplainedTlsChoice {
  const standard = (why: string): ExplainedTlsChoice => ({
    certificate: certificates.shared(),
    policy: STANDARD_POLICY,
    offersHttp2: false,
    why,
    source: SOURCE,
  });
  if (serverName === undefined) return standard("the viewer names no host in its handshake");
  const found = config.find(serverName);
  if (found === undefined) return standard(`no distribution has the host ${serverName}`);
  if (found.owner.kind === "streaming") return standard(`${serverName} is a streaming distribution's`);

  const { id, account, viewerTls } = found.owner.distribution;
  const { policy, certificateId, offersHttp2 } = viewerTls;
  const choice = (certificate: TlsChoice["certificate"], why: string): ExplainedTlsChoice => ({
    certificate,
    policy,
    offersHttp2,
    why,
    source: SOURCE,
  });
  if (found.by === "own name") return choice(certificates.shared(), `${serverName} is the own name of ${id}`);
  const named = certificateId === undefined ? undefined : certificates.byId(account, certificateId);
  if (named !== undefined) return choice(named, `${id} names certificate ${named.id} in its ViewerCertificate`);
  const fitting = certificates.byName(account, serverName);
  if (fitting !== undefined) {
    return choice(fitting, `certificate ${fitting.id} of the account of ${id} is for ${serverName}`);
  }
  return choice(certificates.shared(), `no certificate of the account of ${id} is for ${serverName}`);
}
