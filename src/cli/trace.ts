// `trace`: what was decided about one request, by its id, from each worker that had to do with it.

import type { TracePiece } from "../edge/watch/traces.ts";
import type { Settings } from "../service/settings.ts";
import type { Arguments } from "./arguments.ts";
import { askServer } from "./ask-server.ts";
import { formatSteps } from "./format-steps.ts";
import { printable } from "./printable.ts";
import { refuse } from "./refuse.ts";

export interface TraceAnswer {
  readonly id: string;
  readonly pieces: readonly TracePiece[];
}

export async function trace(given: Arguments, settings: Settings): Promise<number> {
  const [id = ""] = given.operands;
  if (given.operands.length !== 1 || !/^[\w=-]{1,100}$/.test(id)) {
    return refuse(
      `trace takes the id of a request, its X-Amz-Cf-Id, found ${JSON.stringify(given.operands.join(" "))}`,
      2,
    );
  }
  const answer = await askTrace(id, given, settings);
  if (typeof answer === "string") return refuse(answer);
  process.stdout.write(given.flags.has("--json") ? `${JSON.stringify(answer, undefined, 2)}\n` : formatTrace(answer));
  return 0;
}

export function askTrace(id: string, given: Arguments, settings: Settings): Promise<TraceAnswer | string> {
  return askServer<TraceAnswer>({ method: "GET", path: `trace/${id}` }, settings, given);
}

/** The worker with the viewer first; then the one that owns the key, if that is another. */
export function formatTrace({ pieces }: TraceAnswer): string {
  const told = pieces.map(({ edge, role, method, url, steps, cause }) => {
    const head =
      role === "viewer" ? `Edge ${edge}, ${method} ${url}` : `Edge ${edge}, which owns the key, was asked by it`;
    return `${head}\n\n${formatSteps(steps)}${cause === undefined ? "" : `Because: ${cause.why}\n`}`;
  });
  return told.join("\n").split("\n").map(printable).join("\n");
}
