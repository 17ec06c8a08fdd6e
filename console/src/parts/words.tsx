// A list of short texts in one field, one in each line; blanks and commas part them, too.

import { useState } from "preact/hooks";

export function readWords(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((word) => word !== "");
}

/** What is written stays as it is written while it means the same. */
export function Words({
  words,
  set,
  rows = 2,
  write = (word) => word,
  ...given
}: {
  words: readonly string[];
  set: (words: readonly string[]) => void;
  rows?: number;
  /** How a word is meant, whatever its case, say. */
  write?: (word: string) => string;
  required?: boolean;
}) {
  const [text, setText] = useState(words.join("\n"));
  const read = (written: string): readonly string[] => readWords(written).map(write);
  const isSame = read(text).join("\n") === words.join("\n");
  return (
    <textarea
      {...given}
      class="mono"
      rows={rows}
      spellcheck={false}
      autocapitalize="none"
      value={isSame ? text : words.join("\n")}
      onInput={(event) => {
        setText(event.currentTarget.value);
        set(read(event.currentTarget.value));
      }}
    />
  );
}
