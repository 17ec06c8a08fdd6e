// Starts a worker in either guise, as a process or as a thread, behind one small interface, so that every experiment
// compares the same code under both. Also here: pinning to a core and reading memory and CPU, by Linux's means; where
// those are missing the experiments run unpinned and say so.
import { fork, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";

/** "advanced" is a process whose channel uses structured clone instead of JSON. */
export type Guise = "process" | "advanced" | "thread";

/** What `worker.ts` is told to do; absent means not. */
export interface Duty {
  readonly id: number;
  readonly port?: number;
  readonly inserts?: "same loop" | "thread" | "process";
  readonly writesTo?: string;
  readonly socketPath?: string;
  readonly hosts?: { readonly guise: Guise; readonly workers: number; readonly replaces: boolean };
}

export interface StartedWorker {
  readonly pid: number | undefined;
  post(message: unknown): void;
  onMessage(listener: (message: Message) => void): void;
  /** Resolves once, however the worker ended. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/** Everything said between workers and whoever started them. */
export type Message = {
  readonly kind: string;
  readonly number: number;
  readonly text?: string;
  readonly pids?: readonly number[];
};

const program = new URL("./worker.ts", import.meta.url);
const oldSpaceMegabytes = 64;
const hasTaskset = spawnSync("taskset", ["-V"]).status === 0;
/** False where the figures come from an unpinned machine. */
export const pinned = hasTaskset && process.platform === "linux";

/** `cores` pins a process from its first instruction; threads and children inherit the pin. */
export function startWorker(guise: Guise, duty: Duty, cores?: string): StartedWorker {
  if (guise === "thread") {
    const thread = new Worker(program, {
      workerData: duty,
      resourceLimits: { maxOldGenerationSizeMb: oldSpaceMegabytes },
    });
    thread.on("error", () => undefined); // its end is what is measured; without a listener it would end us too
    return {
      pid: undefined,
      post: (message) => thread.postMessage(message, []),
      onMessage: (listener) => void thread.on("message", listener),
      ended: new Promise((resolve) => thread.once("exit", () => resolve())),
      stop: async () => void (await thread.terminate()),
    };
  }
  const flags = duty.hosts === undefined ? [`--max-old-space-size=${oldSpaceMegabytes}`] : []; // threads have their own limit
  const child = fork(program, [JSON.stringify(duty)], {
    serialization: guise === "advanced" ? "advanced" : "json",
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    ...(cores !== undefined && pinned
      ? { execPath: "taskset", execArgv: ["-c", cores, process.execPath, ...flags] }
      : { execArgv: flags }),
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    pid: child.pid,
    post: (message) => void child.send(message as object),
    onMessage: (listener) => void child.on("message", (message) => listener(message as Message)),
    ended,
    stop: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** Waits for the worker's next message of that kind. */
export function nextMessage(worker: StartedWorker, kind: string): Promise<Message> {
  return new Promise((resolve) => worker.onMessage((message) => message.kind === kind && resolve(message)));
}

/** Moves this process with all its threads. */
export function pinSelf(cores: string): void {
  if (pinned) spawnSync("taskset", ["-a", "-p", "-c", cores, String(process.pid)]);
}

/** CPU seconds, user and system, that these processes have used. Zero where there is no /proc. */
export function cpuSeconds(pids: readonly number[]): number {
  if (process.platform !== "linux") return 0;
  const ticks = pids.map((pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
    return Number(fields[11]) + Number(fields[12]);
  });
  return ticks.reduce((sum, each) => sum + each, 0) / 100;
}

/** Proportional set size: resident memory with shared pages divided among their users, in MB. */
export function residentMegabytes(pids: readonly number[]): number {
  if (process.platform !== "linux") return Number.NaN;
  const kilobytes = pids.map((pid) =>
    Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "latin1"))?.[1]),
  );
  return kilobytes.reduce((sum, each) => sum + each, 0) / 1024;
}
