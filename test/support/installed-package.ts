// The package as npm would install it: what is packed, built and copied below node_modules of a folder of the test's own, with the clone's
// dependencies beside it.

import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildPackage } from "../../tools/build-package.ts";
import { ROOT } from "../../tools/run.ts";

export interface InstalledPackage extends Disposable {
  readonly folder: string;
  /** The package itself. */
  readonly path: string;
}

export function installPackage(): InstalledPackage {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "warmfront-installed-")));
  const modules = join(folder, "node_modules");
  const path = join(modules, "warmfront");
  mkdirSync(path, { recursive: true });
  const { files } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { files: readonly string[] };
  for (const name of ["package.json", ...files]) {
    if (name === "dist") buildPackage(join(path, "dist"));
    else if (existsSync(join(ROOT, name))) cpSync(join(ROOT, name), join(path, name), { recursive: true });
  }
  for (const name of readdirSync(join(ROOT, "node_modules"))) {
    if (!name.startsWith(".")) symlinkSync(join(realpathSync(join(ROOT, "node_modules")), name), join(modules, name));
  }
  return { folder, path, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}
