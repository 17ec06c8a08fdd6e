// Decisions as the command line prints them, for explain and for traces.

import type { ExplanationStep } from "../edge/explain/explanation.ts";

/** A line per decision: what, then why and by which rule. */
export function formatSteps(steps: readonly ExplanationStep[]): string {
  const width = Math.max(...steps.map(({ stage }) => stage.length));
  const lines = steps.map(
    ({ stage, decision, why, source }) =>
      `${stage.padEnd(width)}  ${decision}\n${" ".repeat(width)}    ${why}${source === "" ? "" : `  ${source}`}\n`,
  );
  return lines.join("");
}
