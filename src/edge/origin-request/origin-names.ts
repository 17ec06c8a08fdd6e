// From an origin's name to the addresses that are connected to. Asked by ourselves, off the thread pool: kept for as long
// as the name server says, one question under way per name, failures kept for a moment, and addresses that have run out
// used further while name servers are down. Which addresses may be used at all is checked on every look-up, after the
// answer, so a name that turns to another address a moment later gains nothing.

import { lookup as systemLookup, Resolver, type LookupAddress, type RecordWithTtl } from "node:dns";
import { isIP } from "node:net";
import type { Limits } from "../../vocabulary/limits.ts";
import { addSeconds, seconds, type Clock, type EpochMs, type Seconds } from "../../vocabulary/time.ts";
import type { AddressFamilies } from "../config/effective-config.ts";
import { openHostsFile, SYSTEM_HOSTS_FILE } from "./hosts-file.ts";
import { isPublicAddress } from "./origin-addresses.ts";

export type NameOutcome = { readonly kind: "addresses"; readonly addresses: readonly LookupAddress[] } | NameFailure;

export interface NameFailure {
  readonly kind: "failure";
  /** `refused`: there are addresses, but none that this edge may connect to. */
  readonly cause: "no-such-name" | "down" | "refused";
  readonly why: string;
}

export interface OriginNames {
  /**
   * At once where the answer is known. Never empty; the next address first each time, those that failed of late last.
   * `isOperators`: the operator named it, not an owner of a distribution, so it may be on any address.
   */
  resolve(name: string, families: AddressFamilies, isOperators?: boolean): NameOutcome | Promise<NameOutcome>;
  /** Whether an address that stands in place of a name may be connected to. */
  check(address: string): NameOutcome;
  /** Connecting to it did not work: for a while other addresses of a name are tried before. */
  failed(address: string): void;
  close(): void;
}

export interface OriginNamesSettings {
  readonly allowPrivateOrigins: boolean;
  /** `address` or `address:port`; absent: those that the system is set up with, and after them whatever else it knows. */
  readonly nameServers?: readonly string[];
  readonly hostsFile?: string;
  readonly limits: Pick<
    Limits,
    "originNamesMax" | "originNameTimeoutSeconds" | "originNameErrorSeconds" | "originNameStaleSeconds"
  >;
}

/** What one question gave. `none` is an answer; `down` says that nobody gave one. */
type NameRecord =
  | { readonly kind: "addresses"; readonly addresses: readonly LookupAddress[]; readonly ttl: Seconds }
  | { readonly kind: "none"; readonly why: string }
  | { readonly kind: "down"; readonly why: string };

interface Kept {
  record: NameRecord | undefined;
  /** What `record` counts until; then it is asked for again. */
  until: EpochMs;
  /** The last addresses there were, for when name servers are down, and how long they may be used. [RFC 8767 §4] */
  last: { readonly addresses: readonly LookupAddress[]; readonly usableUntil: EpochMs } | undefined;
  asking: Promise<NameRecord> | undefined;
}

const LOOPBACK: readonly LookupAddress[] = [
  { address: "127.0.0.1", family: 4 },
  { address: "::1", family: 6 },
];
/** A TTL of 0 would mean a question per connection; a huge one that a moved origin is never found again. */
const TTL_BOUNDS = { min: seconds(1), max: seconds(86_400) };
/** The system's own resolver tells no TTL. */
const SYSTEM_TTL = seconds(30);
/** The other family's answer is waited for as long as this once one is there. [RFC 8305 §3] */
const OTHER_FAMILY_WAIT_MS = 50;
/** Of one name; more are not tried within one attempt. */
const ADDRESSES_MAX = 8;
const FAILED_ADDRESS_PAUSE = seconds(30);
const FAILED_ADDRESSES_MAX = 1000;

