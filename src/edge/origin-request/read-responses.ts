// All responses that a given text of bytes amounts to, for tests: what a connection would read that had sent requests of
// these methods.

import { ResponseReader, type ResponseHead } from "./http1-response-reader.ts";
import type { ResponseFault } from "./response-faults.ts";

export interface ReadResponse {
  readonly head: ResponseHead;
  readonly interims: readonly number[];
  readonly body: Buffer;
  /** False when the bytes ended, or were refused, within the body. */
  readonly isComplete: boolean;
}

export interface ReadResponses {
  readonly responses: readonly ReadResponse[];
  readonly fault: ResponseFault | undefined;
  /** Bytes that came behind all that was asked for. */
  readonly hasRest: boolean;
}

/** Reads chunk after chunk; their boundaries make no difference. `isEnded`: the connection ends behind them. */
export function readResponses(
  chunks: Iterable<Buffer>,
  methods: readonly string[],
  headBytesMax: number,
  isEnded: boolean,
): ReadResponses {
  const reader = new ResponseReader(headBytesMax);
  const responses: ReadResponse[] = [];
  let asked = 0;
  let head: ResponseHead | undefined;
  let interims: number[] = [];
  let pieces: Buffer[] = [];
  const close = (isComplete: boolean): void => {
    if (head !== undefined) responses.push({ head, interims, body: Buffer.concat(pieces), isComplete });
    head = undefined;
    pieces = [];
    interims = [];
  };
  const askNext = (): boolean => {
    const method = methods[asked++];
    if (method !== undefined) reader.expect(method);
    return method !== undefined;
  };
  askNext();
  /** `false`: there is nothing more to read. */
  const take = (event: ReturnType<ResponseReader["next"]>): boolean => {
    switch (event.kind) {
      case "interim":
        interims.push(event.status);
        return true;
      case "head":
        head = event;
        if (event.framing !== "none") return true;
        close(true);
        return event.status !== 101 && event.keepsAlive && askNext();
      case "body":
        pieces.push(event.bytes);
        return true;
      case "end": {
        const keepsAlive = head?.keepsAlive === true;
        close(true);
        return keepsAlive && askNext();
      }
      case "refused":
        close(false);
        fault = event.fault;
        return false;
      case "more":
        return true;
    }
  };
  let fault: ResponseFault | undefined;
  for (const chunk of chunks) {
    reader.feed(chunk);
    for (;;) {
      const event = reader.next();
      if (!take(event)) return { responses, fault, hasRest: reader.hasUnread };
      if (event.kind === "more") break;
    }
  }
  if (isEnded && (head !== undefined || reader.hasBegun)) take(reader.finish());
  else close(false);
  return { responses, fault, hasRest: false };
}
