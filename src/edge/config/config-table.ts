// Which distribution answers for a host name: one table for the whole service, kept up to date change by change. The
// compiled distributions in it are immutable; the table itself is only written between requests.

import type { Change } from "../../store/store.ts";
import type { AccountId, DistributionId, ResourceId } from "../../vocabulary/ids.ts";
import type { Fidelity } from "../../vocabulary/fidelity.ts";
import type { Limits } from "../../vocabulary/limits.ts";
import { healthHostOf } from "../health-host.ts";
import { openKnownPathRoom } from "../known-path.ts";
import type { BucketMeans } from "./compile-bucket.ts";
import { compileDistribution } from "./compile-config.ts";
import type { EffectiveDistribution } from "./effective-config.ts";

/** A streaming distribution, known only to be refused by name. */
export interface StreamingHost {
  readonly id: ResourceId;
  readonly account: AccountId;
  readonly label: string;
  readonly aliases: readonly string[];
}

export type HostOwner =
  | { readonly kind: "web"; readonly distribution: EffectiveDistribution }
  | { readonly kind: "streaming"; readonly distribution: StreamingHost };

/** The name by which a host was found, for those who ask why. */
export interface FoundHost {
  readonly owner: HostOwner;
  readonly by: "own name" | "alias" | "wildcard alias";
  readonly name: string;
}

export interface ConfigTable {
  /** `host` as in Host, port and case included. `undefined`: nobody's. */
  find(host: string): FoundHost | undefined;
  /** `undefined`: there is none, or it is not one for HTTP. */
  findById(id: DistributionId): EffectiveDistribution | undefined;
  applyDistribution(change: Extract<Change, { kind: "distribution" }>): void;
  applyStreaming(change: Extract<Change, { kind: "streaming-distribution" }>): void;
  remove(id: ResourceId): void;
  /** Of all that something may be stored of. */
  ids(): readonly DistributionId[];
  countDistributions(): number;
}

/** Longest host name of DNS is 253; anything longer is nobody's, and is not searched label by label. */
const HOST_LENGTH_MAX = 255;
/** Hosts whose look-up is remembered between two changes. */
const REMEMBERED_MAX = 1000;

export interface ConfigTableSettings {
  readonly domainSuffix: string;
  readonly fidelity: Fidelity;
  readonly buckets: BucketMeans;
  readonly limits: Pick<Limits, "knownPathsMax">;
}

export function openConfigTable({ domainSuffix, fidelity, buckets, limits }: ConfigTableSettings): ConfigTable {
  const openKnownPaths = openKnownPathRoom(limits.knownPathsMax);
  const suffixes = [domainSuffix.toLowerCase(), "cloudfront.net"];
  const healthHost = healthHostOf(domainSuffix);
  const owners = new Map<ResourceId, HostOwner>();
  const byLabel = new Map<string, HostOwner>();
  const byAlias = new Map<string, HostOwner>();
  /** Keyed by what follows the star: `.example.com`. */
  const byWildcard = new Map<string, HostOwner>();
  const remembered = new Map<string, FoundHost>();

  function put(id: ResourceId, owner: HostOwner): void {
    remove(id);
    owners.set(id, owner);
    byLabel.set(owner.distribution.label, owner);
    // The store keeps aliases unique. While changes are caught up in one go, two may hold a name for a moment: the later change is right.
    for (const alias of owner.distribution.aliases) {
      if (alias.startsWith("*.")) byWildcard.set(alias.slice(1), owner);
      else byAlias.set(alias, owner);
    }
  }

  function remove(id: ResourceId): void {
    remembered.clear();
    const owner = owners.get(id);
    if (owner === undefined) return;
    owners.delete(id);
    byLabel.delete(owner.distribution.label);
    for (const alias of owner.distribution.aliases) {
      const [table, name] = alias.startsWith("*.")
        ? ([byWildcard, alias.slice(1)] as const)
        : ([byAlias, alias] as const);
      if (table.get(name) === owner) table.delete(name);
    }
  }

  function search(host: string): FoundHost | undefined {
    const name = hostName(host);
    if (name.length > HOST_LENGTH_MAX) return undefined;
    // Also where an alias has it from a time when the service had another suffix.
    if (name === healthHost) return undefined;
    const exact = byAlias.get(name);
    if (exact !== undefined) return { owner: exact, by: "alias", name };
    const dot = name.indexOf(".");
    if (dot > 0 && suffixes.includes(name.slice(dot + 1))) {
      const own = byLabel.get(name.slice(0, dot));
      if (own !== undefined) return { owner: own, by: "own name", name };
    }
    // What is below a suffix is given out by us, also where the suffix itself is below somebody's wildcard.
    if (suffixes.some((suffix) => name.endsWith(`.${suffix}`))) return undefined;
    // The longest rest first: the most specific wildcard wins, and one covers any depth. [CFDG CNAMEs]
    for (let at = dot; at >= 0; at = name.indexOf(".", at + 1)) {
      const wildcard = at === 0 ? undefined : byWildcard.get(name.slice(at));
      if (wildcard !== undefined) return { owner: wildcard, by: "wildcard alias", name: `*${name.slice(at)}` };
    }
    return undefined;
  }

  return {
    find(host) {
      const known = remembered.get(host);
      if (known !== undefined) return known;
      const found = search(host);
      // Unknown hosts are not remembered: anybody can make them up.
      if (found === undefined) return undefined;
      // All at once: those that are asked for are back at once, and those that were, long ago, keep no place.
      if (remembered.size >= REMEMBERED_MAX) remembered.clear();
      remembered.set(host, found);
      return found;
    },
    findById(id) {
      const owner = owners.get(id);
      return owner?.kind === "web" ? owner.distribution : undefined;
    },
    applyDistribution({ distribution, number }) {
      const compiled = compileDistribution(distribution, fidelity, buckets, number, openKnownPaths());
      put(distribution.id, { kind: "web", distribution: compiled });
    },
    applyStreaming({ distribution }) {
      const { id, account, label, aliases } = distribution;
      const lower = aliases.map((alias) => alias.toLowerCase());
      put(id, { kind: "streaming", distribution: { id, account, label: label.toLowerCase(), aliases: lower } });
    },
    remove,
    ids: () => [...owners.keys()] as readonly ResourceId[] as readonly DistributionId[],
    countDistributions: () => owners.size,
  };
}

/** A Host value without port and in lower case; a trailing dot, which only makes a name absolute, is dropped. */
function hostName(host: string): string {
  const colon = host.startsWith("[") ? host.indexOf(":", host.indexOf("]")) : host.indexOf(":");
  const name = (colon < 0 ? host : host.slice(0, colon)).toLowerCase();
  return name.endsWith(".") ? name.slice(0, -1) : name;
}
