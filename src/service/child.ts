// One place for a process that the supervisor keeps filled: a process is started, given its settings, started again when it
// dies, replaced by another while it still works, drained at the end. What the messages mean beside that is the supervisor's.

import { fork, type ChildProcess } from "node:child_process";
import type { ServedTime } from "../vocabulary/served-time.ts";
import type { Log } from "./log.ts";
import type { FromChild, HeldSocket, ListenAddress, ToChild, WorkerPlace } from "./process-messages.ts";
import type { Settings } from "./settings.ts";

/** Milliseconds to wait before starting a process again: doubled by each failure up to the second number. */
const RESTART_MS = [100, 5000] as const;
/** A process that has worked for so long is forgiven its failures. */
const STEADY_MS = 10_000;
/** A process that hangs is given this much longer than it has to drain. */
const OVERDUE_SECONDS = 2;
/** How often a process is asked for a sign of life in the time that it has for one. */
const QUESTIONS = 4;
/** The first number of a descriptor behind those of the standard streams and of the channel. */
const FIRST_DESCRIPTOR = 4;

export type ChildStarted =
  | { readonly kind: "listening"; readonly addresses: readonly ListenAddress[] }
  | { readonly kind: "failure"; readonly message: string };

/** The addresses of all, or the first failure at once: the others may be waiting for the one that failed. */
export async function allListening(starts: readonly Promise<ChildStarted>[]): Promise<ChildStarted> {
  const failed = Promise.withResolvers<ChildStarted>();
  const addresses = starts.map(async (start) => {
    const outcome = await start;
    if (outcome.kind === "listening") return outcome.addresses;
    failed.resolve(outcome);
    return [];
  });
  const all = Promise.all(addresses).then((lists): ChildStarted => ({ kind: "listening", addresses: lists.flat() }));
  // A failure was told before the last of all could be.
  return Promise.race([failed.promise, all]);
}

/** A socket for a process, by the supervisor's own number of its descriptor. */
export interface SocketToHand extends ListenAddress {
  readonly descriptor?: number;
}

export interface Child<Told> {
  /** How the first start went. Later restarts are in the log. */
  readonly started: Promise<ChildStarted>;
  /** Lost when the process is not there: whoever tells must be able to tell again. Without a life: to the present one. */
  tell(message: Told, life?: number): void;
  /** Resolves when every process of the place goes by it and has done what `ToChild` says, or is gone. */
  setTime(time: ServedTime, forgets: boolean): Promise<void>;
  /**
   * Starts another process, and once that listens lets this one drain. Resolves when this one is gone; with what was wrong,
   * and this one left as it was, when the other does not come so far.
   */
  replace(): Promise<string | undefined>;
  /** The processes that are there, and whether they do their work. */
  lives(): readonly ChildLife[];
  /** How often a process has ended that was to go on. */
  deaths(): number;
  /** Lets the process finish what is in flight, and waits until it is gone. */
  drain(): Promise<void>;
}

export interface ChildLife {
  readonly life: number;
  /** `leaving`: it was replaced. */
  readonly state: "starting" | "listening" | "leaving";
}

export interface ChildOptions<Said> {
  /** For the log: api, edge 1. */
  readonly name: string;
  readonly program: string;
  readonly settings: () => Settings;
  /** What a process begins with. */
  readonly time: () => ServedTime;
  readonly log: Log;
  /** Each process of the service has a number of its own. */
  readonly nextLife: () => number;
  /** Flags and environment of its Node, beside those of this one. */
  readonly nodeFlags?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Sockets that the next process of this place gets. May throw: then it is tried again later. */
  readonly sockets?: () => readonly SocketToHand[];
  readonly place?: (life: Pick<Life, "number" | "isAfterDeath">, sockets: readonly HeldSocket[]) => WorkerPlace;
  readonly onMessage: (message: Said, life: number) => void;
  /** It has its settings, and hears what it is told from now on. */
  readonly onUp: (life: number) => void;
  readonly onDown: (life: number) => void;
  /** How long it may say nothing when it is asked; then it is killed. Left out: it is not asked. */
  readonly silentSeconds?: number;
  /** It has died, for so many times without a steady life between. */
  readonly onFailure?: (failures: number) => void;
}

