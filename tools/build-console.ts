// Builds the web console (console/) into console/dist, compresses what is sent compressed, and notes of what it was built. A step of
// `npm start`, `npm test` and of packing; by itself it builds only when something has changed. The new folder takes the old one's
// place at once, so that a server that runs never sees half of one.

import { chmodSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { consoleStamp, isConsoleBuilt } from "../bin/console-stamp.js";
import { ROOT } from "./run.ts";

const FOLDER = join(ROOT, "console");
const COMPRESSED = [".html", ".js", ".css", ".svg"];

/** Rejects when it cannot be built. */
export async function buildConsole(): Promise<"built" | "was built"> {
  const stamp = consoleStamp(ROOT);
  if (stamp === undefined || isConsoleBuilt(ROOT)) return "was built";
  const { build } = await import("vite");
  const made = mkdtempSync(join(FOLDER, ".dist-"));
  try {
    await build({ configFile: join(FOLDER, "vite.config.ts"), build: { outDir: made, emptyOutDir: true } });
    for (const entry of readdirSync(made, { recursive: true, withFileTypes: true })) {
      if (entry.isFile() && COMPRESSED.includes(extname(entry.name))) compress(join(entry.parentPath, entry.name));
    }
    writeFileSync(join(made, "stamp"), stamp);
    chmodSync(made, 0o755); // whoever runs the server may be somebody else
    putInPlace(made);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  return "built";
}

function compress(path: string): void {
  const bytes = readFileSync(path);
  writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
}

function putInPlace(made: string): void {
  const target = join(FOLDER, "dist");
  const old = `${made}-old`;
  try {
    renameSync(target, old);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  try {
    renameSync(made, target);
  } catch (error) {
    // Another build was faster, and was of the same sources, or the next start builds again.
    if (!["ENOTEMPTY", "EEXIST"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
  rmSync(old, { recursive: true, force: true });
}

if (import.meta.main) {
  try {
    const done = await buildConsole();
    if (done === "built") process.stderr.write("warmfront: the console is built\n");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    process.stderr.write(`warmfront: the web console could not be built: ${why}\n`);
    process.exitCode = 1;
  }
}
