// The opening handshake of WebSocket, as an intermediary has to know it: whether a viewer's request is one, and whether an
// origin's 101 answers it. What is no whole handshake is an ordinary request, so that no connection is handed over on a
// guess: half of one is how requests are smuggled past an edge that believes in a tunnel.

import { createHash } from "node:crypto";

import { combineField, listNames } from "../../http/field-list.ts";
import type { Field } from "./message.ts";

/** 16 bytes in base64 [RFC 6455 §4.1]. */
const KEY = /^[A-Za-z0-9+/]{22}==$/;
/** [RFC 6455 §1.3] */
const ACCEPT_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** Of a GET of HTTP/1.1 without a body; the caller knows those. Any Sec-WebSocket-Version will do: that is the origin's to judge. */
export function asksForWebSocket(fields: readonly Field[]): boolean {
  const connection = combineField(fields, "connection") ?? "";
  return (
    listNames(connection, "upgrade") &&
    !listNames(connection, "close") &&
    listNames(combineField(fields, "upgrade") ?? "", "websocket") &&
    keyOf(fields) !== undefined
  );
}

/** Why the fields of a 101 do not complete the handshake that `asked` began. `undefined`: they do. [RFC 6455 §4.1] */
export function whyNotSwitched(asked: readonly Field[], answered: readonly Field[]): string | undefined {
  if (combineField(answered, "upgrade")?.toLowerCase() !== "websocket") return "101 without Upgrade: websocket";
  if (!listNames(combineField(answered, "connection") ?? "", "upgrade")) return "101 without Connection: Upgrade";
  const key = keyOf(asked);
  const accept = combineField(answered, "sec-websocket-accept");
  if (key === undefined || accept !== acceptOf(key)) return "101 with a Sec-WebSocket-Accept that is not of the key";
  return undefined;
}

/** What a server proves with that it understood the key [RFC 6455 §4.2.2]. */
export function acceptOf(key: string): string {
  return createHash("sha1")
    .update(key + ACCEPT_SUFFIX, "latin1")
    .digest("base64");
}

function keyOf(fields: readonly Field[]): string | undefined {
  const key = combineField(fields, "sec-websocket-key"); // of two, the list is no key
  return key !== undefined && KEY.test(key) ? key : undefined;
}
