// Waiting for what a test cannot be told of. Bounded by the test's own time-out.

import { setTimeout as wait } from "node:timers/promises";
import type { RunningService } from "./running-service.ts";

const LOOK_EVERY_MS = 5;

export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await wait(LOOK_EVERY_MS);
}

/** In the service's log. */
export async function untilSaid(service: Pick<RunningService, "errors">, text: string): Promise<void> {
  await until(() => service.errors().includes(text));
}

export async function untilAnswered(counts: { readonly answered: number }, count: number): Promise<void> {
  await until(() => counts.answered >= count);
}
