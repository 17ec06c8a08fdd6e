// What is asked of the worker that owns a key, and what comes of it, as seen by who asks.

import type { FeedNumber } from "../../vocabulary/ids.ts";
import type { Authorized } from "../exchange.ts";
import type { AnswerBody, Field } from "../transport/message.ts";
import type { ArrivedHead } from "./answer-head.ts";

/** An answer from its head on. */
export interface Arrival {
  readonly head: ArrivedHead;
  /** Breaks off where the owner does. */
  readonly body: AnswerBody;
}

/**
 * "lost": the owner was not there, or went before its answer began. "left": the viewer did. "refused": the owner has another configuration. "unsaid":
 * the request cannot be told.
 */
export type Exchanged =
  | { readonly kind: "arrived"; readonly arrival: Arrival }
  | { readonly kind: "lost" | "left" | "refused" | "unsaid" };

export interface PeerAsk {
  readonly exchange: Authorized;
  /** Up to where this worker has followed the feed. */
  readonly through: FeedNumber;
  readonly onInterim: ((status: number, fields: readonly Field[]) => void) | undefined;
  /** Called once, perhaps at once. */
  readonly settle: (exchanged: Exchanged) => void;
}
