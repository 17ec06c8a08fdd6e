// The certificates that viewers can be shown: the shared one of the edge for its own names, and those of accounts for their
// aliases. Made once, from what the operator has put into a folder; the shared one is renewed while the edge runs.

import type { AccountId } from "../vocabulary/ids.ts";
import type { ViewerCertificate } from "./transport/tls/tls-acceptor.ts";

export interface ViewerCertificates {
  /** The one for `*.<suffix>` as it is now. */
  readonly shared: () => ViewerCertificate;
  readonly own: readonly ViewerCertificate[];
}

export interface CertificateTable {
  readonly shared: () => ViewerCertificate;
  /** The account's certificate of that id. */
  byId(account: AccountId, id: string): ViewerCertificate | undefined;
  /** The account's certificate for a host: one that names it before one whose star stands for its first label. [RFC 9525 §6.3] */
  byName(account: AccountId, host: string): ViewerCertificate | undefined;
}

export function openCertificateTable({ shared, own }: ViewerCertificates): CertificateTable {
  const ids = new Map<string, ViewerCertificate>();
  const names = new Map<string, ViewerCertificate>();
  for (const certificate of own) {
    ids.set(`${certificate.account} ${certificate.id}`, certificate);
    for (const name of certificate.names) names.set(`${certificate.account} ${name}`, certificate);
  }
  return {
    shared,
    byId: (account, id) => ids.get(`${account} ${id}`),
    byName(account, host) {
      const dot = host.indexOf(".");
      return names.get(`${account} ${host}`) ?? (dot > 0 ? names.get(`${account} *${host.slice(dot)}`) : undefined);
    },
  };
}

/** Whether the certificate is one for that host. */
export function coversHost({ names }: ViewerCertificate, host: string): boolean {
  const dot = host.indexOf(".");
  return names.includes(host) || (dot > 0 && names.includes(`*${host.slice(dot)}`));
}