export function openOriginNames(settings: OriginNamesSettings, clock: Clock): OriginNames {
  const { limits, allowPrivateOrigins } = settings;
  const timeoutMs = limits.originNameTimeoutSeconds * 1000;
  // Two tries, the second one longer; the whole is bounded by our own timer, since a list of servers multiplies them.
  const resolver = new Resolver({ timeout: Math.max(10, Math.floor(timeoutMs / 3)), tries: 2 });
  const isSystems = settings.nameServers === undefined;
  if (settings.nameServers !== undefined) resolver.setServers(settings.nameServers);
  const hosts = openHostsFile(settings.hostsFile ?? SYSTEM_HOSTS_FILE, clock);
  const kept = new Map<string, Kept>();
  const failedUntil = new Map<string, EpochMs>();
  let turn = 0;

  /** The kept record, or the question for it; one at a time per key. */
  function ask(key: string, question: () => Promise<NameRecord>): NameRecord | Promise<NameRecord> {
    const now = clock.now();
    let entry = kept.get(key);
    if (entry?.record !== undefined && now < entry.until) return entry.record;
    if (entry?.asking !== undefined) return entry.asking;
    if (entry === undefined) {
      entry = { record: undefined, until: now, last: undefined, asking: undefined };
      if (kept.size >= limits.originNamesMax) dropOldest(kept);
    } else kept.delete(key); // the order of the map is that of the last question
    kept.set(key, entry);
    const asked = entry;
    asked.asking = question().then((record) => {
      asked.asking = undefined;
      return keep(asked, record);
    });
    return asked.asking;
  }

  function keep(entry: Kept, record: NameRecord): NameRecord {
    const now = clock.now();
    switch (record.kind) {
      case "addresses":
        entry.until = addSeconds(now, record.ttl);
        entry.last = {
          addresses: record.addresses,
          usableUntil: addSeconds(entry.until, seconds(limits.originNameStaleSeconds)),
        };
        entry.record = record;
        return record;
      case "none":
        entry.last = undefined;
        break;
      case "down":
        if (entry.last !== undefined && now < entry.last.usableUntil) {
          entry.record = { kind: "addresses", addresses: entry.last.addresses, ttl: seconds(0) };
          entry.until = addSeconds(now, seconds(limits.originNameErrorSeconds));
          return entry.record;
        }
    }
    entry.record = record;
    entry.until = addSeconds(now, seconds(limits.originNameErrorSeconds));
    return record;
  }

  function askServer(name: string, family: 4 | 6): NameRecord | Promise<NameRecord> {
    return ask(`${family} ${name}`, () =>
      withinTime(timeoutMs, (done) => {
        const answered = (error: NodeJS.ErrnoException | null, records: readonly RecordWithTtl[]): void => {
          if (error !== null) done(describeError(name, error));
          else if (records.length === 0) done({ kind: "none", why: `${name} has no addresses` });
          else done(toRecord(records, family));
        };
        if (family === 4) resolver.resolve4(name, { ttl: true }, answered);
        else resolver.resolve6(name, { ttl: true }, answered);
      }),
    );
  }

  /** What no name server has, the system may: search domains, names of the local network. Also all there is without servers. */
  function askSystem(name: string): NameRecord | Promise<NameRecord> {
    return ask(`system ${name}`, () =>
      withinTime(timeoutMs, (done) => {
        systemLookup(name, { all: true, verbatim: true }, (error, addresses) => {
          if (error !== null) done(describeError(name, error));
          else done({ kind: "addresses", addresses, ttl: SYSTEM_TTL });
        });
      }),
    );
  }

  async function resolveByAsking(name: string, families: AddressFamilies, isOperators: boolean): Promise<NameOutcome> {
    const fromServers = await askFamilies(name, families);
    let record = fromServers;
    if (
      isSystems &&
      (fromServers.kind === "none" || (fromServers.kind === "down" && NO_SERVER.test(fromServers.why)))
    ) {
      record = await askSystem(name);
    }
    switch (record.kind) {
      case "addresses":
        return pick(name, record.addresses, families, isOperators);
      case "none":
        return { kind: "failure", cause: "no-such-name", why: record.why };
      case "down":
        return { kind: "failure", cause: "down", why: record.why };
    }
  }

  async function askFamilies(name: string, families: AddressFamilies): Promise<NameRecord> {
    if (families !== "dualstack") return askServer(name, families === "ipv4" ? 4 : 6);
    const both = [Promise.resolve(askServer(name, 4)), Promise.resolve(askServer(name, 6))] as const;
    const first = await Promise.race(both);
    const all = Promise.all(both);
    // The family that is silent must not hold the other one back; its answer is kept all the same when it comes.
    const records: readonly NameRecord[] =
      first.kind === "addresses" ? await orAfter<readonly NameRecord[]>(OTHER_FAMILY_WAIT_MS, all, [first]) : await all;
    const addresses = records.flatMap((record) => (record.kind === "addresses" ? record.addresses : []));
    if (addresses.length > 0) return { kind: "addresses", addresses, ttl: seconds(0) };
    // Both were asked, so one that is down may hide addresses: the name is not known not to exist.
    return records.find(({ kind }) => kind === "down") ?? first;
  }

  /** In the order in which to try them. */
  function pick(
    name: string,
    found: readonly LookupAddress[],
    families: AddressFamilies,
    isOperators: boolean,
  ): NameOutcome {
    const wanted = found.filter(({ family }) => families === "dualstack" || family === (families === "ipv4" ? 4 : 6));
    if (wanted.length === 0) {
      const kind = families === "ipv4" ? "IPv4" : "IPv6";
      return { kind: "failure", cause: "no-such-name", why: `${name} has no ${kind} address` };
    }
    const allowed =
      allowPrivateOrigins || isOperators ? wanted : wanted.filter(({ address }) => isPublicAddress(address));
    if (allowed.length === 0) {
      const all = wanted.map(({ address }) => address).join(", ");
      return { kind: "failure", cause: "refused", why: `${name} is ${all}, which is not public` };
    }
    if (allowed.length === 1) return { kind: "addresses", addresses: allowed };
    const start = turn++ % allowed.length;
    const rotated = [...allowed.slice(start), ...allowed.slice(0, start)];
    const now = clock.now();
    const hasFailed = ({ address }: LookupAddress): boolean => (failedUntil.get(address) ?? 0) > now;
    // Those of the family that always works come first. [RFC 8305 §4] would have IPv6 first; the real service is IPv4 by default.
    const ranked = rotated.toSorted(
      (one, other) => Number(hasFailed(one)) - Number(hasFailed(other)) || one.family - other.family,
    );
    return { kind: "addresses", addresses: ranked.slice(0, ADDRESSES_MAX) };
  }

  return {
    resolve(name, families, isOperators = false) {
      // Loopback without asking anyone, and names that never exist. [RFC 6761 §6.3, §6.4]
      if (name === "localhost" || name.endsWith(".localhost")) return pick(name, LOOPBACK, families, isOperators);
      if (name === "invalid" || name.endsWith(".invalid")) {
        return { kind: "failure", cause: "no-such-name", why: `${name} does not exist: .invalid never does` };
      }
      if (isIP(name) !== 0) return pick(name, [{ address: name, family: isIP(name) }], "dualstack", isOperators);
      const inHosts = hosts.find(name);
      if (inHosts.length > 0) return pick(name, inHosts, families, isOperators);
      return resolveByAsking(name, families, isOperators);
    },
    check: (address) => pick(address, [{ address, family: isIP(address) }], "dualstack", false),
    failed(address) {
      failedUntil.delete(address);
      if (failedUntil.size >= FAILED_ADDRESSES_MAX) dropOldest(failedUntil);
      failedUntil.set(address, addSeconds(clock.now(), FAILED_ADDRESS_PAUSE));
    },
    close() {
      resolver.cancel();
      kept.clear();
    },
  };
}

