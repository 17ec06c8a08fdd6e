// What the server is being asked for, its answer or its refusal: every page that shows something goes through these states.

import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useState } from "preact/hooks";
import { messageOf } from "../frame/ask.ts";
import { Notice } from "./notice.tsx";

export function Loading({ what }: { what: string }) {
  return (
    <p class="loading" role="status">
      Loading {what} …
    </p>
  );
}

export interface Asked<Value> {
  /** The last that came, also while it is asked for again. */
  readonly value: Value | undefined;
  readonly error: string | undefined;
  readonly again: () => void;
}

/** Asks when the page is first shown, whenever `inputs` change, and when told to. */
export function useAsked<Value>(ask: () => Promise<Value>, inputs: readonly unknown[]): Asked<Value> {
  const [state, setState] = useState<{ value?: Value; error?: string }>({});
  const [round, setRound] = useState(0);
  useEffect(() => {
    let isWanted = true;
    ask().then(
      (value) => isWanted && setState({ value }),
      (error: unknown) => isWanted && setState((former) => ({ ...former, error: messageOf(error) })),
    );
    return () => {
      isWanted = false;
    };
  }, [...inputs, round]);
  const again = useCallback(() => setRound((before) => before + 1), []);
  return { value: state.value, error: state.error, again };
}

/** Asks again every so often while `isWanted`, and not while the page is in the background. */
export function useEvery(milliseconds: number, isWanted: boolean, again: () => void): void {
  useEffect(() => {
    if (!isWanted) return undefined;
    const timer = setInterval(() => document.visibilityState === "visible" && again(), milliseconds);
    return () => clearInterval(timer);
  }, [milliseconds, isWanted, again]);
}

export function WhenLoaded<Value>({
  asked,
  what,
  children,
}: {
  asked: Asked<Value>;
  what: string;
  children: (value: Value) => ComponentChildren;
}) {
  return (
    <>
      {asked.error === undefined ? null : <Notice kind="error">{asked.error}</Notice>}
      {asked.value === undefined ? asked.error === undefined ? <Loading what={what} /> : null : children(asked.value)}
    </>
  );
}
