// A program of a bench in a process of its own: what it is told stands on its command line as JSON, it answers with the port at which it
// listens, and it ends with the bench. `startBenchProgram` is the bench's side of that, `tellPort` the program's.

import { fork } from "node:child_process";
import { once } from "node:events";
import { pin } from "./machine.ts";

export interface BenchProgram extends AsyncDisposable {
  readonly port: number;
  readonly processId: number | undefined;
}

/** `on`: the core that it is moved to; left out, it stays where the bench is. */
export async function startBenchProgram(
  program: string,
  given: { readonly told?: unknown; readonly on?: "server" | "load"; readonly nodeFlags?: readonly string[] } = {},
): Promise<BenchProgram> {
  const { told = {}, on, nodeFlags = [] } = given;
  const child = fork(program, [JSON.stringify(told)], { execArgv: [...process.execArgv, ...nodeFlags] });
  const exited = once(child, "exit");
  const [port] = (await once(child, "message")) as [number];
  if (on !== undefined) pin(child.pid, on);
  return {
    port,
    processId: child.pid,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/** The program's own side: without the bench there is nobody to ask it. */
export function tellPort(port: number): void {
  process.once("disconnect", () => process.exit());
  process.send?.(port);
}

/** What the bench has told this program. */
export function whatWasTold(): unknown {
  return JSON.parse(process.argv[2] ?? "{}");
}
