// Field values that are lists [RFC 9110 §5.6.1], and fields that were sent in several lines [RFC 9110 §5.3]. Commas within
// quoted strings separate nothing, which is why nobody should split a value by hand.

type FieldLine = readonly [name: string, value: string];

/** All values of a field, in order, as one; `undefined` when it is not there. Not for Set-Cookie, whose lines are no list. */
export function combineField(fields: readonly FieldLine[], lowerName: string): string | undefined {
  let combined: string | undefined;
  for (const [name, value] of fields) {
    if (name.length === lowerName.length && name.toLowerCase() === lowerName) {
      combined = combined === undefined ? value : combined + ", " + value;
    }
  }
  return combined;
}

/**
 * The elements of a list, without white space around them; empty elements mean nothing and are left out [RFC 9110 §5.6.1.2].
 * A quoted string that is never closed reaches to the end, so that what follows it cannot pose as an element.
 */
export function splitList(value: string): readonly string[] {
  const hasQuotes = value.includes('"');
  const parts = hasQuotes ? splitOutsideQuotes(value) : value.split(",");
  return parts.map(trimBlanks).filter((part) => part !== "");
}

function splitOutsideQuotes(value: string): string[] {
  const parts: string[] = [];
  let from = 0;
  let isQuoted = false;
  for (let at = 0; at < value.length; at++) {
    const character = value.charAt(at);
    if (isQuoted && character === "\\") at++;
    else if (character === '"') isQuoted = !isQuoted;
    else if (character === "," && !isQuoted) {
      parts.push(value.slice(from, at));
      from = at + 1;
    }
  }
  parts.push(value.slice(from));
  return parts;
}

/** Without spaces and tabs at its ends: HTTP's white space is these two and no other [RFC 9110 §5.6.3]. */
export function trimBlanks(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

/**
 * What a quoted string stands for, or the text itself where it is not quoted [RFC 9110 §5.6.4]. `undefined` when a quote is
 * opened and not closed at the end.
 */
export function unquote(text: string): string | undefined {
  if (!text.startsWith('"')) return text;
  return /^"(?:[^"\\]|\\.)*"$/s.test(text) ? text.slice(1, -1).replace(/\\(.)/gs, "$1") : undefined;
}

/** Whether a list names an option, whatever its case: `Connection: close`, say [RFC 9110 §7.6.1]. */
export function listNames(value: string, lowerOption: string): boolean {
  return splitList(value).some((element) => element.toLowerCase() === lowerOption);
}
