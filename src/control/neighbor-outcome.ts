// What operations of CloudFront's neighbors (STS, IAM, ACM) answer: members in the order to write them, or a failure with
// its status, since each neighbor has codes and statuses of its own.

import type { WireDocument } from "../wire/shape.ts";

export interface NeighborFailure {
  readonly kind: "failure";
  readonly code: string;
  readonly status: number;
  readonly message: string;
}

/** Without `output`: there is nothing to tell but that it is done. */
export type NeighborOutcome = { readonly kind: "ok"; readonly output?: WireDocument } | NeighborFailure;

export function isFailure(value: object): value is NeighborFailure {
  return "kind" in value && value.kind === "failure";
}

/** As the query protocol writes instants; without fractions. */
export function formatInstant(instant: number): string {
  return new Date(instant).toISOString().replace(/\.\d+Z$/, "Z");
}
