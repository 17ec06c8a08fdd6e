// Work that no viewer waits for, done a little at a time between their requests: sweeping out what an invalidation has
// removed. Its share of the event loop's time is bounded, whatever a step costs on this machine and just now; it takes the
// longer for it. Only who is short of what the work will free makes it hurry.

export interface Stretches {
  /** There is something to do. */
  wake(): void;
  /** What is being done is needed: until it is done it takes a larger share, which viewers hardly notice either. */
  hurry(): void;
  /** Nothing more is done, until it is woken again. */
  close(): void;
}

/** A stretch ends with the first step after so long; the pause after it is as many times longer as this one is. */
const STRETCH_MS = 0.15;
/** A cache that is full is always short of room, so also this is little. */
const HURRIED_STRETCH_MS = 0.4;
const PAUSE_MS = 10;

/** `step` does some tens of microseconds of it; `false`: nothing is left to do. */
export function inStretches(step: () => boolean, now = (): number => performance.now()): Stretches {
  let timer: NodeJS.Timeout | undefined;
  let isHurried = false;

  function goOn(): void {
    const begun = now();
    const stretch = isHurried ? HURRIED_STRETCH_MS : STRETCH_MS;
    let isLeft = step();
    while (isLeft && now() - begun < stretch) isLeft = step();
    timer = undefined;
    if (!isLeft) isHurried = false;
    // One step may take longer than all of a stretch.
    else after(Math.max(PAUSE_MS, ((now() - begun) / stretch) * PAUSE_MS));
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
