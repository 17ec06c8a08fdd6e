// The one time-out that spans all attempts of a fetch and its body.

import type { EffectiveOrigin } from "../config/effective-config.ts";

/** ResponseCompletionTimeout: one for all attempts and the body. [CFMODEL Origin] */
export interface Deadline {
  isOver: boolean;
  /** Who is told when it is over: the latest. */
  call(over: (why: string) => void): void;
  end(): void;
}

export function openDeadline({ completionTimeout }: EffectiveOrigin): Deadline | undefined {
  if (completionTimeout === undefined) return undefined;
  let tell: ((why: string) => void) | undefined;
  const timer = setTimeout(() => {
    deadline.isOver = true;
    tell?.(`the answer was not complete within ${completionTimeout} s`);
  }, completionTimeout * 1000);
  const deadline: Deadline = {
    isOver: false,
    call: (over) => (tell = over),
    end: () => clearTimeout(timer),
  };
  return deadline;
}
