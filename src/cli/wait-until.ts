// Waits for what the API says of a thing: that an invalidation is complete, that a distribution is in force. Asks at first at once, as
// most are so in no time, then less and less often; on a terminal a line shows that it goes on.

import { setTimeout as wait } from "node:timers/promises";
import { secondsBetween, systemClock } from "../vocabulary/time.ts";
import type { Arguments } from "./arguments.ts";
import type { ApiOutcome } from "./call-api.ts";
import { openProgress } from "./progress.ts";
import { refuse } from "./refuse.ts";

const TIMEOUT_SECONDS = 600;
const TIMEOUT_SECONDS_MAX = 86_400;
const POLL_FIRST_MS = 20;
const POLL_LAST_MS = 1000;
const NOT_IN_TIME = 3;
const INTERRUPTED = 130;

export interface Awaited {
  readonly id: string;
  /** What it is then: `complete`. */
  readonly becomes: string;
  readonly timeoutSeconds: number;
  readonly look: () => Promise<ApiOutcome>;
  /** Of what `look` found. */
  readonly isDone: (found: ApiOutcome & { readonly kind: "ok" }) => boolean;
}

/** What `--timeout` says, or what is wrong with it. */
export function readTimeout(flags: Arguments["flags"]): number | string {
  const timeout = flags.get("--timeout")?.at(-1) ?? String(TIMEOUT_SECONDS);
  if (/^\d{1,5}$/.test(timeout) && Number(timeout) <= TIMEOUT_SECONDS_MAX) return Number(timeout);
  return `--timeout is a number of seconds up to ${TIMEOUT_SECONDS_MAX}, found ${JSON.stringify(timeout)}`;
}

/** Says how it went; the exit code. It ends, and what is waited for goes on, when the time is over or Ctrl-C is pressed. */
export async function waitUntil({ id, becomes, timeoutSeconds, look, isDone }: Awaited): Promise<number> {
  const startedAt = systemClock.now();
  const elapsed = (): number => secondsBetween(startedAt, systemClock.now());
  const progress = openProgress();
  const stopped = new AbortController();
  const stop = (): void => stopped.abort();
  process.once("SIGINT", stop);
  let trouble: string | undefined;
  try {
    for (let pause = POLL_FIRST_MS; ; pause = Math.min(pause * 2, POLL_LAST_MS)) {
      const found = await look();
      // A server that is being restarted goes on with it; one that knows nothing of it will not.
      if (found.kind === "failure" && found.code !== undefined && found.code !== "ServiceUnavailable") {
        progress.clear();
        return refuse(`${id} can no longer be seen: ${found.message}`);
      }
      trouble = found.kind === "failure" ? found.message : undefined;
      if (found.kind === "ok" && isDone(found)) {
        progress.clear();
        process.stdout.write(`${id}  ${becomes} after ${elapsed().toFixed(1)} s\n`);
        return 0;
      }
      if (elapsed() >= timeoutSeconds || stopped.signal.aborted) break;
      progress.show(`${id}  in progress for ${elapsed().toFixed(0)} s${trouble === undefined ? "" : `: ${trouble}`}`);
      await wait(Math.min(pause, Math.max(0, timeoutSeconds - elapsed()) * 1000), undefined, {
        signal: stopped.signal,
      }).catch(() => undefined); // told to stop: the next look is the last
    }
    progress.clear();
    const why = trouble ?? "no edge runs, or not all have it in force: warmfront status tells";
    process.stderr.write(`warmfront: ${id} is not ${becomes} after ${elapsed().toFixed(1)} s and goes on (${why})\n`);
    return stopped.signal.aborted ? INTERRUPTED : NOT_IN_TIME;
  } finally {
    process.removeListener("SIGINT", stop);
  }
}
