// How the control process has the supervisor tell or change the time that tests move: one question, one answer. A change takes as long as the
// slowest worker, so the bound is a generous one.

import type { TimeChange } from "../vocabulary/served-time.ts";
import type { TimeOutcome } from "./keep-time.ts";
import type { AskTime } from "./process-messages.ts";

const ANSWER_WITHIN_MS = 20_000;

/** Without a change: what the time is. Never rejects. */
export type AskTheTime = (change?: TimeChange) => Promise<TimeOutcome>;

export interface TimeQuestions {
  readonly ask: AskTheTime;
  hear(question: number, outcome: TimeOutcome): void;
}

export function openTimeQuestions(tell: (message: AskTime) => void): TimeQuestions {
  let questions = 0;
  const waiting = new Map<number, (outcome: TimeOutcome) => void>();
  return {
    ask(change) {
      const question = ++questions;
      const { promise, resolve } = Promise.withResolvers<TimeOutcome>();
      const message = "not every worker has said that it goes by the new time; the server's log may say why";
      const late = setTimeout(resolve, ANSWER_WITHIN_MS, { kind: "failure", message });
      waiting.set(question, resolve);
      tell({ kind: "ask-time", question, change });
      return promise.finally(() => {
        clearTimeout(late);
        waiting.delete(question);
      });
    },
    hear: (question, outcome) => waiting.get(question)?.(outcome),
  };
}
