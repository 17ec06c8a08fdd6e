// The program of bench/object-files.ts: writes an object of argv[2] bytes into a new folder below argv[3] and reads it
// back, and prints how fast, and by how much its own memory grew.

import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { openObjectFiles } from "../../src/buckets/files/open-object-files.ts";
import { residentMegabytes } from "./machine.ts";

/** As the listener gives them: each in memory of its own. */
const CHUNK_BYTES = 65_536;
const LOOKED_AT_EVERY_MS = 20;
/** What is not done by then is left. */
const SECONDS_MAX = 25;

export interface Poured {
  readonly what: "write" | "read";
  readonly bytes: number;
  readonly seconds: number;
  readonly growthMegabytes: number;
}

async function measure(what: Poured["what"], work: () => Promise<number>): Promise<Poured> {
  const before = residentMegabytes(process.pid);
  let peak = before;
  const looking = setInterval(() => (peak = Math.max(peak, residentMegabytes(process.pid))), LOOKED_AT_EVERY_MS);
  const begun = performance.now();
  const bytes = await work();
  clearInterval(looking);
  return { what, bytes, seconds: (performance.now() - begun) / 1000, growthMegabytes: peak - before };
}

async function* chunksOf(bytes: number, until: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes && performance.now() < until; at += CHUNK_BYTES) {
    yield Buffer.allocUnsafeSlow(CHUNK_BYTES).fill(at & 0xff);
  }
}

const [, , bytes = "0", folder = ""] = process.argv;
const place = mkdtempSync(join(folder, "objects-"));
try {
  await using files = await openObjectFiles({ folder: place, random: randomBytes, reportFault: console.error });
  const write = (count: number) =>
    files.write(chunksOf(count, performance.now() + SECONDS_MAX * 1000), () => undefined);
  await write(50_000_000); // memory that any work takes
  const pieces: Awaited<ReturnType<typeof write>>[] = [];
  const written = await measure("write", async () => {
    const piece = await write(Number(bytes));
    pieces.push(piece);
    return piece.bytes;
  });
  const read = await measure("read", async () => {
    let count = 0;
    const until = performance.now() + SECONDS_MAX * 1000;
    for await (const chunk of files.read(pieces, 0, written.bytes - 1)) {
      count += chunk.length;
      if (performance.now() > until) break;
    }
    return count;
  });
  process.stdout.write(JSON.stringify([written, read]));
} finally {
  rmSync(place, { recursive: true });
}
