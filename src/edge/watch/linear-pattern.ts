// Regular expressions for those who look on: they run on viewers' requests, so none may take longer than in proportion to the text. The engine
// of the language goes back and tries again, for minutes where somebody wants it; this one steps through all possibilities at once and
// remembers the sets it was in. What it cannot do (back references, looking around) it refuses.

/** A pattern whose states are more than this is refused: each character may cost as many steps. */
const STATES_MAX = 256;
/** Sets of states that are remembered; then they are forgotten and worked out again. */
const SETS_MAX = 128;
/** Text behind it is not looked at. */
const TEXT_MAX = 8192;
const REPEATS_MAX = 64;

export interface LinearPattern {
  /** Whether it is found anywhere in the text. */
  test(text: string): boolean;
}

export type PatternOutcome =
  | { readonly kind: "pattern"; readonly pattern: LinearPattern }
  /** `at` counts characters of the source from 0. */
  | { readonly kind: "failure"; readonly message: string; readonly at: number };

type Takes = (code: number) => boolean;

/** A pattern as it is written. */
type Node =
  | { readonly kind: "takes"; readonly takes: Takes }
  | { readonly kind: "start" | "end" }
  | { readonly kind: "all"; readonly of: readonly Node[] }
  | { readonly kind: "one"; readonly of: readonly Node[] }
  | { readonly kind: "repeat"; readonly of: Node; readonly least: number; readonly most: number };

