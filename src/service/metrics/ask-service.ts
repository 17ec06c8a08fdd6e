// How the control process learns from the supervisor how the whole service is: a question, and an answer in time or none. Questions
// that come while one is open share its answer, so that a flood of them costs one.

import type { AskService, ServiceState } from "../process-messages.ts";

export interface ServiceQuestions {
  /** `undefined`: the supervisor did not answer in time. */
  ask(): Promise<ServiceState | undefined>;
  hear(question: number, state: ServiceState): void;
}

export function openServiceQuestions(tell: (message: AskService) => void, withinMs: number): ServiceQuestions {
  let questions = 0;
  let open: { readonly question: number; readonly answer: PromiseWithResolvers<ServiceState | undefined> } | undefined;
  return {
    ask() {
      if (open !== undefined) return open.answer.promise;
      const answer = Promise.withResolvers<ServiceState | undefined>();
      open = { question: ++questions, answer };
      const late = setTimeout(answer.resolve, withinMs, undefined);
      tell({ kind: "ask-service", question: questions });
      return answer.promise.finally(() => {
        clearTimeout(late);
        open = undefined;
      });
    },
    hear(question, state) {
      if (open?.question === question) open.answer.resolve(state);
    },
  };
}
