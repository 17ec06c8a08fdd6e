// A folder of files as people upload them, for the clients of the bucket store: names that need encoding, a file of several
// parts, and one without bytes.

import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";

/** Over two parts of the clients' usual eight megabytes. */
const LARGE_BYTES = 17_000_000;

/** Bytes in which no stretch is like another. */
export function largeBytes(count = LARGE_BYTES): Buffer {
  const words = new Uint32Array(Math.ceil(count / 4));
  let state = 1;
  for (let at = 0; at < words.length; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    words[at] = state;
  }
  return Buffer.from(words.buffer, 0, count);
}

/** Makes the files below `folder`; their names, sorted. */
export function writeSite(folder: string): readonly string[] {
  mkdirSync(join(folder, "sub", "deep"), { recursive: true });
  writeFileSync(join(folder, "index.html"), "<h1>hello</h1>\n");
  writeFileSync(join(folder, "empty"), "");
  writeFileSync(join(folder, "large.bin"), largeBytes());
  writeFileSync(join(folder, "sub", "a b+c&é%20.txt"), "special\n");
  writeFileSync(join(folder, "sub", "deep", "style.css"), "body{}\n");
  return filesBelow(folder);
}

export function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)))
    .sort();
}

export function assertSameFiles(one: string, other: string): void {
  assert.deepEqual(filesBelow(other), filesBelow(one));
  for (const name of filesBelow(one)) {
    assert(readFileSync(join(other, name)).equals(readFileSync(join(one, name))), `${name} differs`);
  }
}
