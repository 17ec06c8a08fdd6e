// What the processes of one service say to each other. The supervisor stands in the middle: it starts the others, and
// passes on what control and edge have to say to each other. Plain data; each channel keeps order.

import type { EdgeCounters } from "../edge/edge.ts";
import type { ExplainRequest } from "../edge/explain/explained-request.ts";
import type { Explanation } from "../edge/explain/explanation.ts";
import type { Change } from "../store/store.ts";
import type { AccountId, FeedNumber } from "../vocabulary/ids.ts";
import type { Settings } from "./settings.ts";

/** A setting that holds a port. */
export type PortSetting = "apiPort" | "edgeHttpPort" | "edgeHttpsPort";

export interface ListenAddress {
  /** The setting that names the port. */
  readonly setting: PortSetting;
  readonly host: string;
  readonly port: number;
}

/** What any process says to the supervisor of itself. */
export type FromChild =
  /** It runs and wants its settings. */
  | { readonly kind: "hello" }
  | { readonly kind: "listening"; readonly addresses: readonly ListenAddress[] }
  /** It cannot do its work (a port in use, say) and ends. `message` is for the operator. */
  | { readonly kind: "failed"; readonly message: string };

/** What the supervisor says to any process. */
export type ToChild =
  /** First of all, once. */
  | { readonly kind: "open"; readonly settings: Settings }
  /** Finish what is in flight, then end. */
  | { readonly kind: "drain" };

/** What control says to an edge. */
export type ToEdge =
  /** Say what is in force: an edge outlives the control process that it followed, and the answer is its sign of life. */
  | { readonly kind: "report" }
  /** Steps of the feed, in order. `isCaughtUp`: these were the last for now, viewers may be let in. */
  | { readonly kind: "changes"; readonly changes: readonly Change[]; readonly isCaughtUp: boolean }
  /** Where the bucket store listens: said to every edge that is followed, before the feed. */
  | { readonly kind: "buckets-at"; readonly host: string; readonly port: number }
  | { readonly kind: "ask"; readonly question: number; readonly about: EdgeQuestion };

export type EdgeQuestion =
  | { readonly kind: "explain"; readonly request: ExplainRequest; readonly account: AccountId }
  | { readonly kind: "counters" };

export type EdgeReply = Explanation | EdgeCounters;

/** What an edge says to control. */
export type FromEdge =
  /** Everything up to `through` is in force for requests that begin from now on. */
  | { readonly kind: "in-force"; readonly through: FeedNumber }
  | { readonly kind: "reply"; readonly question: number; readonly reply: EdgeReply };

/** What the supervisor tells control of the edge. */
export type EdgeNews =
  | { readonly kind: "edge-up" }
  | { readonly kind: "edge-down" }
  | { readonly kind: "from-edge"; readonly message: FromEdge };

/** What control asks the supervisor to pass on. */
export interface ForEdge {
  readonly kind: "for-edge";
  readonly message: ToEdge;
}
