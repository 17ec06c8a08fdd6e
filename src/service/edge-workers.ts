// The edge workers as the supervisor has them: as many processes as are asked for, each in a slot, at the same addresses. One
// that dies is replaced in its slot and takes no other with it.

import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import type { TrafficNews } from "../edge/record/traffic.ts";
import { advanceTicketSeed, newTicketSeed } from "../edge/transport/tls/ticket-keys.ts";
import type { ServedTime } from "../vocabulary/served-time.ts";
import { systemClock } from "../vocabulary/time.ts";
import { allListening, openChild, type Child, type ChildStarted } from "./child.ts";
import type { Log } from "./log.ts";
import type { Counted, Figures, FromEdge, ToEdge, WorkerPlace, WorkerState } from "./process-messages.ts";
import type { ProcessFigures } from "./process-figures.ts";
import type { Settings } from "./settings.ts";
import { openSlotSockets, type SlotSockets, type ViewerAddresses } from "./viewer-sockets.ts";
import { COUNTS_TOLD_EVERY_MS, openWorkerCounts, type ServiceCounts } from "./worker-counts.ts";

const EDGE_PROGRAM = fileURLToPath(new URL("edge-process.ts", import.meta.url));
/**
 * The C library's own first threshold, which it would raise for good with the first large piece that is freed: then the
 * pieces of stored bodies would no longer go back to the system one by one. Known on Linux only. [D-0015]
 */
const EDGE_ENVIRONMENT = { MALLOC_MMAP_THRESHOLD_: "131072", MALLOC_TRIM_THRESHOLD_: "1048576" };
/** A slot whose worker has died so often in a row is given up until it works again: what waits in its queue is let go. */
const FAILURES_WAITED = 2;
const EDGE_NAME_BYTES = 16;
/** How often the supervisor forgets what the keys of old tickets were derived from. */
const TICKET_SEED_MS = 3_600_000;

export interface EdgeWorkersOptions {
  readonly count: number;
  readonly settings: () => Settings;
  readonly time: () => ServedTime;
  readonly log: Log;
  readonly nextLife: () => number;
  readonly nodeFlags: readonly string[];
  readonly socketDirectory: string;
  readonly addresses: Extract<ViewerAddresses, { kind: "found" }>;
  readonly onMessage: (life: number, message: FromEdge) => void;
  /** What it has served since it last told. */
  readonly onTraffic: (life: number, news: TrafficNews) => void;
  readonly onUp: (life: number, slot: number) => void;
  readonly onDown: (life: number) => void;
}

/** `seconds`: since it last said something. */
export interface SilentWorker {
  readonly slot: number;
  readonly seconds: number;
}

/** A worker tells its figures each second, whatever it does: one that is late three times stands still, or is far too busy. */
const SILENT_MS = 3 * COUNTS_TOLD_EVERY_MS;

export interface EdgeWorkers {
  /** All are listening, or why one is not. */
  readonly started: Promise<ChildStarted>;
  tell(life: number, message: ToEdge): void;
  /** Of all. */
  setTime(time: ServedTime, forgets: boolean): Promise<void>;
  /** Those who hear what they are told. */
  up(): ReadonlyMap<number, number>;
  /**
   * Replaces each by a new process, one after the other, none of whose viewers is left unanswered. Resolves with what was wrong where one
   * cannot be replaced: that one and those behind it stay as they are.
   */
  replaceAll(): Promise<string | undefined>;
  /** What all of them have counted so far, also those that are gone. */
  counts(): ServiceCounts;
  /** The processes there are, in the order of their slots. */
  states(): readonly WorkerState[];
  /** Those that are up and have said nothing for longer than they ever should. */
  silent(): readonly SilentWorker[];
  /** By slot: how often its worker has died. */
  deaths(): readonly number[];
  drain(): Promise<void>;
}

export function openEdgeWorkers(options: EdgeWorkersOptions): EdgeWorkers {
  const { count, addresses, socketDirectory } = options;
  const edgeName = randomBytes(EDGE_NAME_BYTES).toString("hex");
  let ticketSeed = newTicketSeed(randomBytes, systemClock.now());
  const forgetting = setInterval(() => {
    ticketSeed = advanceTicketSeed(ticketSeed, systemClock.now());
  }, TICKET_SEED_MS).unref();
  /** Slots by life. */
  const up = new Map<number, number>();
  const counts = openWorkerCounts();
  /** What each process has last said of itself, by life. */
  const figures = new Map<number, ProcessFigures>();
  /** By life: when it last told them. */
  const heardMs = new Map<number, number>();
  const sockets = Array.from({ length: count }, (_, slot) =>
    slot === 0 ? addresses.first : openSlotSockets(addresses.addresses),
  );
  const workers = sockets.map((own, slot) => openWorker(own, slot));

  function openWorker(own: SlotSockets, slot: number): Child<ToEdge> {
    return openChild<FromEdge | Counted | Figures, ToEdge>({
      name: count === 1 ? "edge" : `edge ${slot + 1}`,
      program: EDGE_PROGRAM,
      settings: options.settings,
      time: options.time,
      log: options.log,
      nextLife: options.nextLife,
      nodeFlags: options.nodeFlags,
      environment: EDGE_ENVIRONMENT,
      silentSeconds: options.settings().limits.workerSilentSeconds,
      sockets: () => own.take(),
      place: ({ number: life, isAfterDeath }, held): WorkerPlace => ({
        slot,
        count,
        life,
        isAfterDeath,
        socketDirectory,
        edgeName,
        ticketSeed,
        sockets: held,
      }),
      onMessage(message, life) {
        if (message.kind === "counted") {
          counts.hear(life, message.news);
          if (message.news.traffic !== undefined) options.onTraffic(life, message.news.traffic);
        } else if (message.kind === "figures") {
          figures.set(life, message.figures);
          heardMs.set(life, performance.now());
        } else options.onMessage(life, message);
      },
      onUp(life) {
        up.set(life, slot);
        counts.up(life);
        options.onUp(life, slot);
      },
      onDown(life) {
        up.delete(life);
        figures.delete(life);
        heardMs.delete(life);
        counts.down(life);
        options.onDown(life);
      },
      onFailure(failures) {
        if (failures >= FAILURES_WAITED) own.letGo();
      },
    });
  }

  return {
    started: allListening(workers.map(({ started }) => started)),
    tell: (life, message) => {
      for (const worker of workers) worker.tell(message, life);
    },
    async setTime(time, forgets) {
      await Promise.all(workers.map((worker) => worker.setTime(time, forgets)));
    },
    up: () => up,
    counts: () => counts.sum(),
    states: () =>
      workers.flatMap((worker, slot) =>
        worker.lives().map(({ life, state }) => ({ life, slot, state, figures: figures.get(life) })),
      ),
    silent() {
      const now = performance.now();
      return [...heardMs]
        .map(([life, at]) => ({ slot: up.get(life), ms: now - at }))
        .flatMap(({ slot, ms }) =>
          slot === undefined || ms < SILENT_MS ? [] : { slot, seconds: Math.round(ms / 1000) },
        )
        .toSorted((one, other) => one.slot - other.slot);
    },
    deaths: () => workers.map((worker) => worker.deaths()),
    async replaceAll() {
      for (const worker of workers) {
        const fault = await worker.replace();
        if (fault !== undefined) return fault;
      }
      return undefined;
    },
    async drain() {
      clearInterval(forgetting);
      for (const own of sockets) own.letGo();
      await Promise.all(workers.map((worker) => worker.drain()));
    },
  };
}
