// `import`: an exported file becomes the state of the data directory; the work is service/import-state.ts's.

import { importState as readImport } from "../service/import-state.ts";
import type { Settings } from "../service/settings.ts";
import { systemClock } from "../vocabulary/time.ts";
import type { Arguments } from "./arguments.ts";
import { formatBytes } from "./format-bytes.ts";
import { refuse } from "./refuse.ts";

export function importState({ operands, flags }: Arguments, settings: Settings): number {
  const [file, ...extra] = operands;
  if (file === undefined || extra.length > 0) {
    return refuse(`import takes the name of one file, found ${JSON.stringify(operands.join(" "))}`, 2);
  }
  const outcome = readImport(settings.dataDir, file, { overwrite: flags.has("--overwrite"), now: systemClock.now() });
  if (outcome.kind === "failure") return refuse(outcome.message);
  const { directory, exportedAt, files, bytes, kept } = outcome;
  process.stdout.write(
    `${directory} holds the state of ${exportedAt}: ${files} files, ${formatBytes(bytes)}. Next: warmfront start\n`,
  );
  if (kept !== undefined) process.stdout.write(`What was there is in ${kept}; remove it when you need it no more.\n`);
  return 0;
}
