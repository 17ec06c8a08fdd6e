// The first thing a TLS viewer says, read before any TLS library sees it: the name it asks for decides which security
// policy its handshake gets, and a policy cannot be changed once a handshake has begun. Only what is needed for that
// decision is read; whether the rest is right is for the library to say. Bytes in, knowledge out.

import { TICKET_NAME_BYTES } from "./ticket-keys.ts";

export interface ClientHello {
  /** Lower case, without trailing dot. `undefined`: the viewer names no host [RFC 6066 §3]. */
  readonly serverName: string | undefined;
  /** Protocols that the viewer offers, in its order [RFC 7301 §3.1]. */
  readonly protocols: readonly string[];
  /** The newest version that it offers, as on the wire: 0x0303 is TLS 1.2, 0x0304 TLS 1.3. */
  readonly versionMax: number;
  /** Of the keys that the session which it wants to take up is sealed with. It may be anything. */
  readonly ticketName: Uint8Array | undefined;
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
const EXTENSION = { serverName: 0, protocols: 16, ticket: 35, sessions: 41, versions: 43 } as const;

/**
 * Reads what has arrived so far. A hello may be spread over several records, and a record over several packets; one
 * longer than `bytesMax`, record headers included, is refused as soon as it says so.
 */
export function readClientHello(bytes: Buffer, bytesMax: number): ClientHelloRead {
  const fragments: Buffer[] = [];
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
  const [message = Buffer.alloc(0)] = fragments.length === 1 ? fragments : [concatenate(fragments)];
  const hello = parseBody(message, HANDSHAKE_HEADER_BYTES, wanted);
  return hello === undefined ? notTls("a ClientHello that is malformed") : { kind: "hello", hello };
}

function tooLong(bytesMax: number): ClientHelloRead {
  return notTls(`a ClientHello of more than ${bytesMax} bytes`);
}

function notTls(why: string): ClientHelloRead {
  return { kind: "not-tls", why };
}

/**
 * [RFC 8446 §4.1.2], the same since TLS 1.0. `undefined`: lengths that do not add up, or a name that cannot be one. By places
 * in the bytes, without a view of each vector: half the time of a hello went into those.
 */
function parseBody(bytes: Buffer, from: number, end: number): ClientHello | undefined {
  const legacyVersion = uint16(bytes, from);
  // Version and random, then three vectors: session id, cipher suites, compressions.
  let at = from + 34;
  at = endOfVector(bytes, at, 1, end);
  at = endOfVector(bytes, at, 2, end);
  at = endOfVector(bytes, at, 1, end);
  if (at > end) return undefined;
  // Before TLS 1.2 a hello could end here.
  if (at === end) return { serverName: undefined, protocols: [], versionMax: legacyVersion, ticketName: undefined };
  if (endOfVector(bytes, at, 2, end) !== end) return undefined;
  at += 2;

  let serverName: string | undefined;
  let protocols: readonly string[] = [];
  let versionMax = legacyVersion;
  let ticketName: Uint8Array | undefined;
  while (at < end) {
    const type = uint16(bytes, at);
    const content = at + 4;
    const next = endOfVector(bytes, at + 2, 2, end);
    if (next > end) return undefined;
    switch (type) {
      case EXTENSION.serverName: {
        serverName = parseServerName(bytes, content, next);
        if (serverName === undefined) return undefined;
        break;
      }
      case EXTENSION.protocols: {
        const parsed = parseProtocols(bytes, content, next);
        if (parsed === undefined) return undefined;
        protocols = parsed;
        break;
      }
      case EXTENSION.versions: {
        const parsed = parseVersions(bytes, content, next);
        if (parsed === undefined) return undefined;
        versionMax = parsed;
        break;
      }
      // A ticket, or the first of the sessions that are offered: identities, each behind its length [RFC 8446 §4.2.11].
      case EXTENSION.ticket:
        ticketName = nameOfTicket(bytes, content, next) ?? ticketName;
        break;
      case EXTENSION.sessions:
        ticketName = nameOfTicket(bytes, content + 4, next) ?? ticketName;
        break;
    }
    at = next;
  }
  return { serverName, protocols, versionMax, ticketName };
}

/** The one host name in the list [RFC 6066 §3]; what no host is called is malformed, so that it cannot reach a log or a look-up. */
function parseServerName(bytes: Buffer, from: number, end: number): string | undefined {
  if (endOfVector(bytes, from, 2, end) !== end) return undefined;
  if (bytes[from + 2] !== 0 || endOfVector(bytes, from + 3, 2, end) !== end) return undefined;
  const text = bytes.toString("latin1", from + 5, end).toLowerCase();
  if (text.length > 255 || !/^[0-9a-z_-]+(?:\.[0-9a-z_-]+)*\.?$/.test(text)) return undefined;
  return text.endsWith(".") ? text.slice(0, -1) : text;
}

function parseProtocols(bytes: Buffer, from: number, end: number): readonly string[] | undefined {
  if (endOfVector(bytes, from, 2, end) !== end) return undefined;
  const protocols: string[] = [];
  for (let at = from + 2; at < end;) {
    const next = endOfVector(bytes, at, 1, end);
    if (next > end || next === at + 1) return undefined;
    protocols.push(bytes.toString("latin1", at + 1, next));
    at = next;
  }
  return protocols;
}

/** The newest that is offered, values made up to keep servers tolerant [RFC 8701 §2] aside. */
function parseVersions(bytes: Buffer, from: number, end: number): number | undefined {
  if (endOfVector(bytes, from, 1, end) !== end || (end - from - 1) % 2 !== 0) return undefined;
  let newest: number | undefined;
  for (let at = from + 1; at < end; at += 2) {
    const version = uint16(bytes, at);
    if (version >> 8 === 3 && version > (newest ?? 0)) newest = version;
  }
  return newest;
}

/** What our TLS library puts in front of a ticket; to the viewer it is bytes [RFC 8446 §4.6.1]. Too short a one is not ours. */
function nameOfTicket(bytes: Buffer, from: number, end: number): Uint8Array | undefined {
  return from + TICKET_NAME_BYTES <= end ? bytes.subarray(from, from + TICKET_NAME_BYTES) : undefined;
}

/** Where the vector ends whose length stands at `at`, in one byte or two; beyond `end`: it is not whole. */
function endOfVector(bytes: Buffer, at: number, lengthBytes: 1 | 2, end: number): number {
  const from = at + lengthBytes;
  if (from > end) return end + 1;
  return from + (lengthBytes === 1 ? (bytes[at] ?? 0) : uint16(bytes, at));
}

function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function uint24(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 16) | uint16(bytes, at + 1);
}

function concatenate(parts: readonly Buffer[]): Buffer {
  return Buffer.concat(parts);
}
