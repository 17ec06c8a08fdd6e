// A socket on its way to an origin: name resolved by us, addresses walked through, TLS as the origin's settings say. Nothing of a
// request goes out here.

import { connect, isIP, type LookupFunction, type NetConnectOpts, type Socket } from "node:net";
import * as tls from "node:tls";
import type { EffectiveOrigin, TlsVersion } from "../config/effective-config.ts";
import type { OwnBuffer } from "./origin-connection.ts";
import type { OriginRequest } from "./origin-request.ts";
import { checkNames } from "./tls-faults.ts";

/**
 * The usual ones, at the level at which OpenSSL still signs with SHA-1: TLSv1 and TLSv1.1 have nothing else. An owner who
 * allows them accepts shorter keys with them.
 */
const OLD_TLS_CIPHERS = `${tls.DEFAULT_CIPHERS}:@SECLEVEL=0`;
/** Of several addresses of a name, each but the last may take this part of ConnectionTimeout. */
const ADDRESS_SHARE = 4;

/** What the TLS connections of one pool have in common. */
export interface TlsKept {
  readonly context: tls.SecureContext;
  /** Of the last connection: to be taken up again by the next. */
  session: Buffer | undefined;
}

export function openTlsKept({ tlsVersions }: EffectiveOrigin, authorities: readonly string[] | undefined): TlsKept {
  const context = tls.createSecureContext({
    ...tlsRange(tlsVersions),
    ...(authorities !== undefined && { ca: [...authorities] }),
  });
  return { context, session: undefined };
}

/** What is offered: all from the lowest to the highest, as a ClientHello cannot leave one out without losing those above it. */
function tlsRange(versions: readonly TlsVersion[]): tls.SecureContextOptions {
  const [minVersion, maxVersion] = [versions[0], versions.at(-1)];
  if (minVersion === undefined || maxVersion === undefined) return {};
  return { minVersion, maxVersion, ...(minVersion === "TLSv1.2" ? {} : { ciphers: OLD_TLS_CIPHERS }) };
}

/** A version that was offered and is not listed must not carry a request either. */
export function unlistedVersion(socket: Socket, { tlsVersions }: EffectiveOrigin): string | undefined {
  const spoken = socket instanceof tls.TLSSocket ? socket.getProtocol() : null;
  return spoken === null || tlsVersions.some((version) => version === spoken) ? undefined : spoken;
}

/** `reading`: left out where the connection may become a tunnel. Ready at "connect", with TLS at "secureConnect". */
export function openSocket(
  request: OriginRequest,
  lookup: LookupFunction,
  kept: TlsKept | undefined,
  reading: OwnBuffer | undefined,
): Socket {
  const { origin, host, port } = request;
  const options: NetConnectOpts = {
    host,
    port,
    lookup,
    noDelay: true,
    // An address that is silent leaves the others their turn. [RFC 8305 §5]
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: Math.max(10, Math.floor((origin.connectTimeout * 1000) / ADDRESS_SHARE)),
    ...(reading !== undefined && { onread: reading }),
  };
  if (kept === undefined) return connect(options);
  const names = [...new Set([request.serverName, host])];
  const socket = tls.connect({
    ...options,
    secureContext: kept.context,
    ALPNProtocols: ["http/1.1"],
    servername: isIP(request.serverName) === 0 ? request.serverName : "",
    checkServerIdentity: (_host, certificate) => checkNames(names, certificate),
    ...(kept.session !== undefined && { session: kept.session }),
  } as tls.ConnectionOptions);
  socket.on("session", (session) => (kept.session = session));
  // One that was not taken up well is not offered again.
  socket.once("error", () => (kept.session = undefined));
  return socket;
}
