// What has been acknowledged as changed is never shown in its older form, whatever becomes of the workers meanwhile.

import assert from "node:assert/strict";
import test from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { openChangingPages, type ChangingPages } from "../support/changing-pages.ts";
import { processesOf, startService, type RunningService } from "../support/running-service.ts";
import { suspend } from "../support/suspended.ts";
import { until } from "../support/until.ts";

const FLAGS = ["--fidelity", "rfc9111", "--log-level", "debug"];
const PAGES = 12;
/** Some small, some longer than what is copied at the first question, one that is a file of its own on the disk. */
const lengthOf = (page: number): number => (page === 5 ? 400_000 : page % 3 === 0 ? 40_000 : 500);
const all = Array.from({ length: PAGES }, (_, page) => page);

function isAlive(id: number): boolean {
  try {
    return process.kill(id, 0);
  } catch {
    return false;
  }
}

const aliveOf = (service: RunningService): readonly number[] => processesOf(service, "edge").filter(isAlive);

/** So often that every worker has what it owns, and copies of the rest. */
async function readOften(pages: ChangingPages): Promise<void> {
  for (let times = 0; times < 6; times++)
    await Promise.all(all.flatMap((page) => [1, 2, 3].map(async () => pages.read(page))));
}

test("a worker that was stopped and goes on shows nothing that was changed without it", async () => {
  await using service = await startService(["--workers", "2", "--peer-silence-seconds", "1", ...FLAGS]);
  // Each request may come to either worker.
  await using pages = await openChangingPages(service, PAGES, lengthOf, false);
  const { seen } = pages;
  for (const stopped of processesOf(service, "edge")) {
    await readOften(pages);
    const asked: Promise<void>[] = [];
    {
      using _stopped = suspend(stopped);
      const before = seen.acknowledged;
      // Those that reach the stopped worker wait for it.
      asked.push(...all.flatMap((page) => [pages.put(page), pages.put(page)]));
      await until(() => seen.acknowledged >= before + 3);
      const answered = seen.answered;
      asked.push(...Array.from({ length: 8 }, () => all.map((page) => pages.read(page))).flat());
      await until(() => seen.answered >= answered + PAGES);
    }
    await Promise.all(asked);
  }
  assert.deepEqual(seen.faults, []);
});

test("workers that are killed again and again show nothing that is older than what was acknowledged, and nobody hangs", async () => {
  await using service = await startService(["--workers", "4", "--cache-capacity-bytes", "3000000", ...FLAGS]);
  await using pages = await openChangingPages(service, PAGES, lengthOf);
  const { seen } = pages;
  const over = new AbortController();
  const again = async (work: (turn: number) => Promise<unknown>): Promise<void> => {
    for (let turn = 0; !over.signal.aborted; turn++) await work(turn);
  };
  const working = [
    ...Array.from({ length: 8 }, (_, viewer) => again(async (turn) => pages.read((turn * (viewer + 1)) % PAGES))),
    ...[0, 1, 2].map((writer) =>
      again(async (turn) => {
        const page = (turn * 5 + writer) % PAGES;
        await pages.put(page);
        await Promise.all([1, 2, 3, 4].map(async () => pages.read(page)));
        await wait(10);
      }),
    ),
    again(async (turn) => {
      await pages.invalidate(turn % PAGES);
      await Promise.all([1, 2, 3, 4].map(async () => pages.read(turn % PAGES)));
    }),
  ];
  // Each slot in turn, sometimes two at once; then those that wait for their next start are back.
  for (let kill = 0; kill < 8; kill++) {
    const { answered, acknowledged } = seen;
    await until(() => seen.answered > answered + 50 && seen.acknowledged > acknowledged + 3);
    const alive = aliveOf(service);
    for (const id of alive.slice(0, 1 + (kill % 2))) process.kill(id, "SIGKILL");
  }
  const { answered } = seen;
  await until(() => seen.answered > answered + 100);
  over.abort();
  await Promise.all(working);
  assert.deepEqual(seen.faults, []);
});
