// Read before a program by `node --import`: kills the process before the nth call that changes a name on the disk, or syncs one. Between two of
// these nothing changes but the bytes of files that nobody has been told of.

import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const at = Number(process.env["KILL_AT"]);
let calls = 0;

const CHANGING = ["renameSync", "linkSync", "mkdirSync", "rmSync", "rmdirSync", "fsyncSync"] as const;
const functions = fs as unknown as Record<string, (...words: unknown[]) => unknown>;

for (const name of CHANGING) {
  const original = functions[name];
  functions[name] = (...words) => {
    if (++calls === at) process.kill(process.pid, "SIGKILL");
    return original?.(...words);
  };
}
syncBuiltinESMExports();
