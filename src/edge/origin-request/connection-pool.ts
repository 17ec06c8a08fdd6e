// The connections to one place: those that are free for the next request, and how many there may be. Who finds none free opens
// one, or waits for its turn where there may be no more. What is on the other end (an address, a Unix socket) is the opener's
// affair.

import { openQueueGate, type QueueBounds } from "../overload/queue-gate.ts";
import type { DueTimes, Timed } from "./due-times.ts";
import { OriginConnection, type ConnectionOwner, type OwnBuffer } from "./origin-connection.ts";
import type { Socket } from "node:net";

/** Who needs a connection. */
export interface Wanting {
  /** A kept one will not do. */
  readonly needsNew: boolean;
  /** `undefined`: none is kept, so one is to be opened, with `open`, and at once. */
  onGranted(kept: OriginConnection | undefined): void;
}

export interface ConnectionPool {
  /** Grants at once where it can. `false`: it has to wait for its turn. */
  take(wanting: Wanting): boolean;
  /** No more interest. `false`: it has been granted. */
  leave(wanting: Wanting): boolean;
  /** For who was granted none. */
  open(socketOf: (reading: OwnBuffer) => Socket): OriginConnection;
  /** Instead, for who finds that it cannot open one after all. */
  decline(): void;
  isIdle(): boolean;
  /** So many have waited for so long that who would wait too is better refused. */
  isCrowded(): boolean;
  /** Ends all of them, whatever is under way. */
  close(): void;
}

export interface ConnectionPoolSettings extends QueueBounds {
  /** Kept for the next request for as long; the origin may say less. */
  readonly keptSeconds: number;
  /** For so long whoever reads from one may take nothing while others wait for it. */
  readonly stalledSeconds: number;
  readonly headBytesMax: number;
  readonly dueTimes: DueTimes;
}

/** An origin closes at the very second that it names: to be sure of it, we are a second earlier. */
const KEPT_MARGIN_SECONDS = 1;
/** How often those that stall are looked for while somebody waits. */
const LOOKS_PER_STALL = 8;
const LOOK_MS_MIN = 50;

export function openConnectionPool(settings: ConnectionPoolSettings): ConnectionPool {
  const { connectionsMax, keptSeconds, headBytesMax, dueTimes } = settings;
  const stalledMs = settings.stalledSeconds * 1000;
  const all = new Set<OriginConnection>();
  /** The one that was used last is used next, so that those that are not needed grow old. */
  const free: OriginConnection[] = [];
  const waiting = new Set<Wanting>();
  const queue = openQueueGate(settings);
  /** Granted and not opened yet. */
  let promised = 0;

  function next(): Wanting | undefined {
    for (const wanting of waiting) return wanting;
    return undefined;
  }

  /** It is granted, or has no more interest. */
  function unqueue(wanting: Wanting, isGranted: boolean): boolean {
    if (!waiting.delete(wanting)) return false;
    queue.note(performance.now(), waiting.size, isGranted);
    return true;
  }

  function takeFree(): OriginConnection | undefined {
    for (;;) {
      const connection = free.pop();
      if (connection === undefined) return undefined;
      dueTimes.rest(connection);
      if (!connection.isGone) return connection;
    }
  }

  function grantNew(wanting: Wanting): void {
    promised++;
    wanting.onGranted(undefined);
  }

  const owner: ConnectionOwner = {
    onFree(connection, toldSeconds) {
      const first = next();
      if (first !== undefined && !first.needsNew) {
        unqueue(first, true);
        return first.onGranted(connection);
      }
      const seconds = Math.min(keptSeconds, (toldSeconds ?? Infinity) - KEPT_MARGIN_SECONDS);
      // Its place is the next one's.
      if (first !== undefined || seconds <= 0) return connection.destroy();
      free.push(connection);
      dueTimes.arm(connection, seconds * 1000);
    },
    onGone(connection) {
      if (!all.delete(connection)) return;
      dueTimes.disarm(connection);
      const at = free.indexOf(connection);
      if (at >= 0) free.splice(at, 1);
      grantNext();
    },
  };

  /** Of those whose readers have stalled for too long, that for longest. */
  function findStalled(): OriginConnection | undefined {
    let found: OriginConnection | undefined;
    let earliest = performance.now() - stalledMs;
    for (const connection of all) {
      const { stalledAtMs } = connection;
      if (stalledAtMs > earliest) continue;
      earliest = stalledAtMs;
      found = connection;
    }
    return found;
  }

  /** Nobody who reads nothing keeps a connection from who waits for one. [D-0038] */
  const lookout: Timed = {
    dueAtMs: Infinity,
    onDue() {
      while (waiting.size > 0) {
        const stalled = findStalled();
        if (stalled === undefined) {
          dueTimes.arm(lookout, Math.max(LOOK_MS_MIN, stalledMs / LOOKS_PER_STALL));
          return;
        }
        stalled.lend();
      }
    },
  };

  /** There is room for one more. */
  function grantNext(): void {
    const first = next();
    if (first === undefined) return;
    unqueue(first, true);
    grantNew(first);
  }

  return {
    take(wanting) {
      const kept = wanting.needsNew ? undefined : takeFree();
      if (kept !== undefined) {
        wanting.onGranted(kept);
        return true;
      }
      if (all.size + promised >= connectionsMax) {
        const oldest = free[0];
        if (oldest === undefined) {
          waiting.add(wanting);
          queue.note(performance.now(), waiting.size, false);
          if (waiting.size === 1) lookout.onDue();
          return !waiting.has(wanting);
        }
        oldest.destroy();
      }
      grantNew(wanting);
      return true;
    },
    leave: (wanting) => unqueue(wanting, false),
    open(socketOf) {
      promised--;
      const connection = new OriginConnection(owner, headBytesMax, socketOf);
      all.add(connection);
      return connection;
    },
    decline() {
      promised--;
      grantNext();
    },
    isIdle: () => all.size === free.length && promised === 0 && waiting.size === 0,
    isCrowded: () => waiting.size > 0 && queue.isCrowded(performance.now()),
    close() {
      waiting.clear();
      dueTimes.disarm(lookout);
      for (const connection of all) connection.destroy();
    },
  };
}
