// The certificates that viewers can be shown: the shared one of the edge for its own names, and those of accounts for their
// aliases, from the operator's folder and from the feed. An object stands for one certificate: what is replaced is a new
// object, which listeners take for another certificate.

import type { PublishedCertificate } from "../store/store.ts";
import type { AccountId, ResourceId } from "../vocabulary/ids.ts";
import type { ViewerCertificate } from "./transport/tls/tls-acceptor.ts";

export interface ViewerCertificates {
  /** The one for `*.<suffix>` as it is now. */
  readonly shared: () => ViewerCertificate;
  /** Of the folder. */
  readonly own: readonly ViewerCertificate[];
}

export interface CertificateTable {
  readonly shared: () => ViewerCertificate;
  /** The account's certificate that a distribution names: by IAM's id, ACM's ARN, or its name in the folder. */
  byId(account: AccountId, id: string): ViewerCertificate | undefined;
  /**
   * The account's certificate of the folder for a host: one that names it before one whose star stands for its first
   * label. Those of the feed are for the distributions that name them. [RFC 9525 §6.3]
   */
  byName(account: AccountId, host: string): ViewerCertificate | undefined;
  /** Shows it to every handshake from now on, in place of what had its id. */
  put(certificate: PublishedCertificate): void;
  /** Nothing for what is not a certificate's id. */
  remove(id: ResourceId): void;
}

export function openCertificateTable({ shared, own }: ViewerCertificates): CertificateTable {
  const inFolder = new Map<string, ViewerCertificate>();
  const names = new Map<string, ViewerCertificate>();
  /** By what distributions name it, which is one text for each. */
  const fromFeed = new Map<string, ViewerCertificate>();
  const nameInFeed = new Map<ResourceId, string>();
  for (const certificate of own) {
    inFolder.set(`${certificate.account} ${certificate.id}`, certificate);
    for (const name of certificate.names) names.set(`${certificate.account} ${name}`, certificate);
  }

  function remove(id: ResourceId): void {
    const name = nameInFeed.get(id);
    if (name === undefined) return;
    nameInFeed.delete(id);
    fromFeed.delete(name);
  }

  return {
    shared,
    byId: (account, id) => fromFeed.get(`${account} ${id}`) ?? inFolder.get(`${account} ${id}`),
    byName(account, host) {
      const dot = host.indexOf(".");
      return names.get(`${account} ${host}`) ?? (dot > 0 ? names.get(`${account} *${host.slice(dot)}`) : undefined);
    },
    put(published) {
      remove(published.id);
      const { account, arn, chain, key } = published;
      const id = arn.split(":")[2] === "acm" ? arn : published.id;
      nameInFeed.set(published.id, `${account} ${id}`);
      fromFeed.set(`${account} ${id}`, { id, account, names: published.names, chain, key });
    },
    remove,
  };
}

/** Whether the certificate is one for that host. */
export function coversHost({ names }: ViewerCertificate, host: string): boolean {
  const dot = host.indexOf(".");
  return names.includes(host) || (dot > 0 && names.includes(`*${host.slice(dot)}`));
}
