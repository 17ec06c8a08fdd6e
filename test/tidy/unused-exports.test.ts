// What a file of src/ exports is somebody else's, too: a function or a constant that no other file names is dead, or its file's own.
// Types are left out: they are the words of functions that are used.

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import test from "node:test";
import { sourceFiles } from "../support/source-files.ts";

type Text = readonly [path: string, text: string];

const EXPORTED = /^export (?:async )?(?:function\*?|const|class) (\w+)/gm;

function unusedExports(sources: readonly Text[], others: readonly Text[]): string[] {
  const namedIn = new Map<string, number>();
  for (const [, text] of [...sources, ...others]) {
    for (const word of new Set(text.match(/\w+/g))) namedIn.set(word, (namedIn.get(word) ?? 0) + 1);
  }
  return sources.flatMap(([path, text]) =>
    [...text.matchAll(EXPORTED)]
      .map(([, name = ""]) => name)
      .filter((name) => namedIn.get(name) === 1)
      .map((name) => `${path}: ${name}`),
  );
}

const readAll = (paths: readonly string[]): Text[] => paths.map((path) => [path, readFileSync(path, "utf8")]);

test("what a file of src exports is used by another file", () => {
  const others = globSync(["{test,bench,tools,bin,examples}/**/*.{ts,js}", "console/**/*.{ts,tsx}", "*.ts"], {
    exclude: (path) => /node_modules|[/\\]dist$/.test(path),
  });
  assert.deepEqual(unusedExports(readAll(sourceFiles("src")), readAll(others)), []);
});

test("an export that nobody uses is found where it is planted, whatever it is", () => {
  const sources: Text[] = [
    ["a.ts", "export function used() {}\nexport async function dead() { return dead(); }\nexport interface Shape {}"],
    ["b.ts", 'import { used } from "./a.ts";\nexport const LONE = used();\nexport class Nobody {}\nconst own = 1;'],
  ];
  assert.deepEqual(unusedExports(sources, []), ["a.ts: dead", "b.ts: LONE", "b.ts: Nobody"]);
  assert.deepEqual(unusedExports(sources, [["a.test.ts", "dead(); LONE; new Nobody();"]]), []);
});
