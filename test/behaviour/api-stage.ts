import type { DistributionDraft, Stage, Step } from "../scenarios/harness.ts";
export interface Target {
  readonly x: string;
}
export function readTarget(): Target | undefined {
  return undefined;
}
export async function openApiStage(_t: Target, _d: DistributionDraft, _s: readonly Step[]): Promise<Stage> {
  throw new Error("x");
}
