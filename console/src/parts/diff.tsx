// What is going to change, line by line, with a few unchanged lines around each change.

import { diffLines } from "diff";

const AROUND = 3;

interface Line {
  readonly kind: "added" | "removed" | "same";
  readonly text: string;
}

const SIGNS = { added: "+", removed: "−", same: " " } as const;
const WORDS = { added: "added: ", removed: "removed: ", same: "" } as const;

export function linesOfDiff(before: string, after: string): readonly Line[] {
  return diffLines(before, after).flatMap(({ added, removed, value }) =>
    value
      .replace(/\n$/, "")
      .split("\n")
      .map((text): Line => ({ kind: added ? "added" : removed ? "removed" : "same", text })),
  );
}

export function Diff({ before, after }: { before: string; after: string }) {
  const lines = linesOfDiff(before, after);
  const isNear = lines.map((_, at) =>
    lines.slice(Math.max(0, at - AROUND), at + AROUND + 1).some(({ kind }) => kind !== "same"),
  );
  const count = (kind: Line["kind"]): number => lines.filter((line) => line.kind === kind).length;
  if (!isNear.includes(true)) return <p class="empty">Nothing is changed.</p>;
  return (
    <>
      <p class="hint">
        {count("added")} {count("added") === 1 ? "line" : "lines"} added, {count("removed")} removed
      </p>
      <div class="diff" tabIndex={0} role="region" aria-label="Changes">
        {lines.map((line, at) => {
          if (isNear[at] === true) {
            return (
              <div key={at} class={line.kind}>
                <span aria-hidden="true">{SIGNS[line.kind]} </span>
                <span class="hidden">{WORDS[line.kind]}</span>
                {line.text}
              </div>
            );
          }
          return isNear[at - 1] === true || at === 0 ? (
            <div key={at} class="skipped">
              ⋯
            </div>
          ) : null;
        })}
      </div>
    </>
  );
}

/** A document as it is compared and edited. */
export function formatJson(value: unknown): string {
  return JSON.stringify(value, undefined, 2);
}
