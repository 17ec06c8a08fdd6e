// A body that flows: its source hands over each piece as it comes, and whoever takes it says when to stop and go on. A promise for
// each piece, as iterators have it, costs more than the piece. It is an iterable all the same, for whoever would rather wait.

/** Who takes a body. */
export interface BodySink {
  /**
   * `true`: done with these bytes, which may be written over when this returns, or if it has paused the flow, when it resumes
   * it. `false`: they are still in use, and are nobody else's from now on. It must not throw.
   */
  take(bytes: Uint8Array): boolean;
  /** It may say `false` to what it takes. One that never does is left what has waited for it where it was read. */
  readonly keeps?: true;
  /** That was all of it. */
  end(): void;
  /** It broke off. */
  fail(error: Error): void;
}

/** The flow of one body. After `end`, `fail` or `stop` none of these does anything. */
export interface BodyFlow {
  /** Begins it, or goes on. What is there comes at once, before this returns. */
  resume(): void;
  /** Nothing more comes until it is resumed, not even its end; that it broke off may. */
  pause(): void;
  /** Given up: nothing more comes. */
  stop(): void;
}

/** Opened or iterated over, once. */
export interface FlowingBody extends AsyncIterable<Uint8Array> {
  /** Nothing comes before the flow is resumed. */
  open(sink: BodySink): BodyFlow;
}

export function isFlowing(chunks: AsyncIterable<Uint8Array>): chunks is FlowingBody {
  return "open" in chunks;
}

interface Waiter {
  readonly resolve: (step: IteratorResult<Uint8Array, undefined>) => void;
  readonly reject: (error: Error) => void;
}

const DONE = { done: true, value: undefined } as const;

/** A flow, taken a piece at a time by whoever waits for it. */
export function iterateFlow(open: FlowingBody["open"]): AsyncIterator<Uint8Array, undefined> {
  let waiter: Waiter | undefined;
  let held: Uint8Array | undefined;
  let ending: "open" | "ended" | Error = "open";
  const settle = (): void => {
    if (waiter === undefined) return;
    const { resolve, reject } = waiter;
    if (held !== undefined) resolve({ done: false, value: held });
    else if (ending === "open") return;
    else if (ending === "ended") resolve(DONE);
    else reject(ending);
    held = undefined;
    waiter = undefined;
  };
  const flow = open({
    take(bytes) {
      flow.pause();
      held = bytes;
      settle();
      return false;
    },
    keeps: true,
    end() {
      ending = "ended";
      settle();
    },
    fail(error) {
      ending = error;
      settle();
    },
  });
  return {
    next() {
      return new Promise((resolve, reject) => {
        waiter = { resolve, reject };
        if (ending === "open") flow.resume();
        else settle();
      });
    },
    async return() {
      if (ending === "open") {
        ending = "ended";
        flow.stop();
        settle();
      }
      return DONE;
    },
  };
}

/** The other way round: a body whose pieces have to be waited for, as one that flows. */
export function asFlowing(chunks: AsyncIterable<Uint8Array>): FlowingBody {
  if (isFlowing(chunks)) return chunks;
  return {
    open: (sink) => flowIterator(chunks[Symbol.asyncIterator](), sink),
    [Symbol.asyncIterator]: () => chunks[Symbol.asyncIterator](),
  };
}

function flowIterator(iterator: AsyncIterator<Uint8Array>, sink: BodySink): BodyFlow {
  let isFlowing = false;
  let isReading = false;
  let isOver = false;
  /** Came while nothing was wanted. */
  let held: (() => void) | undefined;

  const arrive = (tell: () => void): void => {
    isReading = false;
    if (isOver) return;
    if (isFlowing) {
      tell();
      read();
    } else held = tell;
  };
  const end = (tell: () => void): void => {
    isOver = true;
    tell();
  };
  function read(): void {
    if (!isFlowing || isReading || isOver) return;
    isReading = true;
    iterator.next().then(
      (step) => arrive(step.done === true ? () => end(() => sink.end()) : () => void sink.take(step.value)),
      (error: unknown) => {
        const fault = error instanceof Error ? error : new Error("the body broke off", { cause: error });
        arrive(() => end(() => sink.fail(fault)));
      },
    );
  }
  return {
    resume() {
      if (isFlowing || isOver) return;
      isFlowing = true;
      const tell = held;
      held = undefined;
      tell?.();
      read();
    },
    pause() {
      isFlowing = false;
    },
    stop() {
      if (isOver) return;
      isOver = true;
      held = undefined;
      // What it says now is nobody's concern.
      iterator.return?.().then(undefined, () => undefined);
    },
  };
}
