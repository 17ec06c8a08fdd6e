// What viewers have sent, on its way to a terminal: nothing in it may move the cursor or set a title.

/** With control characters written out, those of Latin-1 among them. */
export function printable(text: string): string {
  return text.replaceAll(
    /\p{Cc}/gu,
    (character) => `\\x${(character.codePointAt(0) ?? 0).toString(16).padStart(2, "0")}`,
  );
}
