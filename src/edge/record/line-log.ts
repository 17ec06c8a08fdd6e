// Records as lines of text, for whoever appends them to a file: the operator's own access log, which has those of all distributions.

import type { EpochMs } from "../../vocabulary/time.ts";
import { formatAccessLine } from "./access-line.ts";
import type { RecordLog } from "./recorder.ts";

/** `popName`: x-edge-location of all lines. `append` takes a line without its break; ASCII alone. */
export function openLineLog(popName: string, append: (line: string) => void): RecordLog {
  let second = Number.NaN;
  let instant = "";

  function instantOf(now: EpochMs): string {
    const nowSecond = Math.floor(now / 1000);
    if (nowSecond !== second) {
      second = nowSecond;
      const text = new Date(now).toISOString();
      instant = `${text.slice(0, 10)}\t${text.slice(11, 19)}\t${popName}\t`;
    }
    return instant;
  }

  return {
    wants: () => true,
    append: (ended, by, served) => append(formatAccessLine(instantOf(ended.endedAt), ended, by, served)),
  };
}
