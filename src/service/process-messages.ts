// What the processes of one service say to each other. The supervisor stands in the middle: it starts the others, and
// passes on what control and the edge workers have to say to each other. Plain data; each channel keeps order.

import type { ExplainRequest } from "../edge/explain/explained-request.ts";
import type { Explanation } from "../edge/explain/explanation.ts";
import type { TailAsk } from "../edge/watch/open-watch.ts";
import type { TailBatch } from "../edge/watch/tails.ts";
import type { TrafficNews } from "../edge/record/traffic.ts";
import type { CountAsked, MatchingCount } from "../edge/storage/count-matching.ts";
import type { TicketSeed } from "../edge/transport/tls/ticket-keys.ts";
import type { Change } from "../store/store.ts";
import type { AccountId, FeedNumber } from "../vocabulary/ids.ts";
import type { ProcessFigures } from "./process-figures.ts";
import type { Settings } from "./settings.ts";
import type { ServedTime, TimeChange } from "../vocabulary/served-time.ts";
import type { TimeOutcome } from "./keep-time.ts";
import type { CountsNews, ServiceCounts } from "./worker-counts.ts";

/** A setting that holds a port. */
export type PortSetting = "apiPort" | "edgeHttpPort" | "edgeHttpsPort";

export interface ListenAddress {
  /** The setting that names the port. */
  readonly setting: PortSetting;
  readonly host: string;
  readonly port: number;
}

/** A listening socket that the supervisor holds, so that its queue outlives the process that accepts from it. */
export interface HeldSocket extends ListenAddress {
  /** Where the process has it. Absent where descriptors cannot be handed on: the process listens by itself. */
  readonly descriptor?: number;
}

/**
 * What an edge process has to know of itself among the others. There are as many slots as workers; a worker that has ended is
 * replaced in its slot. While it is replaced gracefully, two processes are in one slot: they differ by their life.
 */
export interface WorkerPlace {
  /** 0 … count − 1. */
  readonly slot: number;
  readonly count: number;
  /** Tells the processes of one service apart. Never used twice. */
  readonly life: number;
  /** Another has died here, and viewers must not wait for what only the operator can mend. */
  readonly isAfterDeath: boolean;
  /** For sockets between the workers; nobody else may enter it. Paths in it: socket-directory.ts. */
  readonly socketDirectory: string;
  /** 32 hexadecimal digits that all workers have in Via. */
  readonly edgeName: string;
  /** What the keys of session tickets are derived from, in all workers alike. */
  readonly ticketSeed: TicketSeed;
  readonly sockets: readonly HeldSocket[];
}

/** What any process says to the supervisor of itself. */
export type FromChild =
  /** It runs and wants its settings. */
  | { readonly kind: "hello" }
  | { readonly kind: "listening"; readonly addresses: readonly ListenAddress[] }
  /** It cannot do its work (a port in use, say) and ends. `message` is for the operator. */
  | { readonly kind: "failed"; readonly message: string }
  /** The answer to `are-you-there`. */
  | { readonly kind: "here" }
  /** It goes by the time of that number. */
  | { readonly kind: "time-set"; readonly number: number };

/** What the supervisor says to any process. */
export type ToChild =
  /** First of all, once. */
  | { readonly kind: "open"; readonly settings: Settings; readonly time: ServedTime; readonly place?: WorkerPlace }
  | { readonly kind: "are-you-there" }
  /** Goes by this time from now on, and does what is due by it; with `forgets`, what is stored is forgotten. Answered when that is done. */
  | { readonly kind: "set-time"; readonly number: number; readonly time: ServedTime; readonly forgets: boolean }
  /** Finish what is in flight, then end. `isReplaced`: another takes the place, so that viewers who come back find it. */
  | { readonly kind: "drain"; readonly isReplaced: boolean };

