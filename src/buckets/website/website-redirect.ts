// Where a website sends a browser instead: everything to another host, or what a routing rule says of a key or an error.
// [S3UG how-to-page-redirect]

import type { BucketContext, BucketOutcome } from "../operation.ts";
import { ok } from "../operation.ts";
import type { WebsiteConfiguration } from "../settings/website-configuration.ts";

export interface Redirection {
  /** Those of the request where they are not there. */
  readonly HostName?: string;
  readonly Protocol?: "http" | "https";
  readonly key: string;
  /** Of the request, where it goes along. */
  readonly rawQuery?: string;
  readonly status: number;
}

const MOVED_PERMANENTLY = 301;

/**
 * The first rule that holds. `errorStatus` is that of the error that the key gave; before it is looked for there is none, and rules
 * about errors do not hold yet.
 */
export function findRule(
  { RoutingRules }: WebsiteConfiguration,
  key: string,
  errorStatus: number | undefined,
): Redirection | undefined {
  for (const { Condition = {}, Redirect } of RoutingRules?.RoutingRule ?? []) {
    const { KeyPrefixEquals: prefix, HttpErrorCodeReturnedEquals: status } = Condition;
    if (status === undefined ? errorStatus !== undefined : Number(status) !== errorStatus) continue;
    if (prefix !== undefined && !key.startsWith(prefix)) continue;
    const { HostName, Protocol, ReplaceKeyWith, ReplaceKeyPrefixWith, HttpRedirectCode } = Redirect;
    const rest = key.slice(prefix?.length ?? 0);
    return {
      ...(HostName !== undefined && { HostName }),
      ...(Protocol !== undefined && { Protocol }),
      key: ReplaceKeyWith ?? (ReplaceKeyPrefixWith === undefined ? key : `${ReplaceKeyPrefixWith}${rest}`),
      status: HttpRedirectCode === undefined ? MOVED_PERMANENTLY : Number(HttpRedirectCode),
    };
  }
  return undefined;
}

/** An absolute address, as S3 gives it: by it a browser leaves a CDN that asked under the bucket's own name. */
export function redirectTo(
  { endpoint, field }: BucketContext,
  { HostName, Protocol, key, rawQuery = "", status }: Redirection,
): BucketOutcome {
  const scheme = Protocol ?? (endpoint.startsWith("https:") ? "https" : "http");
  const host = HostName ?? field("host") ?? "";
  const query = rawQuery === "" ? "" : `?${rawQuery}`;
  return ok(status, [["Location", `${scheme}://${host}${encodePath(`/${key}`)}${query}`]]);
}

/** As a path of a URL: what is not allowed there is escaped, slashes stay. */
export function encodePath(path: string): string {
  return encodeURI(path.toWellFormed()).replaceAll("?", "%3F").replaceAll("#", "%23");
}