/** One process in the place. */
interface Life {
  readonly number: number;
  /** Started because the one before it had died. */
  readonly isAfterDeath: boolean;
  readonly process: ChildProcess;
  readonly gone: Promise<void>;
  /** Listening, or why it never will be. */
  readonly started: PromiseWithResolvers<ChildStarted>;
  readonly sockets: readonly HeldSocket[];
  isUp: boolean;
  isListening: boolean;
  /** Questions in a row that were not answered. */
  unanswered: number;
  /** Who waits until it has a time, by the number of that. */
  readonly timeWaits: Map<number, () => void>;
}

export function openChild<Said extends { readonly kind: string }, Told>(options: ChildOptions<Said>): Child<Told> {
  const { name, log } = options;
  const started = Promise.withResolvers<ChildStarted>();
  const lives = new Map<number, Life>();
  let present: Life | undefined;
  let isDraining = false;
  let failures = 0;
  let deaths = 0;
  let timesSet = 0;
  let addresses: readonly ListenAddress[] = [];
  let replacing: Promise<string | undefined> | undefined;

  function send(life: Life | undefined, message: Told | ToChild): void {
    // A channel that broke shows itself by the exit of its process.
    if (life?.process.connected === true) life.process.send(message as object, () => undefined);
  }

  function hear(life: Life, message: FromChild | Said): void {
    const said = message as FromChild;
    switch (said.kind) {
      case "hello": {
        // A restarted process takes the ports of the first start, also where they were any free ones.
        const known = Object.fromEntries([...addresses, ...life.sockets].map(({ setting, port }) => [setting, port]));
        const place = options.place?.(life, life.sockets);
        send(life, {
          kind: "open",
          settings: { ...options.settings(), ...known },
          time: options.time(),
          ...(place !== undefined && { place }),
        });
        life.isUp = true;
        options.onUp(life.number);
        break;
      }
      case "listening":
        addresses = said.addresses;
        life.isListening = true;
        setTimeout(() => {
          if (life === present && lives.has(life.number)) failures = 0;
        }, STEADY_MS).unref();
        life.started.resolve({ kind: "listening", addresses });
        break;
      case "failed":
        if (addresses.length > 0) log("error", name, said.message);
        life.started.resolve({ kind: "failure", message: said.message });
        break;
      case "here":
        life.unanswered = 0;
        break;
      case "time-set":
        life.timeWaits.get(said.number)?.();
        life.timeWaits.delete(said.number);
        break;
      default:
        options.onMessage(message as Said, life.number);
    }
  }

  function start(isAfterDeath: boolean): Life {
    const given = options.sockets?.() ?? [];
    const descriptors: number[] = [];
    const sockets = given.map(({ descriptor, ...address }): HeldSocket => {
      if (descriptor === undefined) return address;
      descriptors.push(descriptor);
      return { ...address, descriptor: FIRST_DESCRIPTOR - 1 + descriptors.length };
    });
    const forked = fork(options.program, {
      serialization: "advanced",
      execArgv: [...process.execArgv, ...(options.nodeFlags ?? [])],
      env: { ...options.environment, ...process.env },
      stdio: ["inherit", "inherit", "inherit", "ipc", ...descriptors],
    });
    const exited = Promise.withResolvers<void>();
    const life: Life = {
      number: options.nextLife(),
      isAfterDeath,
      process: forked,
      gone: exited.promise,
      started: Promise.withResolvers(),
      sockets,
      isUp: false,
      isListening: false,
      unanswered: 0,
      timeWaits: new Map(),
    };
    lives.set(life.number, life);
    log("debug", name, `runs as process ${forked.pid}`);
    forked.on("message", (message) => hear(life, message as FromChild | Said));
    const ended = (how: string): void => {
      if (!lives.delete(life.number)) return;
      if (life.isUp) options.onDown(life.number);
      life.isUp = false;
      life.started.resolve({ kind: "failure", message: `the ${name} process ended ${how} before it was ready` });
      exited.resolve();
      if (life === present) keepFilled(how);
    };
    forked.on("error", (error) => {
      log("error", name, `cannot run the process: ${error.message}`);
      if (forked.pid === undefined) ended("before it began"); // there is no exit to come
    });
    forked.once("exit", (status, signal) => ended(signal === null ? `with status ${status}` : `by ${signal}`));
    return life;
  }

  /** The process that was to be there has ended. */
  function keepFilled(how: string): void {
    if (isDraining || addresses.length === 0) return;
    const [first, last] = RESTART_MS;
    const restartMs = Math.min(first * 2 ** failures, last);
    failures++;
    deaths++;
    options.onFailure?.(failures);
    log("error", name, `the process ended ${how}; starting another in ${restartMs} ms`);
    setTimeout(() => {
      if (!isDraining && lives.size === 0) begin(true); // otherwise a successor is about to take the place
    }, restartMs);
  }

  function begin(isAfterDeath: boolean): void {
    try {
      present = start(isAfterDeath);
      void present.started.promise.then(started.resolve);
    } catch (error) {
      log("error", name, `cannot run the process: ${String(error)}`);
      keepFilled("before it began");
    }
  }

  function stateOf(life: Life): ChildLife["state"] {
    if (!life.isListening) return "starting";
    return life === present && !isDraining ? "listening" : "leaving";
  }

  async function end(life: Life, isReplaced: boolean): Promise<void> {
    send(life, { kind: "drain", isReplaced });
    const overdue = setTimeout(
      () => life.process.kill("SIGKILL"),
      (options.settings().drainSeconds + OVERDUE_SECONDS) * 1000,
    );
    await life.gone;
    clearTimeout(overdue);
  }

  async function replace(): Promise<string | undefined> {
    if (isDraining) return undefined;
    const former = present;
    let successor: Life;
    try {
      successor = start(false);
    } catch (error) {
      return `cannot run the process: ${String(error)}`;
    }
    const outcome = await successor.started.promise;
    if (outcome.kind === "failure") {
      await end(successor, false);
      if (former === undefined || !lives.has(former.number)) keepFilled("while another was started");
      return outcome.message;
    }
    if (isDraining) return undefined;
    present = successor;
    if (former !== undefined && lives.has(former.number)) await end(former, true);
    return undefined;
  }

  /** Asked in vain so often in a row, a process hangs: its clock may have stood still as long as ours, so none is compared. */
  function askAll(): void {
    for (const life of lives.values()) {
      if (!life.isUp) continue;
      if (life.unanswered >= QUESTIONS) {
        log("error", name, `process ${life.process.pid} does not answer any more: it is killed`);
        life.process.kill("SIGKILL");
      } else {
        life.unanswered++;
        send(life, { kind: "are-you-there" });
      }
    }
  }

  async function setTime(time: ServedTime, forgets: boolean): Promise<void> {
    const number = ++timesSet;
    // One that is not up begins with it.
    const told = [...lives.values()].filter(({ isUp }) => isUp);
    const have = told.map((life) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      life.timeWaits.set(number, resolve);
      send(life, { kind: "set-time", number, time, forgets });
      return Promise.race([promise, life.gone]);
    });
    await Promise.all(have);
  }

  const { silentSeconds } = options;
  const asking = silentSeconds && setInterval(askAll, (silentSeconds * 1000) / QUESTIONS).unref();
  begin(false);
  return {
    started: started.promise,
    tell(message, life = present?.number) {
      const to = life === undefined ? undefined : lives.get(life);
      if (to?.isUp === true) send(to, message);
    },
    setTime,
    replace() {
      replacing ??= replace().finally(() => (replacing = undefined));
      return replacing;
    },
    lives: () => [...lives.values()].map((life) => ({ life: life.number, state: stateOf(life) })),
    deaths: () => deaths,
    async drain() {
      isDraining = true;
      clearInterval(asking);
      await Promise.all([...lives.values()].map((life) => end(life, false)));
    },
  };
}
