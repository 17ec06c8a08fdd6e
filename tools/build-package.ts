// `npm pack` and `npm publish` call this first: src → dist, as JavaScript, because Node.js reads no TypeScript below node_modules. Types are
// taken out and nothing else is changed, so lines and columns of a stack trace are those of the sources. Tests stay behind.

import { copyFileSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { dirname, join, relative } from "node:path";
import { ROOT } from "./run.ts";

/** Where a file is named: `from "./a.ts"`, `import("./a.ts")`, `new URL("a.ts", …)`. Types are gone by then. */
const NAMED = /((?:\bfrom|\bimport|\bnew URL\(|\bimport\()\s*"[^"\n]+)\.ts"/g;

/** Makes `dist` anew in `into`. Answers with the paths in it. */
export function buildPackage(into: string = join(ROOT, "dist")): readonly string[] {
  rmSync(into, { recursive: true, force: true });
  const source = join(ROOT, "src");
  const built: string[] = [];
  for (const path of globSync("**/*", { cwd: source, withFileTypes: true })) {
    if (!path.isFile() || path.name.endsWith(".test.ts")) continue;
    const from = join(path.parentPath, path.name);
    const to = join(into, relative(source, from));
    mkdirSync(dirname(to), { recursive: true });
    if (path.name.endsWith(".ts") && !path.name.endsWith(".d.ts")) {
      const script = stripTypeScriptTypes(readFileSync(from, "utf8"), { mode: "strip" });
      const target = to.replace(/\.ts$/, ".js");
      writeFileSync(target, script.replaceAll(NAMED, '$1.js"'));
      built.push(target);
    } else {
      copyFileSync(from, to);
      built.push(to);
    }
  }
  return built;
}

if (import.meta.main) {
  const count = buildPackage().length;
  process.stderr.write(`warmfront: ${count} files in dist\n`);
}
