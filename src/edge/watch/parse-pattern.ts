// A regular expression as it is written, read into a tree: the syntax of the language without what cannot be matched in one pass over the
// text. What is not understood is a fault that says where. The tree is matched in linear-pattern.ts.

/** How often a count may repeat something. */
const REPEATS_MAX = 64;
/** Groups within groups. */
const DEPTH_MAX = 20;

/** Whether a character, by its code, is one of these. */
export type Takes = (code: number) => boolean;

/** A pattern as it is written. */
export type PatternNode =
  | { readonly kind: "takes"; readonly takes: Takes }
  | { readonly kind: "start" | "end" }
  | { readonly kind: "all"; readonly of: readonly PatternNode[] }
  | { readonly kind: "one"; readonly of: readonly PatternNode[] }
  | { readonly kind: "repeat"; readonly of: PatternNode; readonly least: number; readonly most: number };

/** `at` counts characters of the source from 0. */
export class PatternFault extends Error {
  readonly at: number;
  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

/** Throws a PatternFault. With `ignoresCase` letters of ASCII stand for both of their forms. */
export function parsePattern(source: string, ignoresCase: boolean): PatternNode {
  let at = 0;
  let depth = 0;

  function alternatives(): PatternNode {
    const of = [sequence()];
    while (source[at] === "|") {
      at++;
      of.push(sequence());
    }
    return of.length === 1 && of[0] !== undefined ? of[0] : { kind: "one", of };
  }

  function sequence(): PatternNode {
    const of: PatternNode[] = [];
    while (at < source.length && source[at] !== "|" && source[at] !== ")") of.push(repeated());
    return { kind: "all", of };
  }

  function repeated(): PatternNode {
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

  function atom(): PatternNode {
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

  function group(began: number): PatternNode {
    if (source[at] === "?" && source[at + 1] !== ":") {
      throw new PatternFault("of groups there are ( … ) and (?: … ) only", began);
    }
    if (source[at] === "?") at += 2;
    if (++depth > DEPTH_MAX) throw new PatternFault("groups lie in one another too deep", began);
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
