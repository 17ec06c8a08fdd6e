// `invalidate`: makes an invalidation by the API and waits until it is complete, which means that no edge serves what it
// removed. On a terminal a line shows that it goes on; elsewhere there is a line when it is made and one when it is complete.

import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import type { Settings } from "../service/settings.ts";
import { secondsBetween, systemClock } from "../vocabulary/time.ts";
import type { WireDocument } from "../wire/shape.ts";
import type { Arguments } from "./arguments.ts";
import { openApi, textOf, type CallApi } from "./call-api.ts";
import { findDistribution } from "./distribution-list.ts";
import { refuse } from "./refuse.ts";

const TIMEOUT_SECONDS = 600;
const TIMEOUT_SECONDS_MAX = 86_400;
/** How often is asked: at first at once, as most are complete in no time, then less and less often. */
const POLL_FIRST_MS = 20;
const POLL_LAST_MS = 1000;
const NOT_COMPLETE = 3;
const INTERRUPTED = 130;

export async function invalidate(given: Arguments, settings: Settings): Promise<number> {
  const asked = readAsked(given, listRoot());
  if (typeof asked === "string") return refuse(asked, 2);
  const { name, paths, timeoutSeconds } = asked;
  const callApi = await openApi(given, settings);
  const found = await findDistribution(name, callApi);
  if (found.kind === "failure") return refuse(found.message);
  const made = await callApi("CreateInvalidation", {
    DistributionId: found.id,
    InvalidationBatch: {
      Paths: { Quantity: paths.length, Items: paths },
      CallerReference: `warmfront-${randomBytes(12).toString("hex")}`,
    },
  });
  if (made.kind === "failure") return refuse(made.message);
  const id = textOf(made.output["Invalidation"] as WireDocument, "Id");
  if (given.flags.has("--no-wait")) {
    process.stdout.write(`${id}\n`);
    return 0;
  }
  process.stdout.write(`${id}  ${paths.length === 1 ? "1 path" : `${paths.length} paths`} of ${found.id}, made\n`);
  return waitUntilComplete({ id, distribution: found.id, timeoutSeconds }, callApi);
}

interface Asked {
  readonly name: string;
  readonly paths: readonly string[];
  readonly timeoutSeconds: number;
}

/** What is to be invalidated, or what is wrong with how it was said. `rootNames` are the files that `/*` stands for in a shell. */
export function readAsked(
  { operands, flags }: Pick<Arguments, "operands" | "flags">,
  rootNames: readonly string[],
): Asked | string {
  const [name, ...paths] = operands;
  if (name === undefined || paths.length === 0) {
    return "invalidate takes a distribution and one or more paths, as in: warmfront invalidate www.example.com '/images/*'";
  }
  const wrong = paths.find((path) => !path.startsWith("/"));
  if (wrong !== undefined) return `a path begins with a slash, found ${JSON.stringify(wrong)}`;
  // Whoever types /* without quotation marks would invalidate the names of this machine's folders, and nothing of the site.
  const named = new Set(paths);
  if (rootNames.length > 1 && rootNames.every((each) => named.has(`/${each}`))) {
    return "the shell has replaced /* by the names of files: write '/*' with quotation marks";
  }
  const timeout = flags.get("--timeout")?.at(-1) ?? String(TIMEOUT_SECONDS);
  if (!/^\d{1,5}$/.test(timeout) || Number(timeout) > TIMEOUT_SECONDS_MAX) {
    return `--timeout is a number of seconds up to ${TIMEOUT_SECONDS_MAX}, found ${JSON.stringify(timeout)}`;
  }
  return { name, paths, timeoutSeconds: Number(timeout) };
}

/** What a shell makes of `/*`; a folder that cannot be read makes nothing. */
function listRoot(): readonly string[] {
  try {
    return readdirSync("/").filter((name) => !name.startsWith("."));
  } catch {
    return [];
  }
}

async function waitUntilComplete(
  made: { readonly id: string; readonly distribution: string; readonly timeoutSeconds: number },
  callApi: CallApi,
): Promise<number> {
  const { id, distribution, timeoutSeconds } = made;
  const startedAt = systemClock.now();
  const elapsed = (): number => secondsBetween(startedAt, systemClock.now());
  const progress = openProgress();
  const stopped = new AbortController();
  const stop = (): void => stopped.abort();
  process.once("SIGINT", stop);
  let trouble: string | undefined;
  try {
    for (let pause = POLL_FIRST_MS; ; pause = Math.min(pause * 2, POLL_LAST_MS)) {
      const asked = await callApi("GetInvalidation", { DistributionId: distribution, Id: id });
      // A server that is being restarted goes on with it; one that knows nothing of it will not.
      if (asked.kind === "failure" && asked.code !== undefined && asked.code !== "ServiceUnavailable") {
        progress.clear();
        return refuse(`${id} can no longer be seen: ${asked.message}`);
      }
      trouble = asked.kind === "failure" ? asked.message : undefined;
      if (asked.kind === "ok" && (asked.output["Invalidation"] as WireDocument)["Status"] === "Completed") {
        progress.clear();
        process.stdout.write(`${id}  complete after ${elapsed().toFixed(1)} s\n`);
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
    process.stderr.write(`warmfront: ${id} is not complete after ${elapsed().toFixed(1)} s and goes on (${why})\n`);
    return stopped.signal.aborted ? INTERRUPTED : NOT_COMPLETE;
  } finally {
    process.removeListener("SIGINT", stop);
  }
}

const FRAMES = ["⠋", "⠙", "⠸", "⠴", "⠦", "⠇"];

/** A line that is written over, where somebody watches. */
function openProgress(): { show(text: string): void; clear(): void } {
  if (!process.stdout.isTTY) return { show: () => undefined, clear: () => undefined };
  let shown = 0;
  return {
    show(text) {
      const room = Math.max(20, (process.stdout.columns ?? 80) - 3);
      process.stdout.write(`\r\x1b[K${FRAMES[shown++ % FRAMES.length] ?? ""} ${text.slice(0, room)}`);
    },
    clear: () => void process.stdout.write("\r\x1b[K"),
  };
}
