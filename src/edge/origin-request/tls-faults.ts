// Why no TLS connection to an origin came about, in words for its owner: viewers see a 502 whatever it was.
// [CFDG http-502-bad-gateway]

import { checkServerIdentity, type PeerCertificate } from "node:tls";

/** OpenSSL's and Node's codes. What is not here is told by its code. */
const FAULTS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet",
  CERT_REVOKED: "its certificate is revoked",
  CERT_UNTRUSTED: "its certificate is not trusted for servers",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is self-signed; originAuthorities may name it",
  SELF_SIGNED_CERT_IN_CHAIN:
    "its certificate comes from an authority that is not trusted here; originAuthorities may name it",
  UNABLE_TO_GET_ISSUER_CERT: "its certificate chain is not complete",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    "its certificate chain is not complete, or comes from an authority that is not trusted here; originAuthorities may name it",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    "its certificate came without its chain, or comes from an authority that is not trusted here",
  INVALID_CA: "a certificate of its chain is not one of an authority",
  INVALID_PURPOSE: "its certificate is not one for servers",
  ERR_SSL_UNSUPPORTED_PROTOCOL: "it speaks no version of TLS that OriginSslProtocols allows",
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: "it speaks no version of TLS that OriginSslProtocols allows",
  ERR_SSL_NO_PROTOCOLS_AVAILABLE: "OriginSslProtocols allows no version of TLS that is spoken here",
  ERR_SSL_WRONG_VERSION_NUMBER: "it does not speak TLS on that port",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "it does not speak TLS on that port",
  ERR_SSL_HTTP_REQUEST: "it does not speak TLS on that port",
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: "it has no cipher in common, or wants a certificate of the client",
  ERR_SSL_SSL_TLS_ALERT_HANDSHAKE_FAILURE: "it has no cipher in common, or wants a certificate of the client",
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: "it wants a certificate of the client",
  ERR_SSL_TLSV1_UNRECOGNIZED_NAME: "it has no certificate for that name",
  ERR_SSL_TLSV1_ALERT_UNRECOGNIZED_NAME: "it has no certificate for that name",
  ERR_SSL_EE_KEY_TOO_SMALL: "the key of its certificate is too small",
  ERR_SSL_DH_KEY_TOO_SMALL: "its key exchange is too weak",
};

/** `undefined`: not a fault of TLS. */
export function describeTlsFault(error: Error & { readonly code?: unknown }): string | undefined {
  if (typeof error.code !== "string") return undefined;
  // A fault that is met while writing has the one code of all of them, and OpenSSL's words in its message.
  const words = error.code === "EPROTO" ? /:SSL routines:[^:]*:([^:]+):/.exec(error.message)?.[1] : undefined;
  const code = (words === undefined ? error.code : `ERR_SSL_${words.toUpperCase()}`).replaceAll(/[^A-Z0-9]+/g, "_");
  if (error instanceof WrongName) return error.message;
  const known = FAULTS[code];
  if (known !== undefined) return `TLS with the origin failed: ${known} (${code})`;
  return /^ERR_(?:SSL|TLS)_|CERT/.test(code) ? `TLS with the origin failed: ${code}` : undefined;
}

class WrongName extends Error {
  readonly code = "ERR_TLS_CERT_ALTNAME_INVALID";
}

/**
 * One name of the certificate must be that of the origin, or of the Host that is forwarded: either will do.
 * [CFDG http-502-bad-gateway]
 */
export function checkNames(names: readonly string[], certificate: PeerCertificate): Error | undefined {
  if (names.some((name) => checkServerIdentity(name, certificate) === undefined)) return undefined;
  const held = certificate.subjectaltname ?? certificate.subject?.CN ?? "no name";
  return new WrongName(
    `TLS with the origin failed: its certificate is for ${held.toString().slice(0, 500)}, not for ${names.join(" or ")}`,
  );
}
