// What a field name, a field value and a line may be made of [RFC 9110 §5.1] [RFC 9110 §5.5] [RFC 9112 §2.2], for readers and writers alike.

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const CR = 13;
const LF = 10;
const NOT_IN_VALUE = /[^\t -~\x80-\xff]/;

/** Methods and field names are tokens [RFC 9110 §5.6.2]. */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** Nothing in it ends a line or is no byte: it can be sent as the value of a field without becoming anything else. */
export function isFieldValue(text: string): boolean {
  return !NOT_IN_VALUE.test(text);
}

/** A CR without LF or an LF without CR in `text` from `from` to before `to`; a CR in the last place is not judged. [RFC 9112 §2.2] */
export function hasBareBreak(text: string, from: number, to: number): boolean {
  for (let at = text.indexOf("\n", from); at >= 0 && at < to; at = text.indexOf("\n", at + 1)) {
    if (text.charCodeAt(at - 1) !== CR) return true;
  }
  for (let at = text.indexOf("\r", from); at >= 0 && at + 1 < to; at = text.indexOf("\r", at + 1)) {
    if (text.charCodeAt(at + 1) !== LF) return true;
  }
  return false;
}