/** What control says to an edge. */
export type ToEdge =
  /** Say what is in force: an edge outlives the control process that it followed, and the answer is its sign of life. */
  | { readonly kind: "report" }
  /** Steps of the feed, in order. `isCaughtUp`: these were the last for now, viewers may be let in. */
  | { readonly kind: "changes"; readonly changes: readonly Change[]; readonly isCaughtUp: boolean }
  /** Where the bucket store listens: said to every edge that is followed, before the feed. */
  | { readonly kind: "buckets-at"; readonly host: string; readonly port: number }
  | { readonly kind: "ask"; readonly question: number; readonly about: EdgeQuestion }
  /** Somebody watches from now on, until `tail-end`; `tail` is their number. */
  | { readonly kind: "tail"; readonly tail: number; readonly ask: TailAsk }
  /** The last batch was taken. */
  | { readonly kind: "tail-more"; readonly tail: number }
  | { readonly kind: "tail-end"; readonly tail: number }
  /** Nobody watches. */
  | { readonly kind: "tail-none" };

export type EdgeQuestion =
  | { readonly kind: "explain"; readonly request: ExplainRequest; readonly account: AccountId }
  /** What is known of the request of this id. */
  | { readonly kind: "trace"; readonly id: string; readonly account: AccountId }
  /** What an invalidation would remove; that the distribution is the caller's is known already. */
  | { readonly kind: "count"; readonly asked: CountAsked };

/** `owner`: the slot that decides about the key and can explain more; absent where the one that answers does. */
export interface ExplanationReply {
  readonly kind: "explanation";
  readonly explanation: Explanation;
  readonly owner?: number;
}

/** `piece` is JSON of a `TracePiece`; absent where there is none. */
export interface TraceReply {
  readonly kind: "trace";
  readonly piece?: string;
}

export interface CountReply {
  readonly kind: "count";
  readonly count: MatchingCount;
}

export type EdgeReply = ExplanationReply | TraceReply | CountReply;

/** What an edge says to control. */
export type FromEdge =
  /** Everything up to `through` is in force for requests that begin from now on. */
  | { readonly kind: "in-force"; readonly through: FeedNumber }
  | { readonly kind: "reply"; readonly question: number; readonly reply: EdgeReply }
  /** For who watches. The next comes when this one was taken. */
  | { readonly kind: "tailed"; readonly tail: number; readonly batch: TailBatch };

/** What an edge says to the supervisor: what it has counted, for the sum of all. */
export interface Counted {
  readonly kind: "counted";
  readonly news: CountsNews;
}

/** What an edge says to the supervisor of its process, once a second where metrics are wanted. */
export interface Figures {
  readonly kind: "figures";
  readonly figures: ProcessFigures;
}

/** What control wants of the supervisor: how all of it is. */
export interface AskService {
  readonly kind: "ask-service";
  readonly question: number;
}

/** What a caller of control wants of the time that tests move; without a change: what it is. */
export interface AskTime {
  readonly kind: "ask-time";
  readonly question: number;
  readonly change: TimeChange | undefined;
}

/** One process of an edge worker, as the supervisor has it. */
export interface WorkerState {
  readonly life: number;
  readonly slot: number;
  /** `leaving`: a successor has its place, and it finishes what it has. */
  readonly state: "starting" | "listening" | "leaving";
  /** `undefined`: it has not said anything yet. */
  readonly figures: ProcessFigures | undefined;
}

export interface ServiceState {
  /** How many workers there are to be. */
  readonly slots: number;
  readonly workers: readonly WorkerState[];
  /** How often a process has died that was to go on, by its name in metrics. */
  readonly deaths: Readonly<Record<string, number>>;
  readonly supervisor: ProcessFigures | undefined;
  readonly counts: ServiceCounts;
}

/** What the supervisor tells control: of an edge worker, by its life, that the operator's files are to be read again, and what it was asked. */
export type ForControl =
  | { readonly kind: "service-state"; readonly question: number; readonly state: ServiceState }
  | { readonly kind: "time-told"; readonly question: number; readonly outcome: TimeOutcome }
  | { readonly kind: "worker-counted"; readonly life: number; readonly traffic: TrafficNews }
  | { readonly kind: "read-again"; readonly certificatesDir: string }
  | { readonly kind: "edge-up"; readonly life: number; readonly slot: number }
  | { readonly kind: "edge-down"; readonly life: number }
  | { readonly kind: "from-edge"; readonly life: number; readonly message: FromEdge };

/** What control asks the supervisor to pass on. */
export interface ForEdge {
  readonly kind: "for-edge";
  readonly life: number;
  readonly message: ToEdge;
}