class PatternFault extends Error {
  readonly at: number;
  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

/** With `ignoresCase` letters of ASCII stand for both of their forms. */
export function compilePattern(source: string, ignoresCase: boolean): PatternOutcome {
  try {
    return { kind: "pattern", pattern: openMatcher(statesOf(parse(source, ignoresCase))) };
  } catch (fault) {
    if (fault instanceof PatternFault) return { kind: "failure", message: fault.message, at: fault.at };
    throw fault;
  }
}

function parse(source: string, ignoresCase: boolean): Node {
  let at = 0;
  let depth = 0;

  function alternatives(): Node {
    const of = [sequence()];
    while (source[at] === "|") {
      at++;
      of.push(sequence());
    }
    return of.length === 1 && of[0] !== undefined ? of[0] : { kind: "one", of };
  }

  function sequence(): Node {
    const of: Node[] = [];
    while (at < source.length && source[at] !== "|" && source[at] !== ")") of.push(repeated());
    return { kind: "all", of };
  }

  function repeated(): Node {
    const began = at;
    const node = atom();
    const times = quantifier();
    if (times === undefined) return node;
    if (node.kind === "start" || node.kind === "end") throw new PatternFault("there is nothing to repeat", began);
    if (source[at] === "?") at++; // whether there is a match does not depend on greed
    if (quantifier() !== undefined) throw new PatternFault("one repetition stands behind another", at - 1);
    return { kind: "repeat", of: node, ...times };
  }

  function quantifier(): { readonly least: number; readonly most: number } | undefined {
    const simple = { "*": [0, Infinity], "+": [1, Infinity], "?": [0, 1] }[source[at] ?? ""];
    if (simple !== undefined) {
      at++;
      return { least: simple[0] ?? 0, most: simple[1] ?? 1 };
    }
    const counted = /^\{(\d{1,4})(?:(,)(\d{0,4}))?\}/.exec(source.slice(at, at + 12));
    if (counted === null) {
      if (source[at] === "{") throw new PatternFault("{ begins a count like {2,5}; as a character it is \\{", at);
      return undefined;
    }
    const least = Number(counted[1]);
    const most = counted[2] === undefined ? least : counted[3] === "" ? Infinity : Number(counted[3]);
    if (most < least || least > REPEATS_MAX || (most !== Infinity && most > REPEATS_MAX)) {
      throw new PatternFault(`a count goes up to ${REPEATS_MAX}, the lesser number first`, at);
    }
    at += counted[0].length;
    return { least, most };
  }

  function atom(): Node {
    const began = at;
    const character = source[at++] ?? "";
    switch (character) {
      case "(":
        return group(began);
      case "[":
        return { kind: "takes", takes: characterClass(began) };
      case ".":
        return { kind: "takes", takes: (code) => code !== 10 && code !== 13 };
      case "^":
        return { kind: "start" };
      case "$":
        return { kind: "end" };
      case "\\":
        return { kind: "takes", takes: escaped() };
      case "*":
      case "+":
      case "?":
      case "{":
        throw new PatternFault(`there is nothing to repeat; as a character it is \\${character}`, began);
      default:
        return { kind: "takes", takes: literal(character.charCodeAt(0)) };
    }
  }

  function group(began: number): Node {
    if (source[at] === "?" && source[at + 1] !== ":") {
      throw new PatternFault("of groups there are ( … ) and (?: … ) only", began);
    }
    if (source[at] === "?") at += 2;
    if (++depth > 20) throw new PatternFault("groups lie in one another too deep", began);
    const inner = alternatives();
    if (source[at] !== ")") throw new PatternFault("this ( is not closed", began);
    at++;
    depth--;
    return inner;
  }

  function literal(code: number): Takes {
    const other = ignoresCase ? otherCase(code) : code;
    return (seen) => seen === code || seen === other;
  }

  /** Behind the backslash. */
  function escaped(): Takes {
    const began = at - 1;
    const set = SETS[source[at] ?? ""];
    if (set !== undefined) {
      at++;
      return set;
    }
    return literal(escapedCode(began));
  }

  function escapedCode(began: number): number {
    const character = source[at++];
    if (character === undefined) throw new PatternFault("nothing stands behind this \\", began);
    const hex = character === "x" ? /^[0-9A-Fa-f]{2}/.exec(source.slice(at)) : null;
    if (hex !== null) {
      at += 2;
      return Number.parseInt(hex[0], 16);
    }
    const control = { n: 10, r: 13, t: 9 }[character];
    if (control !== undefined) return control;
    if (/[0-9A-Za-z]/.test(character)) throw new PatternFault(`\\${character} is not understood`, began);
    return character.charCodeAt(0);
  }

  function characterClass(began: number): Takes {
    const isNegated = source[at] === "^";
    if (isNegated) at++;
    const parts: Takes[] = [];
    while (source[at] !== "]") {
      if (at >= source.length) throw new PatternFault("this [ is not closed", began);
      parts.push(classPart());
    }
    at++;
    return (code) => parts.some((takes) => takes(code)) !== isNegated;
  }

  function classPart(): Takes {
    const began = at;
    const first = classCharacter();
    if (typeof first !== "number" || source[at] !== "-" || (source[at + 1] ?? "]") === "]") {
      return typeof first === "number" ? literal(first) : first;
    }
    at++;
    const last = classCharacter();
    if (typeof last !== "number" || last < first) {
      throw new PatternFault("a range goes from the lesser character to the greater", began);
    }
    const isIn = (code: number): boolean => code >= first && code <= last;
    return ignoresCase ? (code) => isIn(code) || isIn(otherCase(code)) : isIn;
  }

  function classCharacter(): number | Takes {
    const character = source.charCodeAt(at++);
    if (character !== 92) return character;
    const set = SETS[source[at] ?? ""];
    if (set === undefined) return escapedCode(at - 1);
    at++;
    return set;
  }

  const node = alternatives();
  if (at < source.length) throw new PatternFault("this ) closes nothing", at);
  return node;
}

function otherCase(code: number): number {
  const isLetter = (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
  return isLetter ? code ^ 32 : code;
}

const isDigit: Takes = (code) => code >= 48 && code <= 57;
const isWord: Takes = (code) =>
  isDigit(code) || code === 95 || (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
const isSpace: Takes = (code) => /\s/.test(String.fromCharCode(code));
const SETS: Readonly<Record<string, Takes>> = {
  d: isDigit,
  D: (code) => !isDigit(code),
  w: isWord,
  W: (code) => !isWord(code),
  s: isSpace,
  S: (code) => !isSpace(code),
};

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
function statesOf(node: Node): States {
  const states: State[] = [{ kind: "found" }];
  const add = (state: State): number => {
    if (states.length >= STATES_MAX) throw new PatternFault(`it is too long: more than ${STATES_MAX} states`, 0);
    states.push(state);
    return states.length - 1;
  };

  function build(part: Node, next: number): number {
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

  function buildRepeat({ of, least, most }: Extract<Node, { kind: "repeat" }>, next: number): number {
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
