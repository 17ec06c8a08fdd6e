// Third stage: may viewers of this country have anything of this distribution? Asked for each
// request, of the address that the connection comes from, and never stored. X-Forwarded-For is what anybody writes.

import type { GeoRestriction } from "../config/effective-config.ts";
import { refusal, type Refusal, type Routed } from "../exchange.ts";

/** A viewer whose country is not known is served. `undefined`: the request may go on. [CFDG georestrictions] */
export function restrictCountries({ country }: Routed, restriction: GeoRestriction): Refusal | undefined {
  if (country === undefined || restriction.countries.has(country) === (restriction.kind === "whitelist")) {
    return undefined;
  }
  const why =
    restriction.kind === "whitelist"
      ? `GeoRestriction is a whitelist and ${country}, the viewer's country, is not on it`
      : `GeoRestriction is a blacklist and ${country}, the viewer's country, is on it`;
  return refusal(403, "geo-restricted", why, "[CFDG georestrictions]");
}
