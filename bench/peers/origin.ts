// The one origin behind the edge and all peers, in a process of its own: bodies of three sizes, to be kept and not, and a
// page of 1 KB under every name below /u/, so that there is always another one that nobody has stored.

import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export const SIZES = { "1k": 1024, "32k": 32_768, "1m": 1_048_576 } as const;
export type SizeName = keyof typeof SIZES;

export interface PeersOrigin extends AsyncDisposable {
  readonly port: number;
}

export async function startPeersOrigin(): Promise<PeersOrigin> {
  const child = fork(fileURLToPath(new URL("./origin-process.ts", import.meta.url)));
  const exited = once(child, "exit");
  const [port] = (await once(child, "message")) as [number];
  return {
    port,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}
