// All requests that a given text of bytes amounts to, for tests and tools: what a connection would read if nothing were
// answered in between.

import { RequestReader, type ReaderLimits, type RequestHead } from "./http1-request-reader.ts";
import type { RefusalReason } from "../refusals.ts";

export interface ReadMessage {
  readonly head: RequestHead;
  readonly body: Buffer;
  /** False when the bytes ended, or were refused, within the body. */
  readonly isComplete: boolean;
}

export interface ReadMessages {
  readonly messages: readonly ReadMessage[];
  /** Why reading stopped before the bytes did. */
  readonly refusal: RefusalReason | undefined;
}

/** Reads chunk after chunk; their boundaries make no difference to what is returned. */
export function readMessages(chunks: Iterable<Buffer>, limits: ReaderLimits, scheme: "http" | "https"): ReadMessages {
  const reader = new RequestReader(limits, scheme);
  const messages: ReadMessage[] = [];
  let head: RequestHead | undefined;
  let pieces: Uint8Array[] = [];
  const close = (isComplete: boolean): void => {
    if (head !== undefined) messages.push({ head, body: Buffer.concat(pieces), isComplete });
    head = undefined;
    pieces = [];
  };
  for (const chunk of chunks) {
    reader.feed(chunk);
    for (let event = reader.next(); event.kind !== "more"; event = reader.next()) {
      switch (event.kind) {
        case "head":
          head = event;
          if (event.framing === "none") close(true);
          break;
        case "body":
          pieces.push(event.bytes);
          break;
        case "end":
          close(true);
          break;
        case "refused":
          close(false);
          return { messages, refusal: event.reason };
      }
    }
  }
  close(false);
  return { messages, refusal: undefined };
}
