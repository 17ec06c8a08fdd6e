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
  ...given
}: {
  words: readonly string[];
  set: (words: readonly string[]) => void;
  rows?: number;
  placeholder?: string;
}) {
  const [text, setText] = useState(words.join("\n"));
  const isSame = readWords(text).join("\n") === words.join("\n");
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
        set(readWords(event.currentTarget.value));
      }}
    />
  );
}
