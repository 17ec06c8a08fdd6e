// JSON for documents that decide who may do what [RFC 8259]: what two readers could take for two things is refused here. A
// member that stands twice in an object is an error and not silently won by the last one, objects are maps, so that no name
// (`__proto__`) means anything by itself, numbers are kept as they are written, and depth is bounded.

/** A number, as its digits stand in the text. */
export interface WrittenNumber {
  readonly digits: string;
}

export type StrictValue = string | WrittenNumber | boolean | null | readonly StrictValue[] | StrictObject;
export type StrictObject = ReadonlyMap<string, StrictValue>;

export interface StrictJsonFault {
  readonly kind: "fault";
  /** What is wrong; without a full stop. */
  readonly message: string;
  /** The character's index in the text. */
  readonly at: number;
}

export interface StrictJsonRules {
  /** Objects and lists within each other. */
  readonly depthMax: number;
  /**
   * One backslash and a question mark is no escape of JSON, but what the guide shows in policies of signed URLs: it stands for
   * both characters where this is true.
   */
  readonly keepsEscapedQuestionMark?: boolean;
}

/** Reads one JSON text. Never throws. */
export function parseStrictJson(
  text: string,
  { depthMax, keepsEscapedQuestionMark = false }: StrictJsonRules,
): { readonly kind: "ok"; readonly value: StrictValue } | StrictJsonFault {
  const string = keepsEscapedQuestionMark ? STRING_OR_QUESTION : STRING;
  const reader: Reader = { text, at: 0, depthLeft: depthMax, string };
  try {
    const value = readValue(reader);
    skipSpace(reader);
    if (reader.at < text.length) fault(reader, "text after the end of the document");
    return { kind: "ok", value };
  } catch (thrown) {
    if (thrown instanceof NotStrict) return { kind: "fault", message: thrown.message, at: thrown.at };
    throw thrown;
  }
}

interface Reader {
  readonly text: string;
  /** What a string may be. */
  readonly string: RegExp;
  at: number;
  depthLeft: number;
}

/** Ends the reading from any depth; never leaves this file. */
class NotStrict extends Error {
  readonly at: number;
  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

function fault(reader: Reader, message: string, at = reader.at): never {
  throw new NotStrict(at, message);
}

function skipSpace(reader: Reader): void {
  while (reader.at < reader.text.length && " \t\r\n".includes(reader.text.charAt(reader.at))) reader.at++;
}

function readValue(reader: Reader): StrictValue {
  skipSpace(reader);
  const first = reader.text.charAt(reader.at);
  if (first === "{") return nested(reader, readObject);
  if (first === "[") return nested(reader, readList);
  return first === '"' ? readString(reader) : readScalar(reader);
}

function nested<T>(reader: Reader, read: (reader: Reader) => T): T {
  if (reader.depthLeft === 0) fault(reader, "objects and lists are nested too deeply");
  reader.depthLeft--;
  reader.at++;
  const value = read(reader);
  reader.depthLeft++;
  return value;
}

function readObject(reader: Reader): StrictObject {
  const members = new Map<string, StrictValue>();
  if (isClosed(reader, "}")) return members;
  for (;;) {
    skipSpace(reader);
    const start = reader.at;
    if (reader.text.charAt(start) !== '"') fault(reader, "a name in double quotes was expected");
    const name = readString(reader);
    if (members.has(name)) fault(reader, `${JSON.stringify(name)} stands twice in one object`, start);
    skipSpace(reader);
    if (reader.text.charAt(reader.at) !== ":") fault(reader, "a colon was expected");
    reader.at++;
    members.set(name, readValue(reader));
    if (isClosed(reader, "}")) return members;
    expectComma(reader);
  }
}

function readList(reader: Reader): readonly StrictValue[] {
  const items: StrictValue[] = [];
  if (isClosed(reader, "]")) return items;
  for (;;) {
    items.push(readValue(reader));
    if (isClosed(reader, "]")) return items;
    expectComma(reader);
  }
}

function isClosed(reader: Reader, closing: "}" | "]"): boolean {
  skipSpace(reader);
  if (reader.text.charAt(reader.at) !== closing) return false;
  reader.at++;
  return true;
}

function expectComma(reader: Reader): void {
  if (reader.text.charAt(reader.at) !== ",") fault(reader, "a comma or the end of the object or list was expected");
  reader.at++;
}

// Sticky, so that each matches where the reader stands.
// oxlint would have control characters escaped: JSON allows none of them in a string.
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const STRING_OR_QUESTION = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt?]|u[0-9a-fA-F]{4}))*"/y;
const SCALAR = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y;

function readString(reader: Reader): string {
  const raw = matched(reader, reader.string, "a string that is not closed, or a character that must be escaped");
  // Each escape as a whole, so that a backslash before another one is not taken for the start of one.
  const json = raw.replace(/\\(?:u[0-9a-fA-F]{4}|.)/g, (escape) => (escape === "\\?" ? "\\\\?" : escape));
  return JSON.parse(json) as string;
}

function readScalar(reader: Reader): StrictValue {
  const isAtEnd = reader.at >= reader.text.length;
  const found = matched(reader, SCALAR, isAtEnd ? "the document ends too early" : "a value was expected");
  if (found === "null") return null;
  return found === "true" || found === "false" ? found === "true" : { digits: found };
}

function matched(reader: Reader, expression: RegExp, message: string): string {
  expression.lastIndex = reader.at;
  const found = expression.exec(reader.text)?.[0];
  if (found === undefined) return fault(reader, message);
  reader.at += found.length;
  return found;
}
