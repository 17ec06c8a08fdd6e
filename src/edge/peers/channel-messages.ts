// What two workers say to each other beside viewers' requests, over one connection that keeps order: copies of stored responses,
// and what takes them back. A message is JSON, behind it a body; both with their lengths in front. [D-0027]

import type { DistributionId } from "../../vocabulary/ids.ts";
import type { CacheKey, StoredHead } from "../storage/cache-storage.ts";

/** What the owner says to who may have copies. */
export type FromOwner =
  /** Who it is: two processes may be in one slot while one takes over from the other. */
  | { readonly kind: "welcome"; readonly life: number }
  /** With its body behind it. */
  | { readonly kind: "copy"; readonly key: CacheKey; readonly head: StoredHead }
  /** The copy of it counts no more. */
  | { readonly kind: "drop"; readonly key: CacheKey }
  /** To be taken out of what the worker has of its own, which is no longer asked for its slot: it has a successor. */
  | { readonly kind: "forget"; readonly distribution: DistributionId; readonly urls: readonly string[] }
  /** To be answered when everything before it is done. */
  | { readonly kind: "fence"; readonly number: number }
  /** What was to be forgotten is, here and in everybody's copies of it. */
  | { readonly kind: "forgotten"; readonly number: number }
  | { readonly kind: "pong" };

export type ToOwner =
  | { readonly kind: "hello"; readonly slot: number; readonly life: number }
  | { readonly kind: "fenced"; readonly number: number }
  | {
      readonly kind: "forget";
      readonly number: number;
      readonly distribution: DistributionId;
      readonly urls: readonly string[];
    }
  | { readonly kind: "ping" };

/** In place of URLs, each of which begins with a slash: all of the distribution. */
export const EVERYTHING = "*";

export interface Received<Message> {
  readonly message: Message;
  readonly body: Uint8Array;
}

const LENGTHS_BYTES = 8;
/** A head of an origin's fields, and the largest copy: what is longer is no message. */
const TEXT_BYTES_MAX = 4_194_304;
const BODY_BYTES_MAX = 16_777_216;
const NO_BODY = new Uint8Array();

export function formatMessage(message: FromOwner | ToOwner, body: Uint8Array = NO_BODY): Buffer {
  const text = Buffer.from(JSON.stringify(message));
  const whole = Buffer.allocUnsafe(LENGTHS_BYTES + text.length + body.length);
  whole.writeUInt32BE(text.length, 0);
  whole.writeUInt32BE(body.length, 4);
  whole.set(text, LENGTHS_BYTES);
  whole.set(body, LENGTHS_BYTES + text.length);
  return whole;
}

/** Takes bytes as they come, gives the messages that are whole. `undefined`: this is nothing that a worker says. */
export function openMessageReader<Message>(): (chunk: Buffer) => readonly Received<Message>[] | undefined {
  let pieces: Buffer[] = [];
  let bytes = 0;
  /** Of the message that is being read, where its lengths are here. */
  let wanted = LENGTHS_BYTES;
  return (chunk) => {
    pieces.push(chunk);
    bytes += chunk.length;
    const found: Received<Message>[] = [];
    // Put together only when there is something to be read: a long message comes in many pieces.
    while (bytes >= wanted) {
      const all = pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces, bytes);
      pieces = [all];
      const textBytes = all.readUInt32BE(0);
      const bodyBytes = all.readUInt32BE(4);
      if (textBytes > TEXT_BYTES_MAX || bodyBytes > BODY_BYTES_MAX) return undefined;
      wanted = LENGTHS_BYTES + textBytes + bodyBytes;
      if (bytes < wanted) break;
      const bodyAt = LENGTHS_BYTES + textBytes;
      const message = parse<Message>(all.toString("utf8", LENGTHS_BYTES, bodyAt));
      if (message === undefined) return undefined;
      found.push({ message, body: all.subarray(bodyAt, wanted) });
      pieces = bytes === wanted ? [] : [all.subarray(wanted)];
      bytes -= wanted;
      wanted = LENGTHS_BYTES;
    }
    return found;
  };
}

function parse<Message>(text: string): Message | undefined {
  try {
    return JSON.parse(text) as Message;
  } catch {
    return undefined;
  }
}
