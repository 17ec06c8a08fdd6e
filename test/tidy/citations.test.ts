// Every citation in the code is one that docs/sources.md explains, so that a reader can follow it.

import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import test from "node:test";
import { sourceFiles } from "../support/source-files.ts";

const CITATION = /\[((?:RFC \d|CFDG |CFAPI |CFMODEL|STSAPI |SQLITE |SEEN |D-\d)[^\]\n]*)\]/g;

const sources = readFileSync("docs/sources.md", "utf8");

/** `undefined`: docs/sources.md resolves it. */
function faultOf(citation: string): string | undefined {
  const decision = /^D-(\d{4})$/.exec(citation)?.[1];
  if (decision !== undefined) {
    return globSync(`docs/decisions/${decision}-*.md`).length === 1 ? undefined : `no decision ${decision}`;
  }
  const rfc = /^RFC (\d+) §[A-Z]?[\d.]+/.exec(citation)?.[1] ?? /^RFC (\d+)$/.exec(citation)?.[1];
  if (rfc !== undefined) return sources.includes(`| RFC ${rfc} |`) ? undefined : `RFC ${rfc} is not listed`;
  const seen = /^SEEN (\d{4}-\d\d-\d\d #\d+)$/.exec(citation)?.[1];
  if (seen !== undefined) return sources.includes(`| ${seen} |`) ? undefined : `observation ${seen} is not listed`;
  const pages = /^CFDG (.+)$/.exec(citation)?.[1];
  if (pages !== undefined) {
    const missing = pages.split(/, /).filter((page) => !sources.includes(`| ${page} |`));
    return missing.length === 0 ? undefined : `developer guide: ${missing.join(", ")} is not listed`;
  }
  const family = /^(CFAPI|CFMODEL|STSAPI|SQLITE)(?: [\w.]+(?:,? [\w. ]+)*)?$/.exec(citation)?.[1];
  return family !== undefined && sources.includes(`| ${family} |`) ? undefined : "not of a form that is known";
}

test("every citation resolves through docs/sources.md", () => {
  const faults: string[] = [];
  for (const path of sourceFiles("src", "test", "tools", "bench")) {
    if (path.startsWith("test/tidy/")) continue;
    for (const [, citation = ""] of readFileSync(path, "utf8").matchAll(CITATION)) {
      const fault = faultOf(citation);
      if (fault !== undefined) faults.push(`${path}: [${citation}]: ${fault}`);
    }
  }
  assert.deepEqual(faults, []);
});

test("a citation of nothing is found", () => {
  for (const citation of ["RFC 9999 §1", "D-9999", "SEEN 2026-11-20 #9999", "CFDG no-such-page", "SEEN lately"]) {
    assert.notEqual(faultOf(citation), undefined, citation);
  }
});

test("every dependency is argued in a decision", () => {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(
    readFileSync("package.json", "utf8"),
  ) as Record<"dependencies" | "devDependencies" | "optionalDependencies", Record<string, string>>;
  const argued = readFileSync("docs/decisions/0002-dependencies.md", "utf8");
  const named = Object.keys({ ...dependencies, ...devDependencies });
  const missing = named.filter((name) => !argued.includes(name));
  assert.deepEqual(missing, []);
  assert(Object.keys(optionalDependencies).every((name) => name.startsWith("node-")));
});

test("the documents that the README promises are there", () => {
  const links = [...readFileSync("README.md", "utf8").matchAll(/\]\(([^)#:]+)\)/g)].map(([, path = ""]) => path);
  assert(links.length > 4);
  assert.deepEqual(
    links.filter((path) => !existsSync(path)),
    [],
  );
});
