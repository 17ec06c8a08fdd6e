// Forgetting in this worker, so that it holds for those who come after it too: what is noted on a disk that another process has, and what
// could be told to nobody, is left in a file and taken from there. [D-0027]

import type { DistributionId } from "../../vocabulary/ids.ts";
import type { LeftForgets, Taken } from "./left-forgets.ts";
import type { RecentForgets } from "./recent-forgets.ts";

type Forget<Outcome> = (distribution: DistributionId, urls: readonly string[]) => Outcome;

export interface ForgetForGood {
  /** In force when it returns, and for good when it resolves. */
  readonly here: Forget<Promise<void>>;
  /** For a slot where nobody could be told. */
  leave(slot: number, ...what: Parameters<Forget<void>>): Promise<void>;
  /** What was left for this slot is in force when it returns. */
  takeLeft(): void;
  /** What was taken need not be left any longer once it holds for good. */
  tick(): void;
}

export function openForgetForGood(around: {
  readonly slot: number;
  readonly left: LeftForgets;
  readonly recent: RecentForgets;
  /** In this worker's cache: in force when it returns, and resolves with whether for good. */
  readonly forget: Forget<Promise<boolean>>;
  /** All forgotten so far is so for good. */
  readonly isForGood: () => Promise<boolean>;
  /** Copies that were given away end too. */
  readonly tellHolders: Forget<void>;
  readonly log: (event: string, why: string) => void;
}): ForgetForGood {
  const { slot, left, recent, log } = around;
  let taken: Taken[] = [];

  const here: ForgetForGood["here"] = async (distribution, urls) => {
    recent.note(distribution, urls);
    if (!(await around.forget(distribution, urls))) await leave(slot, distribution, urls);
  };

  async function leave(of: number, distribution: DistributionId, urls: readonly string[]): Promise<void> {
    try {
      await left.leave(of, { distribution, urls });
    } catch (fault) {
      log("forget-not-left", `worker ${of + 1} may serve what it was to forget: ${String(fault)}`);
    }
  }

  function takeLeft(): void {
    try {
      const found = left.take();
      if (found === undefined) return;
      for (const { distribution, urls } of found.forgets) {
        recent.note(distribution, urls);
        void around.forget(distribution, urls);
        around.tellHolders(distribution, urls);
      }
      taken.push(found);
    } catch (fault) {
      log("forget-not-taken", `what this worker was to forget cannot be read: ${String(fault)}`);
    }
  }

  async function finish(): Promise<void> {
    const done = taken;
    if (done.length === 0 || !(await around.isForGood())) return;
    taken = taken.filter((one) => !done.includes(one));
    for (const one of done) one.done();
  }

  return {
    here,
    leave,
    takeLeft,
    tick() {
      takeLeft();
      void finish();
    },
  };
}
