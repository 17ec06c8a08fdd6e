// Server certificates of an account, as IAM and ACM and the check of a distribution all need them: found, listed, counted,
// and by whom they are used.

import type { ServerCertificateConfig } from "../model/server-certificate.ts";
import type { Claims, Created, Resource } from "../store/store.ts";
import type { Tag } from "../store/tags.ts";
import { NO_CLAIMS } from "../store/store.ts";
import type { AccountId, ResourceId } from "../vocabulary/ids.ts";
import type { Limits } from "../vocabulary/limits.ts";
import type { Control, NeighborContext } from "./context.ts";

export type Certificate = Resource<"server-certificate">;

/** The store counts per source; this count of all of a kind is never reached. */
const NO_QUOTA = Number.MAX_SAFE_INTEGER;

/** What a page of the store holds at most here. */
const PAGE = 100;

/** All of one source, in order of id. Their number is bounded by the account's quota. */
export async function listCertificates(
  control: Control,
  account: AccountId,
  source: ServerCertificateConfig["Source"],
): Promise<readonly Certificate[]> {
  const found: Certificate[] = [];
  let after = "";
  for (;;) {
    const page = await control.store.resources.list("server-certificate", account, { after, limit: PAGE });
    found.push(...page.items.filter(({ config }) => config.Source === source));
    const last = page.items.at(-1);
    if (!page.isTruncated || last === undefined) return found;
    after = last.id;
  }
}

/** Puts a new certificate into the store. IAM and ACM have words of their own for what may be in its way. */
export function storeCertificate(
  id: ResourceId,
  config: ServerCertificateConfig,
  tags: readonly Tag[],
  { control, caller, now }: NeighborContext,
): Promise<Created<"server-certificate">> {
  const draft = {
    kind: "server-certificate",
    id,
    account: caller.account,
    reference: id,
    config,
    handle: "",
    creationDigest: "",
    claims: certificateClaims(config, control.limits),
    tags,
  } as const;
  return control.store.resources.create(draft, NO_QUOTA, now);
}

/** What a certificate claims: its name among IAM's, and one of the account's certificates of its source. */
export function certificateClaims({ Source, Name }: ServerCertificateConfig, limits: Limits): Claims {
  return Source === "iam"
    ? // Names that differ in case only are one name. [IAMUG reference_iam-quotas]
      {
        ...NO_CLAIMS,
        names: [Name.toLowerCase()],
        shares: [{ of: "iam certificates", max: limits.iamCertificatesPerAccountMax }],
      }
    : { ...NO_CLAIMS, shares: [{ of: "acm certificates", max: limits.acmCertificatesPerAccountMax }] };
}

/** ARNs of the distributions that name the certificate, at most a hundred. */
export async function findUsers(control: Control, account: AccountId, id: ResourceId): Promise<readonly string[]> {
  const page = await control.store.resources.list("distribution", account, { after: "", limit: PAGE, claiming: id });
  return page.items.map((user) => `arn:aws:cloudfront::${account}:distribution/${user.id}`);
}
