// The connections to all origins: one pool per origin and way of speaking to it, each bounded.

import { rootCertificates } from "node:tls";
import type { Limits } from "../../vocabulary/limits.ts";
import type { EffectiveOrigin } from "../config/effective-config.ts";
import { openConnectionPool, type ConnectionPool } from "./connection-pool.ts";
import type { DueTimes } from "./due-times.ts";
import { openTlsKept, type TlsKept } from "./open-socket.ts";
import type { OriginRequest } from "./origin-request.ts";

/** Pools beyond this number are dropped as soon as they are idle. */
const POOLS_MAX = 1000;

export interface OriginPoolsSettings {
  /** Trusted beside the usual ones, in PEM. */
  readonly originAuthorities?: readonly string[];
  readonly limits: Pick<
    Limits,
    | "originConnectionsPerOriginMax"
    | "originHeaderBytesMax"
    | "originStalledSeconds"
    | "originWaitMillisecondsMax"
    | "overloadPatienceMilliseconds"
  >;
}

export interface OriginPool extends ConnectionPool {
  /** `undefined`: in clear. */
  readonly tls: TlsKept | undefined;
}

interface Latest extends Pick<OriginRequest, "scheme" | "host" | "port" | "serverName"> {
  readonly pool: OriginPool;
}

export interface OriginPools {
  poolFor(request: OriginRequest): OriginPool;
  /** Whether too many wait for the origin, as it was asked last. */
  isCrowded(origin: EffectiveOrigin): boolean;
  close(): void;
}

export function openOriginPools(settings: OriginPoolsSettings, dueTimes: DueTimes): OriginPools {
  const { limits } = settings;
  const pools = new Map<string, OriginPool>();
  /** The one that was used last for an origin: nearly always the one that is used next. */
  let latest = new WeakMap<EffectiveOrigin, Latest>();
  const authorities =
    settings.originAuthorities === undefined ? undefined : [...rootCertificates, ...settings.originAuthorities];

  return {
    poolFor(request) {
      const { origin, scheme, host, port, serverName } = request;
      const last = latest.get(origin);
      if (last?.host === host && last.port === port && last.scheme === scheme && last.serverName === serverName) {
        return last.pool;
      }
      const key = keyOf(request);
      const known = pools.get(key);
      if (known !== undefined) {
        latest.set(origin, { scheme, host, port, serverName, pool: known });
        return known;
      }
      if (pools.size >= POOLS_MAX) {
        dropIdle(pools);
        latest = new WeakMap();
      }
      const pool: OriginPool = {
        ...openConnectionPool({
          connectionsMax: limits.originConnectionsPerOriginMax,
          waitMsMax: limits.originWaitMillisecondsMax,
          patienceMs: limits.overloadPatienceMilliseconds,
          keptSeconds: request.origin.keepaliveTimeout,
          stalledSeconds: limits.originStalledSeconds,
          headBytesMax: limits.originHeaderBytesMax,
          dueTimes,
        }),
        tls: request.scheme === "https" ? openTlsKept(request.origin, authorities) : undefined,
      };
      pools.set(key, pool);
      return pool;
    },
    isCrowded: (origin) => latest.get(origin)?.pool.isCrowded() === true,
    close() {
      for (const pool of pools.values()) pool.close();
      pools.clear();
    },
  };
}

/**
 * What tells connections apart. One store has the buckets of many origins: each has connections of its own, so that none waits
 * for another's. A certificate was checked for the name that was asked for, so that is part of it too.
 */
function keyOf({ origin, scheme, host, port, serverName }: OriginRequest): string {
  const { domain, keepaliveTimeout, tlsVersions, families } = origin;
  const plain = `${domain} ${host} ${port} ${keepaliveTimeout} ${families}`;
  return scheme === "http" ? plain : `${plain} ${serverName} ${tlsVersions.join()}`;
}

function dropIdle(pools: Map<string, OriginPool>): void {
  for (const [key, pool] of pools) {
    if (!pool.isIdle()) continue;
    pool.close();
    pools.delete(key);
  }
}
