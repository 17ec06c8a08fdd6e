// An object of 5 GB into the folder of object files and out of it: how much the process grows. The program is one of its
// own, started as the control process is.

import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Bench } from "./support/bench.ts";
import type { Poured } from "./support/pour-objects.ts";

const PROGRAM = fileURLToPath(new URL("support/pour-objects.ts", import.meta.url));
const BYTES = 5 * 2 ** 30;

export const objectFiles: Bench = {
  name: "object-files",
  about: "Growth of memory while an object of 5 GB is written to the disk and read from it.",
  async run() {
    const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", PROGRAM, String(BYTES), tmpdir()]);
    return (JSON.parse(stdout) as readonly Poured[]).map(({ what, bytes, seconds, growthMegabytes }) => ({
      what: `an object of 5 GB, ${what}`,
      value: growthMegabytes.toFixed(0),
      unit: "MB of growth",
      wanted: "< 16",
      how: `${(bytes / 2 ** 30).toFixed(1)} GB in ${seconds.toFixed(0)} s, ${(bytes / 1e6 / seconds).toFixed(0)} MB/s; synced to the disk when written`,
    }));
  },
};
