// Work that no viewer waits for, done a little at a time between their requests: sweeping out what an invalidation has
// removed. Its share of the event loop's time is bounded, whatever a step costs on this machine and just now; it takes the
// longer for it. Only who is short of what the work will free makes it hurry.

export interface Stretches {
  /** There is something to do. */
  wake(): void;
  /** What is being done is needed: until it is done it takes a larger share. */
  hurry(): void;
  /** Nothing more is done, until it is woken again. */
  close(): void;
}

/** A stretch ends with the first step after so long, and the next comes no earlier than this after it. */
const STRETCH_MS = 0.15;
const PAUSE_MS = 10;
/** Time in stretches per time between them. */
const SHARE = STRETCH_MS / PAUSE_MS;
const HURRIED_STRETCH_MS = 2;

/** `step` does some tens of microseconds of it; `false`: nothing is left to do. */
export function inStretches(step: () => boolean, now = (): number => performance.now()): Stretches {
  let timer: NodeJS.Timeout | undefined;
  let isHurried = false;

  function goOn(): void {
    const begun = now();
    const end = begun + (isHurried ? HURRIED_STRETCH_MS : STRETCH_MS);
    let isLeft = step();
    while (isLeft && now() < end) isLeft = step();
    timer = undefined;
    if (!isLeft) isHurried = false;
    else after(isHurried ? PAUSE_MS : Math.max(PAUSE_MS, (now() - begun) / SHARE));
  }

  function after(milliseconds: number): void {
    timer ??= setTimeout(goOn, milliseconds).unref();
  }

  return {
    wake: () => after(PAUSE_MS),
    hurry() {
      if (isHurried || timer === undefined) return;
      isHurried = true;
      clearTimeout(timer);
      timer = undefined;
      after(PAUSE_MS);
    },
    close() {
      clearTimeout(timer);
      timer = undefined;
      isHurried = false;
    },
  };
}
