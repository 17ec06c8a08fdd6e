// The first thing a TLS viewer says, read before any TLS library sees it: the name it asks for decides which security
// policy its handshake gets, and a policy cannot be changed once a handshake has begun. Only what is needed for that
// decision is read; whether the rest is right is for the library to say. Bytes in, knowledge out.

export interface ClientHello {
  /** Lower case, without trailing dot. `undefined`: the viewer names no host [RFC 6066 §3]. */
  readonly serverName: string | undefined;
  /** Protocols that the viewer offers, in its order [RFC 7301 §3.1]. */
  readonly protocols: readonly string[];
  /** The newest version that it offers, as on the wire: 0x0303 is TLS 1.2, 0x0304 TLS 1.3. */
  readonly versionMax: number;
}

export type ClientHelloRead =
  | { readonly kind: "hello"; readonly hello: ClientHello }
  /** Not before there are `bytesMin` bytes in all can more be said. */
  | { readonly kind: "more"; readonly bytesMin: number }
  | { readonly kind: "not-tls"; readonly why: string };

const RECORD_HEADER_BYTES = 5;
const HANDSHAKE_HEADER_BYTES = 4;
/** [RFC 8446 §5.1] */
const FRAGMENT_BYTES_MAX = 16_384;
const HANDSHAKE_RECORD = 22;
const CLIENT_HELLO = 1;
const EXTENSION = { serverName: 0, protocols: 16, versions: 43 } as const;

/**
 * Reads what has arrived so far. A hello may be spread over several records, and a record over several packets; one
 * longer than `bytesMax`, record headers included, is refused as soon as it says so.
 */
export function readClientHello(bytes: Uint8Array, bytesMax: number): ClientHelloRead {
  const fragments: Uint8Array[] = [];
  let gathered = 0;
  let wanted = HANDSHAKE_HEADER_BYTES;
  let at = 0;
  while (gathered < wanted) {
    const header = at + RECORD_HEADER_BYTES;
    // A first byte that no handshake begins with need not be waited behind.
    if (at < bytes.length && bytes[at] !== HANDSHAKE_RECORD) return notTls("a record that is no handshake");
    if (at + 1 < bytes.length && bytes[at + 1] !== 3) return notTls("a record of no version that is known");
    if (header > bytesMax) return tooLong(bytesMax);
    if (header > bytes.length) return { kind: "more", bytesMin: header };
    const length = uint16(bytes, at + 3);
    // Empty fragments of a handshake are forbidden, and would be a hello that never ends. [RFC 8446 §5.1]
    if (length === 0 || length > FRAGMENT_BYTES_MAX) return notTls(`a record of ${length} bytes`);
    const end = header + length;
    fragments.push(bytes.subarray(header, end));
    gathered += Math.min(end, bytes.length) - header;
    if (wanted === HANDSHAKE_HEADER_BYTES && gathered >= HANDSHAKE_HEADER_BYTES) {
      const start = fragments.length === 1 ? fragments[0] : concatenate(fragments);
      if (start?.[0] !== CLIENT_HELLO) return notTls("a handshake that does not begin with a ClientHello");
      wanted += uint24(start, 1);
    }
    const missing = wanted - gathered;
    if (Math.min(end, bytes.length) + missing > bytesMax) return tooLong(bytesMax);
    if (end > bytes.length && missing > 0) return { kind: "more", bytesMin: Math.min(end, bytes.length + missing) };
    at = end;
  }
  const message = fragments.length === 1 ? fragments[0] : concatenate(fragments);
  const hello = message && parseBody(message.subarray(HANDSHAKE_HEADER_BYTES, wanted));
  return hello === undefined ? notTls("a ClientHello that is malformed") : { kind: "hello", hello };
}

function tooLong(bytesMax: number): ClientHelloRead {
  return notTls(`a ClientHello of more than ${bytesMax} bytes`);
}

function notTls(why: string): ClientHelloRead {
  return { kind: "not-tls", why };
}

