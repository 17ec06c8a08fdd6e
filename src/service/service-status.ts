// What a running service says of itself to its operator, over the operator's line: where it listens and what it has counted.

import type { EpochMs } from "../vocabulary/time.ts";
import type { SilentWorker } from "./edge-workers.ts";
import { askOperatorLine, type OperatorAnswer } from "./operator-line.ts";
import type { LogsWaiting } from "./logs-waiting.ts";
import type { ListenAddress } from "./process-messages.ts";
import type { WorkerCounters } from "./worker-counts.ts";

export interface ServiceStatus {
  readonly processId: number;
  readonly startedAtMs: EpochMs;
  readonly dataDirectory: string;
  readonly addresses: readonly ListenAddress[];
  /** Where the console is, for a browser; none where it is off. */
  readonly consoleUrls: readonly string[];
  /** How many there should be, how many have begun, and which of these say nothing: what is changed waits for them. */
  readonly workers: { readonly wanted: number; readonly up: number; readonly silent: readonly SilentWorker[] };
  readonly counters: WorkerCounters;
  /** `undefined`: the control process has not told yet. */
  readonly logs?: LogsWaiting;
  /** What the time is, in words, where the server is for tests; absent elsewhere. */
  readonly testClock?: string;
}

export function answerStatus(status: ServiceStatus): OperatorAnswer {
  return { kind: "done", message: JSON.stringify(status) };
}

export type StatusOutcome =
  | { readonly kind: "running"; readonly status: ServiceStatus }
  | { readonly kind: "failure"; readonly message: string };

/** A supervisor does next to nothing, so one that takes longer than this hangs. */
const ANSWERS_WITHIN_MS = 5000;

/** Of the service that runs on this data directory. */
export async function askStatus(dataDir: string): Promise<StatusOutcome> {
  const answer = await askOperatorLine(dataDir, "status", ANSWERS_WITHIN_MS);
  if (answer.kind === "failure") return answer;
  return { kind: "running", status: JSON.parse(answer.message) as ServiceStatus };
}
