// Threads of this process, by their priority.

import { readdirSync, readFileSync } from "node:fs";
import { getPriority } from "node:os";

/** Options of a test that asks for them. */
export const onLinux = { skip: process.platform !== "linux" && "only Linux has priorities of threads" };

/** Threads of this process that yield by so much. */
export function threadsOf(niceness: number): number {
  const priority = String(getPriority(0) + niceness);
  return readdirSync("/proc/self/task").filter((id) => {
    const behindName = statOf(id).split(") ").at(-1) ?? "";
    return behindName.split(" ")[16] === priority; // proc_pid_stat(5): field 19
  }).length;
}

/** Empty of one that has just ended. */
function statOf(id: string): string {
  try {
    return readFileSync(`/proc/self/task/${id}/stat`, "utf8");
  } catch {
    return "";
  }
}
