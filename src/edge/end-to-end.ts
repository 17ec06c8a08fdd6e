// Which fields of a message end at this hop and never go further, in either direction. [RFC 9110 §7.6.1]

/** Beside those that the message's own Connection names. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "http2-settings", // went with Upgrade: h2c, which is no more [RFC 9113 §3.1]
  "keep-alive",
  "proxy-authenticate",
  "proxy-authentication-info",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Names, in lower case, that a Connection field lists; mostly none. */
export function connectionNames(connection: string | undefined): readonly string[] {
  if (connection === undefined) return [];
  return connection.split(",").map((name) => name.trim().toLowerCase());
}

/** Content-Length is kept: it tells the body's size beyond this hop, and whoever frames the message writes it anew. */
export function isHopByHop(lowerName: string, listed: readonly string[]): boolean {
  return HOP_BY_HOP.has(lowerName) || listed.includes(lowerName);
}
