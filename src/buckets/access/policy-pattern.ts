// Text with `*` (any characters, also none) and `?` (one character), and in a policy of version 2012-10-17 with variables
// like `${aws:username}`. A variable's value stands for itself: a wildcard that a caller puts into it matches nothing else.

/** Literal text, a wildcard, or a variable; adjacent literals are joined. */
export type PatternPart =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "any" | "one" }
  | { readonly kind: "variable"; readonly key: string; readonly fallback: string | undefined };

export type Pattern = readonly PatternPart[];

const VARIABLE = /\$\{([^}]*)\}/y;
const NAMED = /^([^,\s]+)\s*(?:,\s*'([^']*)'\s*)?$/;

/** `undefined`: a `${` that is no variable. [IAMUG reference_policies_variables] */
export function parsePattern(
  text: string,
  { hasVariables, hasWildcards }: { readonly hasVariables: boolean; readonly hasWildcards: boolean },
): Pattern | undefined {
  const parts: PatternPart[] = [];
  const add = (literal: string): void => {
    const last = parts.at(-1);
    if (last?.kind === "literal") parts[parts.length - 1] = { kind: "literal", text: last.text + literal };
    else parts.push({ kind: "literal", text: literal });
  };
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (hasVariables && character === "$" && text.charAt(at + 1) === "{") {
      VARIABLE.lastIndex = at;
      const content = VARIABLE.exec(text)?.[1];
      if (content === undefined) return undefined;
      at += content.length + 2;
      // The three characters that could not be written otherwise.
      if (content === "*" || content === "?" || content === "$") add(content);
      else {
        const named = NAMED.exec(content);
        if (named === null) return undefined;
        parts.push({ kind: "variable", key: named[1] ?? "", fallback: named[2] });
      }
    } else if (hasWildcards && character === "*") parts.push({ kind: "any" });
    else if (hasWildcards && character === "?") parts.push({ kind: "one" });
    else add(character);
  }
  return parts;
}

/** Every variable replaced by its value; `undefined`: one has none and no fallback, so the pattern matches nothing. */
export function resolvePattern(
  pattern: Pattern,
  valueOf: (key: string) => readonly string[] | undefined,
): Pattern | undefined {
  if (pattern.every((part) => part.kind !== "variable")) return pattern;
  const resolved: PatternPart[] = [];
  for (const part of pattern) {
    if (part.kind !== "variable") resolved.push(part);
    else {
      const values = valueOf(part.key);
      const text = values?.length === 1 ? values[0] : part.fallback;
      if (text === undefined) return undefined;
      resolved.push({ kind: "literal", text });
    }
  }
  return resolved;
}

const STAR = 0;
const QUESTION = 1;

/**
 * Whether the pattern, which has no variables any more, matches the whole of `text`. Never more steps than the product of
 * the lengths: it goes back only to the last `*`.
 */
export function matchesPattern(pattern: Pattern, text: string): boolean {
  const steps = flatten(pattern);
  let at = 0;
  let step = 0;
  let starStep = -1;
  let starAt = 0;
  while (at < text.length) {
    const wanted = steps[step];
    if (wanted === STAR) {
      starStep = step++;
      starAt = at;
    } else if (wanted === QUESTION || (wanted !== undefined && wanted === text[at])) {
      step++;
      at++;
    } else if (starStep !== -1) {
      step = starStep + 1;
      at = ++starAt;
    } else return false;
  }
  while (steps[step] === STAR) step++;
  return step === steps.length;
}

/** Whether the pattern matches some text that begins with `prefix` and goes on. */
export function canMatchBeyond(pattern: Pattern, prefix: string): boolean {
  const steps = flatten(pattern);
  // All positions that are possible after each character: patterns are short, and this is asked at PUT only.
  let positions = skipStars(steps, new Set([0]));
  for (const character of prefix) {
    const next = new Set<number>();
    for (const position of positions) {
      const wanted = steps[position];
      if (wanted === STAR) next.add(position);
      else if (wanted === QUESTION || wanted === character) next.add(position + 1);
    }
    positions = skipStars(steps, next);
  }
  return [...positions].some((position) => position < steps.length);
}

function skipStars(steps: readonly (number | string)[], positions: Set<number>): Set<number> {
  for (const position of positions) if (steps[position] === STAR) positions.add(position + 1);
  return positions;
}

/** A character per step. A variable that is left counts as `*`. */
function flatten(pattern: Pattern): readonly (number | string)[] {
  const steps: (number | string)[] = [];
  for (const part of pattern) {
    if (part.kind === "literal") for (let at = 0; at < part.text.length; at++) steps.push(part.text.charAt(at));
    else steps.push(part.kind === "one" ? QUESTION : STAR);
  }
  return steps;
}
