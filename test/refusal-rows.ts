// Turns rows of (member, value, what is answered) into tests: one claim a row, about a config that is right but for it.

import assert from "node:assert/strict";
import test from "node:test";
import {
  acceptDistributionConfig,
  acceptStreamingDistributionConfig,
  type Accepted,
} from "../src/model/accept-config.ts";
import { NEWEST_VERSION } from "../src/model/api.ts";
import type { ApiErrorCode } from "../src/model/errors.ts";
import { DEFAULT_LIMITS } from "../src/vocabulary/limits.ts";
import type { WireDocument, WireValue } from "../src/wire/shape.ts";
import { SAMPLE_DISTRIBUTION, SAMPLE_S3_ORIGIN, SAMPLE_STREAMING_DISTRIBUTION, withMember } from "./sample-config.ts";

/** `ok`, or the code with the message or a pattern of it. */
export type Answer = "ok" | readonly [code: ApiErrorCode, message: string | RegExp];
export type Row = readonly [member: string, value: WireValue | undefined, answer: Answer];

const context = { version: NEWEST_VERSION, limits: DEFAULT_LIMITS } as const;

export function distributionRows(rows: readonly Row[], base: WireDocument = SAMPLE_DISTRIBUTION): void {
  rowsOf(rows, (member, value) => acceptDistributionConfig(withMember(base, member, value), context));
}

/** The same with an S3 origin in the place of the custom one. */
export function s3DistributionRows(rows: readonly Row[]): void {
  distributionRows(rows, withMember(SAMPLE_DISTRIBUTION, "Origins.Items", [SAMPLE_S3_ORIGIN]));
}

export function streamingRows(rows: readonly Row[]): void {
  rowsOf(rows, (member, value) =>
    acceptStreamingDistributionConfig(withMember(SAMPLE_STREAMING_DISTRIBUTION, member, value), context),
  );
}

export function rowsOf(
  rows: readonly Row[],
  accept: (member: string, value: WireValue | undefined) => Accepted<unknown> | { readonly kind: "ok" },
): void {
  for (const [member, value, answer] of rows) {
    const shown = JSON.stringify(value) ?? "left out";
    const claim = answer === "ok" ? "is accepted" : `is answered ${answer[0]}`;
    test(`${member} ${shown.length > 80 ? `${shown.slice(0, 80)}…` : shown} ${claim}`, () => {
      assertAnswer(accept(member, value), answer);
    });
  }
}

export function assertAnswer(accepted: Accepted<unknown> | { readonly kind: "ok" }, answer: Answer): void {
  if (answer === "ok") return assert.equal(accepted.kind, "ok", JSON.stringify(accepted));
  assert(accepted.kind === "failure", "accepted");
  const [code, message] = answer;
  assert.equal(accepted.code, code, accepted.message);
  if (typeof message === "string") assert.equal(accepted.message, message);
  else assert.match(accepted.message, message);
}

/** `count` different texts. */
export function many(count: number, make: (index: number) => string = (index) => `n${index}`): readonly string[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
