// One process that the supervisor keeps running: started, given its settings, started again when it dies, drained at the
// end. What the messages mean beside that is the supervisor's.

import { fork, type ChildProcess } from "node:child_process";
import type { Log } from "./log.ts";
import type { FromChild, ListenAddress, ToChild } from "./process-messages.ts";
import type { Settings } from "./settings.ts";

/** Milliseconds to wait before starting a process again: doubled by each failure up to the second number. */
const RESTART_MS = [100, 5000] as const;
/** A process that hangs is given this much longer than it has to drain. */
const OVERDUE_SECONDS = 2;

export type ChildStarted =
  | { readonly kind: "listening"; readonly addresses: readonly ListenAddress[] }
  | { readonly kind: "failure"; readonly message: string };

export interface Child<Told> {
  /** How the first start went. Later restarts are in the log. */
  readonly started: Promise<ChildStarted>;
  /** Lost when the process is not there: whoever tells must be able to tell again. */
  tell(message: Told): void;
  /** Lets the process finish what is in flight, and waits until it is gone. */
  drain(): Promise<void>;
}

export interface ChildOptions<Said> {
  /** For the log: api, edge. */
  readonly name: string;
  readonly program: string;
  readonly settings: Settings;
  readonly log: Log;
  /** Flags and environment of its Node, beside those of this one. */
  readonly nodeFlags?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly onMessage: (message: Said) => void;
  /** It has its settings, and hears what it is told from now on. */
  readonly onUp: () => void;
  readonly onDown: () => void;
}

export function openChild<Said extends { readonly kind: string }, Told>(options: ChildOptions<Said>): Child<Told> {
  const { name, settings, log } = options;
  const started = Promise.withResolvers<ChildStarted>();
  let child: ChildProcess | undefined;
  let gone = Promise.resolve();
  let isUp = false;
  let isDraining = false;
  let restartMs: number = RESTART_MS[0];
  let addresses: readonly ListenAddress[] = [];

  function send(message: Told | ToChild): void {
    // A channel that broke shows itself by the exit of its process.
    if (child?.connected === true) child.send(message as object, () => undefined);
  }

  function hear(message: FromChild | Said): void {
    const said = message as FromChild;
    switch (said.kind) {
      case "hello": {
        // A restarted process takes the ports of the first start, also where they were any free ones.
        const known = Object.fromEntries(addresses.map(({ setting, port }) => [setting, port]));
        send({ kind: "open", settings: { ...settings, ...known } });
        isUp = true;
        options.onUp();
        break;
      }
      case "listening":
        addresses = said.addresses;
        restartMs = RESTART_MS[0];
        started.resolve({ kind: "listening", addresses });
        break;
      case "failed":
        if (addresses.length > 0) log("error", name, said.message);
        started.resolve({ kind: "failure", message: said.message });
        break;
      default:
        options.onMessage(message as Said);
    }
  }

  function start(): void {
    const forked = fork(options.program, {
      serialization: "advanced",
      execArgv: [...process.execArgv, ...(options.nodeFlags ?? [])],
      env: { ...options.environment, ...process.env },
    });
    child = forked;
    log("debug", name, `runs as process ${forked.pid}`);
    const exited = Promise.withResolvers<void>();
    gone = exited.promise;
    forked.on("message", hear);
    forked.on("error", (error) => log("error", name, `cannot run the process: ${error.message}`));
    forked.once("exit", (status, signal) => {
      const how = signal === null ? `with status ${status}` : `by ${signal}`;
      if (isUp) options.onDown();
      isUp = false;
      started.resolve({ kind: "failure", message: `the ${name} process ended ${how} before it was ready` });
      exited.resolve();
      if (isDraining || addresses.length === 0) return;
      log("error", name, `the process ended ${how}; starting another in ${restartMs} ms`);
      setTimeout(() => {
        if (!isDraining) start();
      }, restartMs);
      restartMs = Math.min(restartMs * 2, RESTART_MS[1]);
    });
  }

  start();
  return {
    started: started.promise,
    tell(message) {
      if (isUp) send(message);
    },
    async drain() {
      isDraining = true;
      send({ kind: "drain" });
      const last = child;
      const overdue = setTimeout(() => last?.kill("SIGKILL"), (settings.drainSeconds + OVERDUE_SECONDS) * 1000);
      await gone;
      clearTimeout(overdue);
    },
  };
}
