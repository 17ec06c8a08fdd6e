// The host that is the edge's own and no distribution's: under it the edge says how it is (viewer-response/answer-own-host.ts), so
// nothing that an account configures may have it (config/config-table.ts).

/** In lower case, without port. Below the suffix in use only: `cloudfront.net` is understood, but not this service's. */
export function healthHostOf(domainSuffix: string): string {
  return `health.${domainSuffix.toLowerCase()}`;
}
