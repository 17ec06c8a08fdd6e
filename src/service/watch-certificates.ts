// Looks after the certificates that distributions show: renews those that were issued here before their end, and tells the
// operator of the end of all others. The feed says what there is, of all accounts at once; a look is a pass through it.

import { X509Certificate } from "node:crypto";
import type { Control } from "../control/context.ts";
import { renew } from "../control/acm/request-certificate.ts";
import { isRenewalDue, warningDue, type WarnedAt } from "../model/certificate-expiry.ts";
import { readCertificateArn } from "../model/server-certificate.ts";
import type { PublishedCertificate } from "../store/store.ts";
import type { AccountId, FeedNumber } from "../vocabulary/ids.ts";
import { epochMs, type EpochMs } from "../vocabulary/time.ts";
import type { Log } from "./log.ts";

/** Of the operator's folder, by the name that distributions give. */
export interface FolderCertificate {
  readonly account: AccountId | undefined;
  readonly id: string;
  readonly names: readonly string[];
  readonly chain: string;
}

export interface CertificateWatch {
  /** One look at all of them; rejects when the store cannot be read. */
  look(): Promise<void>;
}

const BATCH = 500;

export function openCertificateWatch(
  control: Pick<Control, "store" | "clock" | "issueCertificate" | "limits">,
  folder: () => readonly FolderCertificate[],
  log: Log,
): CertificateWatch {
  /** The last warning of each, so that none is given twice. */
  const warned = new Map<string, WarnedAt>();

  /** What is in use: by whom it is named, and the distributions that do. */
  async function readFeed(): Promise<{
    readonly certificates: readonly PublishedCertificate[];
    readonly users: ReadonlyMap<string, readonly string[]>;
  }> {
    const certificates: PublishedCertificate[] = [];
    const users = new Map<string, string[]>();
    let after = 0 as FeedNumber;
    for (;;) {
      const changes = await control.store.feed.changesAfter(after, BATCH);
      for (const change of changes) {
        after = change.number;
        if (change.kind === "server-certificate") certificates.push(change.certificate);
        if (change.kind !== "distribution") continue;
        const { id, account, config } = change.distribution;
        const name = config.ViewerCertificate.IAMCertificateId ?? config.ViewerCertificate.ACMCertificateArn;
        if (name === undefined) continue;
        const key = `${account} ${name}`;
        users.set(key, [...(users.get(key) ?? []), id]);
      }
      if (changes.length < BATCH) return { certificates, users };
    }
  }

  async function renewIfDue(
    { id, account, arn }: PublishedCertificate,
    users: readonly string[],
    now: EpochMs,
  ): Promise<boolean> {
    const found = await control.store.resources.get("server-certificate", account, id);
    if (found === undefined || !isRenewalDue(found.config, now)) return false;
    try {
      if (!(await renew(control, found, now))) return false; // changed meanwhile: the next look sees what it is now
    } catch (fault) {
      log("error", "certificates", `${arn} could not be renewed: ${String(fault)}`);
      return false;
    }
    log("info", "certificates", `${arn} was renewed; ${shownBy(users)}`);
    return true;
  }

  function warn(name: string, hosts: readonly string[], chain: string, users: readonly string[], now: EpochMs): void {
    const notAfter = epochMs(new X509Certificate(chain).validToDate.getTime());
    const due = warningDue(notAfter, now);
    if (due === undefined || warned.get(name) === due) {
      if (due === undefined) warned.delete(name);
      return;
    }
    warned.set(name, due);
    const when = new Date(notAfter).toISOString();
    const what = `certificate ${name} for ${hosts.slice(0, 5).join(", ")}${hosts.length > 5 ? ", …" : ""}`;
    if (due === 0) log("error", "certificates", `${what} has expired: it was good until ${when}; ${shownBy(users)}`);
    else
      log(
        "warn",
        "certificates",
        `${what} expires within ${due === 1 ? "a day" : `${due} days`}, at ${when}; ${shownBy(users)}`,
      );
  }

  return {
    async look() {
      const now = control.clock.now();
      const { certificates, users } = await readFeed();
      for (const certificate of certificates) {
        const { id, account, arn, names, chain } = certificate;
        const shown = users.get(`${account} ${readCertificateArn(arn) === undefined ? id : arn}`);
        if (shown === undefined) continue;
        if (!(await renewIfDue(certificate, shown, now))) warn(arn, names, chain, shown, now);
      }
      for (const { account, id, names, chain } of folder()) {
        warn(`${id} of account ${account ?? ""} in the folder`, names, chain, users.get(`${account} ${id}`) ?? [], now);
      }
    },
  };
}

function shownBy(users: readonly string[]): string {
  if (users.length === 0) return "distributions show it for its names";
  return `shown by ${users.length === 1 ? "distribution" : "distributions"} ${users.join(", ")}`;
}
