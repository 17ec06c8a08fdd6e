// What a field name and a field value may be made of [RFC 9110 §5.1] [RFC 9110 §5.5], for readers and writers alike.

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const NOT_IN_VALUE = /[^\t -~\x80-\xff]/;

/** Methods and field names are tokens [RFC 9110 §5.6.2]. */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** Nothing in it ends a line or is no byte: it can be sent as the value of a field without becoming anything else. */
export function isFieldValue(text: string): boolean {
  return !NOT_IN_VALUE.test(text);
}
