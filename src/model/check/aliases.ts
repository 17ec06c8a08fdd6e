// Aliases of a distribution of either kind: how they are written and how many there are. That no other distribution
// has them is the store's to say. [CFDG CNAMEs]

import { fail, type ApiErrorCode, type ApiFailure } from "../errors.ts";
import { duplicateOf, findDuplicate, isDomainName } from "./text.ts";

/** Names that distributions get by themselves; an alias among them would take another's traffic. */
const OWN_DOMAINS = ["cloudfront.net", "cloudfront.localhost"];

/** A wildcard stands for whole labels at the front, and there only: `*.example.com`. */
function isAlias(text: string): boolean {
  const name = text.startsWith("*.") ? text.slice(2) : text;
  return isDomainName(name) && !OWN_DOMAINS.some((domain) => name === domain || name.endsWith(`.${domain}`));
}

/** `aliases` are in lower case, which is how names compare. */
export function checkAliases(
  aliases: readonly string[],
  most: { readonly max: number; readonly code: ApiErrorCode },
): ApiFailure | undefined {
  if (aliases.length > most.max) return fail(most.code);
  if (!aliases.every(isAlias)) {
    return fail("InvalidArgument", "The parameter CNAME contains one or more parameters that are not valid.");
  }
  const twice = findDuplicate(aliases);
  return twice === undefined ? undefined : duplicateOf("Aliases", twice);
}
