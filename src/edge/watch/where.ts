// The language of `--where`: which lines somebody wants to see. Text in, a tree out; what its words mean is for the table of fields
// (line-fields.ts), and predicate-of.ts makes a predicate of it. What cannot be read is told with its column.
//
//   either     both  ( "||" both )*
//   both       not   ( "&&" not )*
//   not        "!" not | "(" either ")" | comparison
//   comparison FIELD ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) VALUE  |  FIELD ( "=~" | "!~" ) PATTERN
//   VALUE      a number, or "text" or 'text'        PATTERN    /pattern/ or /pattern/i, or a text

/** Longer texts are nobody's question. */
const WHERE_LENGTH_MAX = 1000;
/** How deep parentheses and `!` may lie in one another. */
const DEPTH_MAX = 50;

const ORDERS = ["==", "!=", "<=", ">=", "<", ">"] as const;
export type Order = (typeof ORDERS)[number];

/** `column` counts characters from 1: of the field, or of the value. */
export type Where =
  | { readonly kind: "either" | "both"; readonly of: readonly Where[] }
  | { readonly kind: "not"; readonly of: Where }
  | {
      readonly kind: "compare";
      readonly field: string;
      readonly order: Order;
      readonly value: string | number;
      readonly column: number;
      readonly valueColumn: number;
    }
  | {
      readonly kind: "match";
      readonly field: string;
      readonly isNegated: boolean;
      readonly source: string;
      readonly ignoresCase: boolean;
      readonly column: number;
      readonly valueColumn: number;
    };

export interface WhereFault {
  readonly kind: "failure";
  readonly message: string;
  /** From 1. */
  readonly column: number;
}

export type WhereOutcome = { readonly kind: "where"; readonly where: Where } | WhereFault;

type Token =
  | { readonly kind: "word" | "sign" | "text"; readonly text: string; readonly at: number }
  | { readonly kind: "number"; readonly text: string; readonly value: number; readonly at: number }
  | { readonly kind: "pattern"; readonly text: string; readonly ignoresCase: boolean; readonly at: number }
  | { readonly kind: "end"; readonly text: ""; readonly at: number };

export function parseWhere(text: string): WhereOutcome {
  if (text.length > WHERE_LENGTH_MAX) {
    return {
      kind: "failure",
      message: `it is longer than ${WHERE_LENGTH_MAX} characters`,
      column: WHERE_LENGTH_MAX + 1,
    };
  }
  const tokens = readTokens(text);
  return Array.isArray(tokens) ? parseTokens(tokens) : tokens;
}

const NEXT_TOKEN =
  /\s*(?:(?<number>-?\d+(?:\.\d+)?(?![\w.]))|(?<word>[A-Za-z_][\w.-]*)|(?<sign>&&|\|\||==|!=|<=|>=|=~|!~|[<>()!])|(?<double>"(?:[^"\\]|\\.)*")|(?<single>'(?:[^'\\]|\\.)*')|(?<pattern>\/(?:[^/\\[]|\\.|\[(?:[^\]\\]|\\.)*\])+\/)(?<flags>[a-z]*))/suy;

function readTokens(text: string): Token[] | WhereFault {
  const tokens: Token[] = [];
  let end = 0;
  for (;;) {
    NEXT_TOKEN.lastIndex = end;
    const match = NEXT_TOKEN.exec(text);
    if (match === null) break;
    const { number, word, sign, double, single, pattern, flags = "" } = match.groups ?? {};
    const at = end + match[0].length - match[0].trimStart().length;
    end = NEXT_TOKEN.lastIndex;
    if (number !== undefined) tokens.push({ kind: "number", text: number, value: Number(number), at });
    else if (word !== undefined) tokens.push({ kind: "word", text: word, at });
    else if (sign !== undefined) tokens.push({ kind: "sign", text: sign, at });
    else if (pattern !== undefined) {
      if (flags !== "" && flags !== "i") return failure(`of flags behind a pattern there is i, found ${flags}`, at);
      tokens.push({
        kind: "pattern",
        text: pattern.slice(1, -1).replaceAll("\\/", "/"),
        ignoresCase: flags === "i",
        at,
      });
    } else {
      const quoted = double ?? single ?? "";
      tokens.push({ kind: "text", text: quoted.slice(1, -1).replaceAll(/\\(.)/gs, "$1"), at });
    }
  }
  const rest = text.slice(end);
  const at = end + rest.length - rest.trimStart().length;
  if (at < text.length) return failure(unreadable(text.slice(at)), at);
  tokens.push({ kind: "end", text: "", at: text.length });
  return tokens;
}

