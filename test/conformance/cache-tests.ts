// The published conformance suite for HTTP caches (cache-tests.fyi), as npm has it or in a folder of its repository, whose
// layout is newer. Only what is needed of it is typed here.

import type { IncomingMessage, ServerResponse } from "node:http";
import { resolve } from "node:path";
import { existsSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";

export interface SuiteTest {
  readonly id: string;
  readonly name: string;
  /** Left out: required. */
  readonly kind?: "required" | "optimal" | "check";
  readonly browser_only?: boolean;
  readonly depends_on?: readonly string[];
}

export interface SuiteSet {
  readonly id: string;
  readonly tests: readonly SuiteTest[];
}

/** `true`: passed; else who failed (`Setup`, `Assertion`, `AbortError`) and why. */
export type SuiteResults = Readonly<Record<string, true | readonly [name: string, message: string]>>;

export interface Suite {
  readonly sets: readonly SuiteSet[];
  /** Its origin. */
  readonly answer: (request: IncomingMessage, response: ServerResponse) => void;
  run(sets: readonly SuiteSet[], base: string, atOnce: number): Promise<void>;
  results(): SuiteResults;
}

/** `no-answer`: a test that it depends on failed, or its preparation did: it says nothing about the cache. */
export type Verdict = "passed" | "failed" | "no-answer";

export type SuiteReport = readonly {
  readonly id: string;
  readonly kind: "required" | "optimal" | "check";
  readonly verdict: Verdict;
  readonly said: string;
}[];

type Handler = (segments: string[], request: IncomingMessage, response: ServerResponse) => void;

export async function loadSuite(given?: string): Promise<Suite> {
  const folder =
    given === undefined
      ? fileURLToPath(new URL("../../node_modules/http-cache-tests", import.meta.url))
      : resolve(given);
  const engine = existsSync(`${folder}/test-engine`) ? `${folder}/test-engine` : folder;
  const load = async <T>(path: string): Promise<T> => (await import(pathToFileURL(path).href)) as T;
  const sets = (await load<{ default: SuiteSet[] }>(`${folder}/tests/index.mjs`)).default;
  const { runTests, getResults } = await load<{
    runTests: (...given: unknown[]) => Promise<void>;
    getResults: () => SuiteResults;
  }>(`${engine}/client/runner.mjs`);
  const handler = async (name: string): Promise<Handler> =>
    (await load<{ default: Handler }>(`${engine}/server/handle-${name}.mjs`)).default;
  const handlers = new Map<string, Handler>();
  for (const name of ["config", "test", "state"]) handlers.set(name, await handler(name));
  return {
    sets,
    answer(request, response) {
      const [first = "", ...rest] = new URL(request.url ?? "/", "http://suite.localhost").pathname.slice(1).split("/");
      const handle = handlers.get(first);
      if (handle === undefined) response.writeHead(404).end();
      else handle(rest, request, response);
    },
    // The older layout takes the client's fetch as its second argument.
    run: (chosen, base, atOnce) =>
      engine === folder ? runTests(chosen, fetch, false, base, atOnce) : runTests(chosen, false, base, atOnce),
    results: getResults,
  };
}

/** As the suite's own report counts: a test counts only when those that it depends on have passed. */
export function verdictOf(sets: readonly SuiteSet[], id: string, results: SuiteResults): Verdict {
  const found = sets.flatMap(({ tests }) => tests).find((test) => test.id === id);
  const result = results[id];
  if (result === undefined) return "no-answer";
  if ((found?.depends_on ?? []).some((other) => verdictOf(sets, other, results) !== "passed")) return "no-answer";
  if (result === true) return "passed";
  return result[0] === "Setup" || result[0] === "AbortError" ? "no-answer" : "failed";
}
