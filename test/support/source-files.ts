// The project's own files, for tests about the text of the project itself. Paths are relative to its root, which is where
// tests run.

import { globSync } from "node:fs";

/** TypeScript files below the folders, in order. */
export function sourceFiles(...folders: readonly string[]): readonly string[] {
  return folders.flatMap((folder) => globSync(`${folder}/**/*.ts`)).sort();
}
