// The machine under the benches: which core runs what, CPU time and memory of a process, how busy it is with other work.
// By Linux's means; elsewhere nothing is pinned, figures that need /proc are not there, and the output says so.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";

const processors = availableParallelism(); // asked before anything is pinned: afterwards it is one
const canPin = process.platform === "linux" && processors > 1 && spawnSync("taskset", ["-V"]).status === 0;
/** The server is alone on one core, the load comes from another. */
const CORES = { server: "0", load: "1", any: `0-${processors - 1}` } as const;
const hasProc = existsSync("/proc/self/stat");

export type Core = keyof typeof CORES;

/** Moves a process with all its threads. What it starts later inherits the core. */
export function pin(processId: number | undefined, to: Core): void {
  if (canPin && processId !== undefined) spawnSync("taskset", ["-a", "-p", "-c", CORES[to], String(processId)]);
}

/** CPU seconds, user and system, that the process has used with all its threads; NaN where there is no /proc. */
export function cpuSeconds(processId: number | undefined): number {
  if (!hasProc || processId === undefined) return Number.NaN;
  // The second field is the program's name in parentheses, and may hold anything.
  const fields = readFileSync(`/proc/${processId}/stat`, "latin1").split(") ").at(-1)?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** The process and all that it started and they started, as they are now; itself alone where there is no /proc. */
export function processTree(processId: number): readonly number[] {
  if (!hasProc) return [processId];
  const found = [processId];
  for (const each of found) {
    try {
      for (const thread of readdirSync(`/proc/${each}/task`)) {
        const children = readFileSync(`/proc/${each}/task/${thread}/children`, "latin1").trim();
        if (children !== "") found.push(...children.split(" ").map(Number));
      }
    } catch {
      // It has ended meanwhile.
    }
  }
  return found;
}

/** Resident memory in MB; NaN where there is no /proc. */
export function residentMegabytes(processId: number | undefined): number {
  if (!hasProc || processId === undefined) return Number.NaN;
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${processId}/status`, "latin1"))?.[1]) / 1024;
}

/** The part of it that no file stands behind: without the program and its libraries. */
export function anonymousMegabytes(processId: number | undefined): number {
  if (!hasProc || processId === undefined) return Number.NaN;
  return Number(/^RssAnon:\s+(\d+) kB/m.exec(readFileSync(`/proc/${processId}/status`, "latin1"))?.[1]) / 1024;
}

/**
 * Environment of a Node process, and of those that it starts, which lets `collectGarbage` be asked of it. A signal does it,
 * because nothing of the measured program may know of the bench.
 */
export const COLLECTABLE: Readonly<Record<string, string>> = {
  NODE_OPTIONS: `--expose-gc --import=data:text/javascript,${encodeURIComponent('process.on("SIGUSR2",()=>{gc();gc()})')}`,
};

/** Has the process, started with `COLLECTABLE`, collect its garbage, and gives the allocator time to return pages. */
export async function collectGarbage(processId: number | undefined): Promise<void> {
  if (processId === undefined) return;
  for (let round = 0; round < 3; round++) {
    process.kill(processId, "SIGUSR2");
    await new Promise((resolve) => setTimeout(resolve, COLLECTED_MS));
  }
}

const COLLECTED_MS = 700;

/** The process that this one started and whose command line names `program`; `undefined` where there is no /proc. */
export function findChild(processId: number | undefined, program: string): number | undefined {
  if (!hasProc || processId === undefined) return undefined;
  const children = readFileSync(`/proc/${processId}/task/${processId}/children`, "latin1").trim().split(" ");
  return children.map(Number).find((child) => readFileSync(`/proc/${child}/cmdline`, "latin1").includes(program));
}

/** The edge workers of the service whose supervisor this is; none where there is no /proc. */
export function edgeWorkers(supervisorId: number | undefined): readonly number[] {
  return supervisorId === undefined ? [] : processesNamed(supervisorId, "edge-process");
}

/** Those of its tree whose command line names `program`; none where there is no /proc. */
export function processesNamed(processId: number, program: string): readonly number[] {
  if (!hasProc) return [];
  return processTree(processId).filter((each) => readFileSync(`/proc/${each}/cmdline`, "latin1").includes(program));
}

/** One line for the head of a table. The load average tells whether others were at work: 2 when only a bench was. */
export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? "unknown processor";
  const pinned = canPin ? "server and load pinned to a core each" : "nothing pinned";
  return `${processors} × ${model}, Node ${process.versions.node}, ${process.platform}; ${pinned}; load average ${describeLoad()}`;
}

/** Of the last minute. */
export function describeLoad(): string {
  return loadavg()[0]?.toFixed(1) ?? "unknown";
}
