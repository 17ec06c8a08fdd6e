// The other end of child.ts: what every process of the service does with its channel to the supervisor.

import { openMovableClock } from "../vocabulary/served-time.ts";
import { systemClock, type Clock } from "../vocabulary/time.ts";
import { openLog, type Log } from "./log.ts";
import type { FromChild, ToChild, WorkerPlace } from "./process-messages.ts";
import type { Settings } from "./settings.ts";

export interface InChild<Told> {
  /** The process has its settings. A rejection, and what `fail` is called with later, is told to the operator and ends it. */
  readonly open: (
    settings: Settings,
    log: Log,
    fail: (fault: unknown) => void,
    given: { readonly place: WorkerPlace | undefined; readonly clock: Clock },
  ) => Promise<void>;
  readonly onMessage: (message: Told) => void;
  /** The time was moved: what was due in between is to be done now. May come before the process is open. */
  readonly onTime: (forgets: boolean) => Promise<void>;
  /** Finish what is in flight and close everything that was opened. */
  readonly close: (isReplaced: boolean) => Promise<void>;
}

/** Says something to the supervisor; to nobody when that is gone. */
export function tell(message: FromChild | { readonly kind: string }): void {
  if (process.connected) process.send?.(message);
}

/** Resolves when it is on its way: a process that ends takes what it has not sent along. */
export function tellSurely(message: { readonly kind: string }): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected && process.send !== undefined) process.send(message, () => resolve());
    else resolve();
  });
}

/** Runs the process until it is told to drain, or its supervisor is gone. */
export function runChild<Told extends { readonly kind: string }>(child: InChild<Told>): void {
  let isEnding = false;
  const movable = openMovableClock(systemClock);
  let log: Log | undefined;
  const end = async (status: number, isReplaced = false): Promise<void> => {
    if (isEnding) return;
    isEnding = true;
    await child.close(isReplaced);
    if (process.connected) process.disconnect?.();
    process.exit(status);
  };
  const fail = (fault: unknown): void => {
    tell({ kind: "failed", message: fault instanceof Error ? fault.message : String(fault) });
    void end(1);
  };

  async function goBy({ time, number, forgets }: Extract<ToChild, { kind: "set-time" }>): Promise<void> {
    movable.set(time);
    try {
      await child.onTime(forgets);
    } catch (fault) {
      log?.("error", "service", `not all that was due by the new time could be done: ${String(fault)}`);
    }
    tell({ kind: "time-set", number });
  }

  process.on("message", (message: ToChild | Told) => {
    const said = message as ToChild;
    if (said.kind === "open") {
      const { logLevel: level, logFormat: format } = said.settings;
      log = openLog({
        level,
        format,
        clock: systemClock,
        processId: process.pid,
        worker: said.place && said.place.slot + 1,
        write: (line) => void process.stderr.write(line),
      });
      movable.set(said.time);
      const clock = said.settings.testControls === "yes" ? movable : systemClock;
      child.open(said.settings, log, fail, { place: said.place, clock }).catch(fail);
    } else if (said.kind === "drain") void end(0, said.isReplaced);
    else if (said.kind === "set-time") {
      void goBy(said);
    } else if (said.kind === "are-you-there") tell({ kind: "here" });
    else child.onMessage(message as Told);
  });
  // Ctrl-C, and a terminal that is closed, reach every process of it; this one waits for the supervisor to say when.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
  process.on("disconnect", () => void end(0));
  tell({ kind: "hello" });
}
