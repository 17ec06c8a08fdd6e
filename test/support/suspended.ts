// A process that stands still for a while, as on a machine that swaps or is suspended.

/** Stops the process until the end of the scope: one left stopped would outlive its test, and hold open what it shares with it. */
export function suspend(processId: number): Disposable {
  process.kill(processId, "SIGSTOP");
  return {
    [Symbol.dispose]() {
      try {
        process.kill(processId, "SIGCONT");
      } catch {
        // it was killed meanwhile
      }
    },
  };
}
