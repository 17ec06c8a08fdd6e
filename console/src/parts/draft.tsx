// What somebody is changing, held against what was read when it was begun. That stays the ground: when another one has saved meanwhile,
// saving is refused by the revision, and whoever writes is told before.

import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { unsaved } from "../frame/route.ts";
import { formatJson } from "./diff.tsx";
import { Notice } from "./notice.tsx";

/** A config as it was read, and the revision that a change of it has to name. */
export interface Revised<Config> {
  readonly ETag: string;
  readonly config: Config;
}

export interface Drafting<Config> {
  readonly ground: Revised<Config>;
  readonly draft: Config;
  readonly set: (draft: Config) => void;
  readonly isChanged: boolean;
  /** Somebody else has saved since. */
  readonly isOutdated: boolean;
  /** What the API said to the last attempt to save; "" for nothing. */
  readonly refusal: string;
  readonly setRefusal: (refusal: string) => void;
  /** Drops what was written, for what is there now. */
  readonly begin: () => void;
}

/** `current` is what was read last: what is not changed yet follows it. */
export function useDraft<Config>(current: Revised<Config>): Drafting<Config> {
  const [ground, setGround] = useState(current);
  const [draft, set] = useState<{ readonly config: Config }>(current);
  const [refusal, setRefusal] = useState("");
  const isChanged = formatJson(draft.config) !== formatJson(ground.config);
  const isOutdated = current.ETag !== ground.ETag;
  const begin = (): void => {
    setGround(current);
    set(current);
    setRefusal("");
  };
  useEffect(() => {
    if (isOutdated && !isChanged) begin();
  }, [isOutdated, isChanged]);
  return {
    ground,
    draft: draft.config,
    set: (config) => set({ config }),
    isChanged,
    isOutdated,
    refusal,
    setRefusal,
    begin,
  };
}

/** Asks before somebody goes away from what is changed. */
export function useUnsaved(isChanged: boolean, question = "Leave without saving what you have changed?"): void {
  // Before anybody can do the next thing.
  useLayoutEffect(() => {
    unsaved.value = isChanged ? question : "";
    return () => {
      unsaved.value = "";
    };
  }, [isChanged]);
}

/** Above a form whose ground is no longer what is there. */
export function Outdated({
  what,
  drafting: { isOutdated, isChanged, begin },
}: {
  what: string;
  drafting: Pick<Drafting<never>, "isOutdated" | "isChanged" | "begin">;
}) {
  if (!isOutdated || !isChanged) return null;
  return (
    <Notice kind="warning">
      <p>
        Somebody has changed this {what} since you began. Saving will be refused: begin again with what is there now.
      </p>
      <div class="actions">
        <button type="button" onClick={begin}>
          Begin again
        </button>
      </div>
    </Notice>
  );
}