function dropOldest(map: Map<string, unknown>): void {
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}

/** The shortest TTL counts for all. */
function toRecord(records: readonly RecordWithTtl[], family: 4 | 6): NameRecord {
  const stated = Math.min(...records.map(({ ttl }) => ttl));
  const ttl = seconds(Math.min(Math.max(stated, TTL_BOUNDS.min), TTL_BOUNDS.max));
  return { kind: "addresses", addresses: records.map(({ address }) => ({ address, family })), ttl };
}

/** Answers that a server gave and that will not change by asking again. */
const DEFINITE: ReadonlySet<string> = new Set(["ENOTFOUND", "ENODATA", "EBADNAME"]);
/** No server is set up, or none is there: the codes of c-ares and of the system. */
const NO_SERVER = /^(?:ECONNREFUSED|ENOTINITIALIZED|ENONAMESERVERS)\b/;

function describeError(name: string, { code = "", message }: NodeJS.ErrnoException): NameRecord {
  if (DEFINITE.has(code)) return { kind: "none", why: `${name} does not resolve to an address (${code})` };
  return { kind: "down", why: `${code === "" ? message : code}: the name servers gave no answer for ${name}` };
}

function withinTime(milliseconds: number, start: (done: (record: NameRecord) => void) => void): Promise<NameRecord> {
  return new Promise((resolve) => {
    const why = `no answer from the name servers within ${milliseconds / 1000} s`;
    const timer = setTimeout(() => resolve({ kind: "down", why }), milliseconds);
    start((record) => {
      clearTimeout(timer);
      resolve(record);
    });
  });
}

async function orAfter<T>(milliseconds: number, wanted: Promise<T>, otherwise: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(otherwise), milliseconds);
  });
  try {
    return await Promise.race([wanted, late]);
  } finally {
    clearTimeout(timer);
  }
}
