// JSON for documents that a signature covers: what two readers could take for two things is refused here. A member that is
// there twice is an error, numbers are kept as they are written, and depth is bounded. Literals (true, false, null) have
// no meaning in such a document and are none.

export interface WrittenNumber {
  readonly digits: string;
}

export type StrictValue = string | WrittenNumber | readonly StrictValue[] | StrictObject;
export type StrictObject = ReadonlyMap<string, StrictValue>;

const DEPTH_MAX = 8;
/** One backslash and a question mark is no escape of JSON, but what the guide shows in policies: it stands for both characters. */
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt?]|u[0-9a-fA-F]{4}))*"/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const BLANK = /[ \t\n\r]*/y;

class NotStrict extends Error {}

/** A text is told as a reason why the document is not one. */
export function parseStrictJson(text: string): { readonly value: StrictValue } | { readonly why: string } {
  let at = 0;

  function fail(what: string): never {
    throw new NotStrict(`${what} at character ${at + 1}`);
  }
  function take(pattern: RegExp): string | undefined {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  }
  function takeOne(character: string): boolean {
    take(BLANK);
    if (text[at] !== character) return false;
    at++;
    return true;
  }
  function readString(): string {
    take(BLANK);
    const raw = take(STRING) ?? fail("a text in double quotes is expected");
    // Each escape as a whole, so that a backslash before another one is not taken for the start of one.
    return JSON.parse(
      raw.replace(/\\(u[0-9a-fA-F]{4}|.)/g, (escape) => (escape === "\\?" ? "\\\\?" : escape)),
    ) as string;
  }
  function readObject(depth: number): StrictObject {
    const members = new Map<string, StrictValue>();
    if (takeOne("}")) return members;
    do {
      const name = readString();
      if (members.has(name)) fail(`${JSON.stringify(name)} is there twice, the second ending`);
      if (!takeOne(":")) fail("a colon is expected");
      members.set(name, readValue(depth));
    } while (takeOne(","));
    if (!takeOne("}")) fail("a comma or } is expected");
    return members;
  }
  function readList(depth: number): readonly StrictValue[] {
    const items: StrictValue[] = [];
    if (takeOne("]")) return items;
    do items.push(readValue(depth));
    while (takeOne(","));
    if (!takeOne("]")) fail("a comma or ] is expected");
    return items;
  }
  function readValue(depth: number): StrictValue {
    if (depth > DEPTH_MAX) fail("it is nested too deeply");
    if (takeOne("{")) return readObject(depth + 1);
    if (takeOne("[")) return readList(depth + 1);
    if (text[at] === '"') return readString();
    const digits = take(NUMBER) ?? fail("a value is expected");
    return { digits };
  }

  try {
    const value = readValue(1);
    take(BLANK);
    if (at < text.length) fail("more follows the document");
    return { value };
  } catch (error) {
    if (error instanceof NotStrict) return { why: error.message };
    throw error;
  }
}
