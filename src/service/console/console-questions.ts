// What the console asks that is no operation of the management API: a row each, asked by POST with one JSON object at
// /_warmfront/console/<name>. Nothing here changes anything.

import type { Caller } from "../../callers/caller.ts";
import type { Control } from "../../control/context.ts";
import { testPath } from "./test-path.ts";

/** What the answers are made from. */
export interface QuestionParts {
  readonly control: Control;
}

export type Answered =
  | { readonly kind: "ok"; readonly answer: object }
  | { readonly kind: "failure"; readonly status: number; readonly code: string; readonly message: string };

export type Question = (
  asked: Readonly<Record<string, unknown>>,
  caller: Caller,
  parts: QuestionParts,
) => Promise<Answered>;

export const CONSOLE_QUESTIONS: Readonly<Record<string, Question>> = {
  "test-path": testPath,
};
