// What the control process and an edge process say to each other over their channel. Plain data; the channel keeps order.
// The edge is a process of its own [D-0001], so that the store's synchronous writes never make a viewer wait.

import type { EdgeCounters } from "../edge/edge.ts";
import type { ExplainRequest, Explanation } from "../edge/explain.ts";
import type { Change } from "../store/store.ts";
import type { AccountId, FeedNumber } from "../vocabulary/ids.ts";
import type { Settings } from "./settings.ts";

export type ToEdge =
  /** First of all, once. */
  | { readonly kind: "open"; readonly settings: Settings }
  /** Steps of the feed, in order. `isCaughtUp`: these were the last for now, viewers may be let in. */
  | { readonly kind: "changes"; readonly changes: readonly Change[]; readonly isCaughtUp: boolean }
  | { readonly kind: "ask"; readonly question: number; readonly about: EdgeQuestion }
  /** Finish what is in flight, then end. */
  | { readonly kind: "drain" };

export type EdgeQuestion =
  | { readonly kind: "explain"; readonly request: ExplainRequest; readonly account: AccountId }
  | { readonly kind: "counters" };

export type EdgeReply = Explanation | EdgeCounters;

export type FromEdge =
  /** The process runs and wants its settings. */
  | { readonly kind: "hello" }
  | { readonly kind: "listening"; readonly addresses: readonly ListenAddress[] }
  /** Everything up to `through` is in force for requests that begin from now on. */
  | { readonly kind: "in-force"; readonly through: FeedNumber }
  | { readonly kind: "reply"; readonly question: number; readonly reply: EdgeReply }
  /** It cannot do its work (a port in use, say) and ends. `message` is for the operator. */
  | { readonly kind: "failed"; readonly message: string };

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}
