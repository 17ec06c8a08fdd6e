// What a question of the console is, and how it is answered; the table of them is console-questions.ts.

import type { BucketRequest, BucketResponse } from "../../buckets/message.ts";
import type { Caller } from "../../callers/caller.ts";
import type { Control } from "../../control/context.ts";
import type { EdgeFollowers } from "../edge-followers.ts";

/** What the answers are made from. */
export interface QuestionParts {
  readonly control: Control;
  readonly askBuckets: (request: BucketRequest) => Promise<BucketResponse>;
  /** Address of who asks. */
  readonly from: string;
  readonly edges: Pick<EdgeFollowers, "countMatching" | "positions">;
}

export type Answered =
  | { readonly kind: "ok"; readonly answer: object }
  | { readonly kind: "failure"; readonly status: number; readonly code: string; readonly message: string };

export type Question = (
  asked: Readonly<Record<string, unknown>>,
  caller: Caller,
  parts: QuestionParts,
) => Promise<Answered>;

export function refused(message: string, code = "InvalidArgument", status = 400): Answered {
  return { kind: "failure", status, code, message };
}