/** [RFC 8446 §4.1.2], the same since TLS 1.0. `undefined`: lengths that do not add up, or a name that cannot be one. */
function parseBody(body: Uint8Array): ClientHello | undefined {
  const cursor = { bytes: body, at: 0 };
  const version = take(cursor, 2);
  const random = take(cursor, 32);
  const sessionId = takeVector(cursor, 1);
  const cipherSuites = takeVector(cursor, 2);
  const compressions = takeVector(cursor, 1);
  if (!version || !random || !sessionId || !cipherSuites || !compressions) return undefined;
  const legacyVersion = uint16(version, 0);
  // Before TLS 1.2 a hello could end here.
  if (cursor.at === body.length) return { serverName: undefined, protocols: [], versionMax: legacyVersion };
  const extensions = takeVector(cursor, 2);
  if (extensions === undefined || cursor.at !== body.length) return undefined;

  let serverName: string | undefined;
  let protocols: readonly string[] = [];
  let versionMax = legacyVersion;
  const inside = { bytes: extensions, at: 0 };
  while (inside.at < extensions.length) {
    const type = take(inside, 2);
    const content = takeVector(inside, 2);
    if (type === undefined || content === undefined) return undefined;
    switch (uint16(type, 0)) {
      case EXTENSION.serverName: {
        serverName = parseServerName(content);
        if (serverName === undefined) return undefined;
        break;
      }
      case EXTENSION.protocols: {
        const parsed = parseProtocols(content);
        if (parsed === undefined) return undefined;
        protocols = parsed;
        break;
      }
      case EXTENSION.versions: {
        const parsed = parseVersions(content);
        if (parsed === undefined) return undefined;
        versionMax = parsed;
        break;
      }
    }
  }
  return { serverName, protocols, versionMax };
}

/** The one host name in the list [RFC 6066 §3]; what no host is called is malformed, so that it cannot reach a log or a look-up. */
function parseServerName(content: Uint8Array): string | undefined {
  const outer = { bytes: content, at: 0 };
  const list = takeVector(outer, 2);
  if (list === undefined || outer.at !== content.length) return undefined;
  const cursor = { bytes: list, at: 0 };
  const type = take(cursor, 1);
  const name = takeVector(cursor, 2);
  if (type?.[0] !== 0 || name === undefined || cursor.at !== list.length) return undefined;
  const text = latin1(name).toLowerCase();
  if (text.length > 255 || !/^[0-9a-z_-]+(?:\.[0-9a-z_-]+)*\.?$/.test(text)) return undefined;
  return text.endsWith(".") ? text.slice(0, -1) : text;
}

function parseProtocols(content: Uint8Array): readonly string[] | undefined {
  const outer = { bytes: content, at: 0 };
  const list = takeVector(outer, 2);
  if (list === undefined || outer.at !== content.length) return undefined;
  const cursor = { bytes: list, at: 0 };
  const protocols: string[] = [];
  while (cursor.at < list.length) {
    const name = takeVector(cursor, 1);
    if (name === undefined || name.length === 0) return undefined;
    protocols.push(latin1(name));
  }
  return protocols;
}

/** The newest that is offered, values made up to keep servers tolerant [RFC 8701 §2] aside. */
function parseVersions(content: Uint8Array): number | undefined {
  const outer = { bytes: content, at: 0 };
  const list = takeVector(outer, 1);
  if (list === undefined || list.length % 2 !== 0 || outer.at !== content.length) return undefined;
  let newest: number | undefined;
  for (let at = 0; at < list.length; at += 2) {
    const version = uint16(list, at);
    if (version >> 8 === 3 && version > (newest ?? 0)) newest = version;
  }
  return newest;
}

interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

function take(cursor: Cursor, length: number): Uint8Array | undefined {
  const end = cursor.at + length;
  if (end > cursor.bytes.length) return undefined;
  const taken = cursor.bytes.subarray(cursor.at, end);
  cursor.at = end;
  return taken;
}

/** A length of one or two bytes, then as many bytes. */
function takeVector(cursor: Cursor, lengthBytes: 1 | 2): Uint8Array | undefined {
  const length = take(cursor, lengthBytes);
  if (length === undefined) return undefined;
  return take(cursor, lengthBytes === 1 ? (length[0] ?? 0) : uint16(length, 0));
}

function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function uint24(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 16) | uint16(bytes, at + 1);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}
