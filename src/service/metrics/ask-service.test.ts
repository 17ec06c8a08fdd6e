import assert from "node:assert/strict";
import test from "node:test";
import type { AskService, ServiceState } from "../process-messages.ts";
import { openServiceQuestions } from "./ask-service.ts";

const stateOf = (slots: number): ServiceState => ({ slots }) as ServiceState;

test("questions that come together cost one, and each has the answer to its own", async () => {
  const told: AskService[] = [];
  const questions = openServiceQuestions((message) => told.push(message), 60_000);
  const first = [questions.ask(), questions.ask()];
  assert.equal(told.length, 1);
  questions.hear(99, stateOf(9)); // to somebody before
  questions.hear(told[0]?.question ?? 0, stateOf(1));
  assert.deepEqual(await Promise.all(first), [stateOf(1), stateOf(1)]);
  const second = questions.ask();
  questions.hear(told[0]?.question ?? 0, stateOf(1)); // late
  questions.hear(told[1]?.question ?? 0, stateOf(2));
  assert.deepEqual(await second, stateOf(2));
});

test("a supervisor that says nothing is not waited for", async () => {
  const questions = openServiceQuestions(() => undefined, 1);
  assert.equal(await questions.ask(), undefined);
  assert.equal(await questions.ask(), undefined);
});
