// `export`: the whole state as one file; the work is service/export-state.ts's.

import { exportState as writeExport } from "../service/export-state.ts";
import type { Settings } from "../service/settings.ts";
import { systemClock } from "../vocabulary/time.ts";
import type { Arguments } from "./arguments.ts";
import { formatBytes } from "./format-bytes.ts";
import { refuse } from "./refuse.ts";

export function exportState({ operands }: Arguments, settings: Settings): number {
  const [file, ...extra] = operands;
  if (file === undefined || extra.length > 0) {
    return refuse(`export takes the name of one file, found ${JSON.stringify(operands.join(" "))}`, 2);
  }
  const outcome = writeExport(settings.dataDir, file, systemClock.now());
  if (outcome.kind === "failure") return refuse(outcome.message);
  const { files, bytes } = outcome;
  process.stdout.write(
    `${file}: ${files} files, ${formatBytes(bytes)}. Secrets are in it: keep it as you keep a private key.\n`,
  );
  return 0;
}
