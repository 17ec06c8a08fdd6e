// The URL that was signed, as far as the edge can tell: the viewer's, without the parameters of the signature. The path is
// the viewer's own, before the default root object stands in for it. [CFDG private-content-creating-signed-url-canned-policy]

import type { ViewerRequest } from "../../transport/message.ts";

export interface SignedUrl {
  readonly scheme: "http" | "https";
  /** As received. */
  readonly host: string;
  /** As the viewer may have been given it, the likeliest first: with the port and without it. */
  readonly hosts: readonly string[];
  /** Raw. */
  readonly path: string;
  readonly query: string | undefined;
}

export function signedUrl({ scheme, host, path }: ViewerRequest, query: string | undefined): SignedUrl {
  const lower = host.toLowerCase();
  const bare = lower.replace(/:\d*$/, "");
  const hosts = [lower];
  if (bare !== lower) hosts.push(bare);
  if (lower !== host) hosts.push(host);
  return { scheme, host, hosts, path, query };
}

/** Whether a URL is the one that is asked for, its query aside. */
export function isAskedFor(url: SignedUrl, { scheme, host, path }: ViewerRequest): boolean {
  return url.path === path && url.host === host && url.scheme === scheme;
}

export function formatUrl({ scheme, path, query }: SignedUrl, host: string): string {
  return `${scheme}://${host}${path}${query === undefined ? "" : `?${query}`}`;
}