/** What was probably meant by it. */
function unreadable(rest: string): string {
  const first = rest[0] ?? "";
  if (first === "=") return "a comparison is ==, and =~ for a pattern";
  if (first === "&" || first === "|") return `it is ${first}${first}`;
  if (first === '"' || first === "'") return "this text is not closed";
  if (first === "/") return "this pattern is not closed, or empty";
  if (/^-?\d/.test(rest)) return `${JSON.stringify(/^[\w.-]+/.exec(rest)?.[0] ?? first)} is no number`;
  return `${JSON.stringify(first)} is not understood`;
}

function failure(message: string, at: number): WhereFault {
  return { kind: "failure", message, column: at + 1 };
}

class Unparsable extends Error {
  readonly fault: WhereFault;
  constructor(message: string, at: number) {
    super(message);
    this.fault = failure(message, at);
  }
}

function parseTokens(tokens: readonly Token[]): WhereOutcome {
  let next = 0;
  let depth = 0;
  const END: Token = tokens.at(-1) ?? { kind: "end", text: "", at: 0 };
  const peek = (): Token => tokens[next] ?? END;
  const take = (): Token => tokens[next++] ?? END;
  const isSign = (text: string): boolean => peek().kind === "sign" && peek().text === text;

  function list(kind: "either" | "both", sign: string, part: () => Where): Where {
    const first = part();
    if (!isSign(sign)) return first;
    const of = [first];
    while (isSign(sign)) {
      next++;
      of.push(part());
    }
    return { kind, of };
  }

  const either = (): Where => list("either", "||", both);
  const both = (): Where => list("both", "&&", not);

  function not(): Where {
    const { at } = peek();
    if (!isSign("!") && !isSign("(")) return comparison();
    if (++depth > DEPTH_MAX) throw new Unparsable("parentheses and ! lie in one another too deep", at);
    const isNegated = take().text === "!";
    const inner = isNegated ? not() : either();
    depth--;
    if (isNegated) return { kind: "not", of: inner };
    if (!isSign(")")) throw new Unparsable(`expected ), found ${shown(peek())}`, peek().at);
    next++;
    return inner;
  }

  function comparison(): Where {
    const field = take();
    if (field.kind !== "word") {
      throw new Unparsable(`expected the name of a field, found ${shown(field)}`, field.at);
    }
    const sign = take();
    const column = field.at + 1;
    if (sign.kind === "sign" && (sign.text === "=~" || sign.text === "!~")) {
      const value = take();
      if (value.kind !== "pattern" && value.kind !== "text") {
        throw new Unparsable(`expected a pattern like /\\.html$/, found ${shown(value)}`, value.at);
      }
      const ignoresCase = value.kind === "pattern" && value.ignoresCase;
      const isNegated = sign.text === "!~";
      const valueColumn = value.at + 1;
      return { kind: "match", field: field.text, isNegated, source: value.text, ignoresCase, column, valueColumn };
    }
    const order = ORDERS.find((each) => each === sign.text);
    if (sign.kind !== "sign" || order === undefined) {
      throw new Unparsable(
        `expected ${ORDERS.join(", ")}, =~ or !~ behind ${field.text}, found ${shown(sign)}`,
        sign.at,
      );
    }
    const value = take();
    if (value.kind !== "number" && value.kind !== "text") {
      const hint = value.kind === "word" ? `; a text stands in quotation marks: "${value.text}"` : "";
      throw new Unparsable(`expected a number or a text behind ${order}, found ${shown(value)}${hint}`, value.at);
    }
    const told = value.kind === "number" ? value.value : value.text;
    return { kind: "compare", field: field.text, order, value: told, column, valueColumn: value.at + 1 };
  }

  try {
    const where = either();
    if (peek().kind === "end") return { kind: "where", where };
    return failure(`expected && or || or the end, found ${shown(peek())}`, peek().at);
  } catch (fault) {
    if (fault instanceof Unparsable) return fault.fault;
    throw fault;
  }
}

function shown(token: Token): string {
  switch (token.kind) {
    case "end":
      return "the end";
    case "text":
      return JSON.stringify(token.text);
    case "pattern":
      return `/${token.text}/`;
    default:
      return token.text;
  }
}
