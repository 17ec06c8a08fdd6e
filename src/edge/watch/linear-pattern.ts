// Regular expressions for those who look on: they run on viewers' requests, so none may take longer than in proportion to the text. The engine
// of the language goes back and tries again, for minutes where somebody wants it; this one steps through all possibilities at once and
// remembers the sets it was in. What it cannot do (back references, looking around) is refused where it is read: parse-pattern.ts.

import { parsePattern, PatternFault, type PatternNode, type Takes } from "./parse-pattern.ts";

/** A pattern whose states are more than this is refused: each character may cost as many steps. */
const STATES_MAX = 256;
/** Sets of states that are remembered; then they are forgotten and worked out again. */
const SETS_MAX = 128;
/** Text behind it is not looked at. */
const TEXT_MAX = 8192;

export interface LinearPattern {
  /** Whether it is found anywhere in the text. */
  test(text: string): boolean;
}

export type PatternOutcome =
  | { readonly kind: "pattern"; readonly pattern: LinearPattern }
  /** `at` counts characters of the source from 0. */
  | { readonly kind: "failure"; readonly message: string; readonly at: number };

/** With `ignoresCase` letters of ASCII stand for both of their forms. */
export function compilePattern(source: string, ignoresCase: boolean): PatternOutcome {
  try {
    return { kind: "pattern", pattern: openMatcher(statesOf(parsePattern(source, ignoresCase))) };
  } catch (fault) {
    if (fault instanceof PatternFault) return { kind: "failure", message: fault.message, at: fault.at };
    throw fault;
  }
}

/** One state: what leads on from it. `next` are numbers of states. */
type State =
  | { readonly kind: "takes"; readonly takes: Takes; readonly next: number }
  | { readonly kind: "start" | "end"; readonly next: number }
  | { readonly kind: "both"; readonly next: number; readonly other: number }
  | { readonly kind: "found" };

interface States {
  readonly states: readonly State[];
  readonly first: number;
}

/** From the end to the beginning, so that what follows has its number already. */
function statesOf(node: PatternNode): States {
  const states: State[] = [{ kind: "found" }];
  const add = (state: State): number => {
    if (states.length >= STATES_MAX) throw new PatternFault(`it is too long: more than ${STATES_MAX} states`, 0);
    states.push(state);
    return states.length - 1;
  };

  function build(part: PatternNode, next: number): number {
    switch (part.kind) {
      case "takes":
        return add({ kind: "takes", takes: part.takes, next });
      case "start":
      case "end":
        return add({ kind: part.kind, next });
      case "all":
        return part.of.reduceRight((behind, each) => build(each, behind), next);
      case "one":
        return part.of
          .map((each) => build(each, next))
          .reduceRight((other, each) => add({ kind: "both", next: each, other }));
      case "repeat":
        return buildRepeat(part, next);
    }
  }

  function buildRepeat({ of, least, most }: Extract<PatternNode, { kind: "repeat" }>, next: number): number {
    let at = next;
    if (most === Infinity) {
      const loop = add({ kind: "both", next, other: next });
      states[loop] = { kind: "both", next: build(of, loop), other: next };
      at = loop;
    } else {
      for (let time = least; time < most; time++) at = add({ kind: "both", next: build(of, at), other: next });
    }
    for (let time = 0; time < least; time++) at = build(of, at);
    return at;
  }

  const first = build(node, 0);
  return { states, first };
}

/** A set of states that a text has led to. */
interface StateSet {
  /** Those that take a character, or wait for the end. */
  readonly members: readonly number[];
  readonly isFound: boolean;
  /** Whether it is, where the text ends here. */
  readonly isFoundAtEnd: boolean;
  readonly next: Map<number, StateSet>;
}

function openMatcher({ states, first }: States): LinearPattern {
  let known = new Map<string, StateSet>();

  /** All that can be reached without a character. */
  function reach(
    from: readonly number[],
    isAtStart: boolean,
    isAtEnd: boolean,
  ): { members: number[]; isFound: boolean } {
    const seen = new Set<number>();
    const members: number[] = [];
    const waiting = [...from];
    let isFound = false;
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      if (seen.has(at)) continue;
      seen.add(at);
      const state = states[at];
      if (state === undefined) continue;
      if (state.kind === "found") isFound = true;
      else if (state.kind === "takes") members.push(at);
      else if (state.kind === "both") waiting.push(state.next, state.other);
      else if (state.kind === "start" ? isAtStart : isAtEnd) waiting.push(state.next);
      else if (state.kind === "end") members.push(at);
    }
    return { members, isFound };
  }

  function setOf(from: readonly number[], isAtStart: boolean): StateSet {
    const { members, isFound } = reach(from, isAtStart, false);
    members.sort((one, other) => one - other);
    const key = members.join(" ") + (isFound ? "!" : "") + (isAtStart ? "^" : "");
    const before = known.get(key);
    if (before !== undefined) return before;
    if (known.size >= SETS_MAX) known = new Map();
    const isFoundAtEnd = isFound || reach(from, isAtStart, true).isFound;
    const set: StateSet = { members, isFound, isFoundAtEnd, next: new Map() };
    known.set(key, set);
    return set;
  }

  function step(set: StateSet, code: number): StateSet {
    const before = set.next.get(code);
    if (before !== undefined) return before;
    const reached = [first]; // it may begin anywhere
    for (const at of set.members) {
      const state = states[at];
      if (state?.kind === "takes" && state.takes(code)) reached.push(state.next);
    }
    const next = setOf(reached, false);
    if (set.next.size < SETS_MAX) set.next.set(code, next);
    return next;
  }

  return {
    test(text) {
      let set = setOf([first], true);
      const end = Math.min(text.length, TEXT_MAX);
      for (let at = 0; at < end; at++) {
        if (set.isFound) return true;
        set = step(set, text.charCodeAt(at));
      }
      return set.isFound || set.isFoundAtEnd;
    },
  };
}
