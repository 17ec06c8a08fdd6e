// JSON as a policy needs it read: a name that stands twice in an object is refused and not silently won by the last one, for
// two readers would see two policies. Objects are maps, so that no name (`__proto__`) means anything by itself.

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export type JsonObject = ReadonlyMap<string, JsonValue>;

export interface JsonFailure {
  readonly kind: "failure";
  /** What is wrong; without a full stop. */
  readonly message: string;
  /** Both count from 1. */
  readonly line: number;
  readonly column: number;
}

/** Reads one JSON text [RFC 8259]; nesting beyond `depthMax` is refused. */
export function readStrictJson(
  text: string,
  depthMax: number,
): { readonly kind: "ok"; readonly value: JsonValue } | JsonFailure {
  const reader: Reader = { text, at: 0, depthLeft: depthMax };
  try {
    const value = readValue(reader);
    skipSpace(reader);
    if (reader.at < text.length) fault(reader, "text after the end of the document");
    return { kind: "ok", value };
  } catch (thrown) {
    if (!(thrown instanceof JsonFault)) throw thrown;
    const before = text.slice(0, thrown.at);
    const line = before.split("\n").length;
    return { kind: "failure", message: thrown.message, line, column: thrown.at - before.lastIndexOf("\n") };
  }
}

interface Reader {
  readonly text: string;
  at: number;
  depthLeft: number;
}

/** Ends the reading from any depth; never leaves this file. */
class JsonFault extends Error {
  readonly at: number;
  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

function fault(reader: Reader, message: string, at = reader.at): never {
  throw new JsonFault(at, message);
}

function skipSpace(reader: Reader): void {
  while (reader.at < reader.text.length && " \t\r\n".includes(reader.text.charAt(reader.at))) reader.at++;
}

function readValue(reader: Reader): JsonValue {
  skipSpace(reader);
  const first = reader.text.charAt(reader.at);
  if (first === "{") return nested(reader, readObject);
  if (first === "[") return nested(reader, readArray);
  if (first === '"') return readString(reader);
  return readScalar(reader);
}

function nested<T>(reader: Reader, read: (reader: Reader) => T): T {
  if (reader.depthLeft === 0) fault(reader, "objects and lists are nested too deeply");
  reader.depthLeft--;
  reader.at++;
  const value = read(reader);
  reader.depthLeft++;
  return value;
}

function readObject(reader: Reader): JsonObject {
  const members = new Map<string, JsonValue>();
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

function readArray(reader: Reader): readonly JsonValue[] {
  const items: JsonValue[] = [];
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
const SCALAR = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y;

function readString(reader: Reader): string {
  return matched(reader, STRING, "a string that is not closed, or a character that must be escaped") as string;
}

function readScalar(reader: Reader): JsonValue {
  const isAtEnd = reader.at >= reader.text.length;
  return matched(reader, SCALAR, isAtEnd ? "the document ends too early" : "a value was expected") as JsonValue;
}

/** The grammar is held by the expression; turning the text into a value is left to the platform. */
function matched(reader: Reader, expression: RegExp, message: string): unknown {
  expression.lastIndex = reader.at;
  const found = expression.exec(reader.text)?.[0];
  if (found === undefined) return fault(reader, message);
  reader.at += found.length;
  return JSON.parse(found);
}
