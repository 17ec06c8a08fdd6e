// Live lines of a worker for those who watch: filtered where they come up, so that only what is asked for travels, and gathered for a moment, so
// that a message carries many. One batch is on its way at a time: whoever does not ask for more loses what does not fit, counted, and no viewer waits.

import type { AccountId } from "../../vocabulary/ids.ts";
import type { Limits } from "../../vocabulary/limits.ts";
import type { Clock } from "../../vocabulary/time.ts";
import type { EffectiveDistribution } from "../config/effective-config.ts";
import type { Ended } from "../ended.ts";
import { formatTailLine } from "./line-fields.ts";
import type { Predicate } from "./predicate-of.ts";

/** Lines as JSON, in the order in which answers ended; `lost` stood before or among them and is not there. The first batch is empty: the tail has begun. */
export interface TailBatch {
  readonly lines: readonly string[];
  readonly lost: number;
}

export interface TailSettings {
  /** Lines of other accounts' distributions are nobody's business. */
  readonly account: AccountId;
  /** Of this distribution alone; `undefined`: of all. */
  readonly distribution: string | undefined;
  /** `undefined`: all are asked for. */
  readonly holds: Predicate | undefined;
  readonly send: (batch: TailBatch) => void;
}

export interface Tail {
  /** Whether its account and its distribution are those of the answer. */
  isFor(distribution: EffectiveDistribution): boolean;
  /** Whether all that it could do with an answer that is for it is to lose it. */
  isSpent(): boolean;
  /** An answer that is for it, and that it need not see. */
  lose(): void;
  /** What has ended, in order; it takes what is for it. */
  see(batch: readonly Ended[]): void;
  /** What was sent has been taken: the next may come. */
  more(): void;
  /** Sends at once what may be sent. */
  flush(): void;
  close(): void;
}

export type TailLimits = Pick<Limits, "tailLinesPerSecondMax" | "tailPendingBytesMax">;

/** Lines are gathered for so long. */
const GATHERED_MS = 50;
/** For so long whoever may tell no more looks at nothing. */
const SPENT_MS = 50;
/** So that one message is no long turn of those who pass it on. */
const BATCH_BYTES_MAX = 262_144;

export function openTail(
  { account, distribution, holds, send }: TailSettings,
  limits: TailLimits,
  machineClock: Clock,
): Tail {
  let lines: string[] = [];
  let bytes = 0;
  let lost = 0;
  let isUnderWay = true;
  let timer: NodeJS.Timeout | undefined;
  /** While it runs the tail is spent. */
  let spent: NodeJS.Timeout | undefined;
  /** Lines that may be made now: as many as in a second after a pause, and else as they come back, so that lines come evenly. */
  let allowed = limits.tailLinesPerSecondMax;
  let allowedAt = machineClock.now();

  function allowMore(): void {
    const { tailLinesPerSecondMax: most } = limits;
    const now = machineClock.now();
    allowed = Math.min(most, allowed + (Math.max(0, now - allowedAt) / 1000) * most);
    allowedAt = now;
  }

  function flush(): void {
    timer = undefined;
    if (isUnderWay || (lines.length === 0 && lost === 0)) return;
    isUnderWay = true;
    let taken = 0;
    let takenBytes = 0;
    while (taken < lines.length && takenBytes < BATCH_BYTES_MAX) takenBytes += lines[taken++]?.length ?? 0;
    const batch: TailBatch = { lines: lines.slice(0, taken), lost };
    lines = lines.slice(taken);
    bytes -= takenBytes;
    lost = 0;
    send(batch);
  }

  function flushSoon(): void {
    if (!isUnderWay) timer ??= setTimeout(flush, GATHERED_MS).unref();
  }

  function rest(): void {
    spent ??= setTimeout(() => {
      spent = undefined;
      if (lost > 0) flushSoon();
    }, SPENT_MS).unref();
  }

  // So that whoever watches knows from when on.
  send({ lines: [], lost: 0 });

  const isFor = (of: EffectiveDistribution): boolean =>
    of.account === account && (distribution === undefined || of.id === distribution);

  return {
    isFor,
    // What it does not ask for is not lost, so where it does not ask for all it has to look.
    isSpent: () => spent !== undefined && holds === undefined,
    lose: () => void lost++,
    see(batch) {
      allowMore();
      for (const ended of batch) {
        const { distribution: of } = ended.served;
        if (of === undefined || !isFor(of) || holds?.(ended) === false) continue;
        // Nobody reads more, and making lines costs what serving costs.
        if (bytes >= limits.tailPendingBytesMax || allowed < 1) {
          lost++;
          rest();
          continue;
        }
        allowed--;
        const line = formatTailLine(ended);
        lines.push(line);
        bytes += line.length;
      }
      if (lines.length > 0 || lost > 0) flushSoon();
    },
    more() {
      isUnderWay = false;
      if (lines.length > 0 || lost > 0) flushSoon();
    },
    flush,
    close() {
      clearTimeout(timer);
      clearTimeout(spent);
      lines = [];
      isUnderWay = true; // nothing is sent any more
    },
  };
}
