// The one origin behind the edge and all peers, in a process of its own: bodies of three sizes, to be kept and not, and a
// page of 1 KB under every name below /u/, so that there is always another one that nobody has stored.

import { fileURLToPath } from "node:url";
import { startBenchProgram, type BenchProgram } from "../support/bench-program.ts";

export const SIZES = { "1k": 1024, "32k": 32_768, "1m": 1_048_576 } as const;
export type SizeName = keyof typeof SIZES;

export function startPeersOrigin(): Promise<BenchProgram> {
  return startBenchProgram(fileURLToPath(new URL("./origin-process.ts", import.meta.url)));
}
