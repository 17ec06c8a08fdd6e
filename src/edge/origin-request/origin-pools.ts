// Connections to origins that are kept for the next request: one pool per origin and way of speaking to it, bounded; and the
// versions of TLS that they speak.

import * as http from "node:http";
import * as https from "node:https";
import type { Socket } from "node:net";
import { DEFAULT_CIPHERS, rootCertificates, TLSSocket, type SecureContextOptions } from "node:tls";
import type { Limits } from "../../vocabulary/limits.ts";
import type { EffectiveOrigin, TlsVersion } from "../config/effective-config.ts";
import type { OriginRequest } from "./build-origin-request.ts";

/**
 * The usual ones, at the level at which OpenSSL still signs with SHA-1: TLSv1 and TLSv1.1 have nothing else. An owner who
 * allows them accepts shorter keys with them.
 */
const OLD_TLS_CIPHERS = `${DEFAULT_CIPHERS}:@SECLEVEL=0`;
/** Pools beyond this number are dropped as soon as they are idle. */
const POOLS_MAX = 1000;

export interface OriginPoolsSettings {
  /** Trusted beside the usual ones, in PEM. */
  readonly originAuthorities?: readonly string[];
  readonly limits: Pick<Limits, "originConnectionsPerOriginMax">;
}

export interface OriginPools {
  poolFor(request: OriginRequest, keepAlive: boolean): http.Agent;
  close(): void;
}

export function openOriginPools(settings: OriginPoolsSettings): OriginPools {
  const pools = new Map<string, http.Agent>();
  const authorities =
    settings.originAuthorities === undefined ? undefined : [...rootCertificates, ...settings.originAuthorities];

  return {
    poolFor(request, keepAlive) {
      const { domain, keepaliveTimeout, tlsVersions, families } = request.origin;
      // One store has the buckets of many origins: each has connections of its own, so that none waits for another's.
      const key = [
        request.scheme,
        domain,
        request.host,
        request.port,
        keepaliveTimeout,
        tlsVersions,
        families,
        keepAlive,
      ].join(" ");
      let agent = pools.get(key);
      if (agent === undefined) {
        if (pools.size >= POOLS_MAX) dropIdle(pools);
        const options = {
          keepAlive,
          maxSockets: settings.limits.originConnectionsPerOriginMax,
          maxFreeSockets: settings.limits.originConnectionsPerOriginMax,
          // Closes what is idle for longer; while a request runs our own timers count.
          ...(keepAlive ? { timeout: keepaliveTimeout * 1000 } : {}),
        };
        agent =
          request.scheme === "https"
            ? new https.Agent({
                ...options,
                ...tlsRange(tlsVersions),
                ...(authorities === undefined ? {} : { ca: authorities }),
              })
            : new http.Agent(options);
        pools.set(key, agent);
      }
      return agent;
    },
    close() {
      for (const agent of pools.values()) agent.destroy();
      pools.clear();
    },
  };
}

/** What is offered: all from the lowest to the highest, as a ClientHello cannot leave one out without losing those above it. */
function tlsRange(versions: readonly TlsVersion[]): SecureContextOptions {
  const [minVersion, maxVersion] = [versions[0], versions.at(-1)];
  if (minVersion === undefined || maxVersion === undefined) return {};
  return { minVersion, maxVersion, ...(minVersion === "TLSv1.2" ? {} : { ciphers: OLD_TLS_CIPHERS }) };
}

/** A version that was offered and is not listed must not carry a request either. */
export function unlistedVersion(socket: Socket, { tlsVersions }: EffectiveOrigin): string | undefined {
  const spoken = socket instanceof TLSSocket ? socket.getProtocol() : null;
  return spoken === null || tlsVersions.some((version) => version === spoken) ? undefined : spoken;
}

function dropIdle(pools: Map<string, http.Agent>): void {
  for (const [key, agent] of pools) {
    const isBusy = [agent.sockets, agent.requests].some((table) =>
      Object.values(table).some((list) => (list ?? []).length > 0),
    );
    if (isBusy) continue;
    agent.destroy();
    pools.delete(key);
  }
}

/** Takes a request that will not be sent out of those that wait for a connection. `false`: it is not among them. */
export function removeQueued({ requests }: http.Agent, sent: http.ClientRequest): boolean {
  // Node's types call them messages; they are requests.
  for (const [name, waiting] of Object.entries(requests as NodeJS.Dict<unknown[]>)) {
    const at = waiting?.indexOf(sent) ?? -1;
    if (waiting === undefined || at < 0) continue;
    waiting.splice(at, 1);
    // As Node leaves it: a name without requests is not there.
    if (waiting.length === 0) delete (requests as Record<string, unknown>)[name];
    return true;
  }
  return false;
}
