// What every store decides alike about an object that is put or deleted: whether a condition holds, and what a bucket's
// versioning makes of it.

import assert from "node:assert/strict";
import type { Bucket, PutCondition } from "./buckets.ts";

/** `never`: it was not enabled so far, and every object is its only version, `null`. */
export type Versioning = "enabled" | "suspended" | "never";

const VERSIONING: Readonly<Record<string, Versioning>> = { Enabled: "enabled", Suspended: "suspended" };

/** Version id of what is put while versioning is not enabled. */
export const NULL_VERSION = "null";

export function versioningOf({ settings }: Pick<Bucket, "settings">): Versioning {
  const text = settings.versioning;
  if (text === undefined) return "never";
  const versioning = VERSIONING[text];
  assert(versioning !== undefined, `versioning is Enabled or Suspended, not ${JSON.stringify(text)}`);
  return versioning;
}

/** The id under which the next version goes in; one that has it already is replaced. */
export function versionIdFor(versioning: Versioning, newVersionId: string): string {
  return versioning === "enabled" ? newVersionId : NULL_VERSION;
}

/** Why nothing may be put over `current`, the latest version; `undefined`: it may. */
export function refuseByCondition(
  condition: PutCondition | undefined,
  current: { readonly etag: string; readonly isDeleteMarker: boolean } | undefined,
): { readonly kind: "no-object" | "precondition-failed" } | undefined {
  if (condition === undefined) return undefined;
  const isThere = current !== undefined && !current.isDeleteMarker;
  if (condition.kind === "absent") return isThere ? { kind: "precondition-failed" } : undefined;
  if (!isThere) return { kind: "no-object" };
  return condition.etag === "*" || condition.etag === current.etag ? undefined : { kind: "precondition-failed" };
}
