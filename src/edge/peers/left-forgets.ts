// What a worker is to forget and could not be told: left for it in a file of its slot, before the viewer whose request it was has its
// answer. So it outlives whoever leaves it. The next process of the slot reads it before it answers anything, the present one when it has
// been stopped for so long that it was given up. [D-0027]

import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import type { DistributionId } from "../../vocabulary/ids.ts";
import { EVERYTHING } from "./channel-messages.ts";

export interface LeftForget {
  readonly distribution: DistributionId;
  readonly urls: readonly string[];
}

export interface LeftForgets {
  /** Resolves when who reads from then on finds it. Rejects with Node's own error. */
  leave(slot: number, left: LeftForget): Promise<void>;
  /** What was left for this slot and not taken here yet. `undefined`: nothing. Throws Node's own error. */
  take(): Taken | undefined;
}

export interface Taken {
  readonly forgets: readonly LeftForget[];
  /** All of it holds for good: nobody has to read it again. Until then the next process of the slot does. */
  done(): void;
}

/** What is left in a longer file concerns whole distributions. */
const BYTES_MAX = 1_048_576;

export function openLeftForgets(
  directory: string,
  place: { readonly slot: number; readonly count: number; readonly life: number },
  bytesMax = BYTES_MAX,
): LeftForgets {
  const { count, life } = place;
  const nameOf = (slot: number): string => `${slot}-of-${count}.forget`;
  const own = nameOf(place.slot);
  let files = 0;
  /** Files of which everything was given to this process already. */
  const taken = new Set<string>();
  /** Distributions of which everything was left, by the file. */
  const saturated = new Map<number, { readonly file: number; readonly distributions: Set<string> }>();

  /** What is too much for the file: `undefined` where it says so already. */
  function shorten({ distribution, urls }: LeftForget, slot: number, file: number, bytes: number) {
    if (bytes < bytesMax) return { distribution, urls };
    const before = saturated.get(slot);
    const { distributions } = before?.file === file ? before : { distributions: new Set<string>() };
    if (distributions.has(distribution)) return undefined;
    saturated.set(slot, { file, distributions: distributions.add(distribution) });
    return { distribution, urls: [EVERYTHING] };
  }

  function moveAway(): void {
    const path = join(directory, own);
    if (statSync(path, { throwIfNoEntry: false }) === undefined) return;
    let aside: string;
    // Lives begin anew with the service, and files of an earlier one may be there.
    do aside = `${path}.${life}-${files++}`;
    while (existsSync(aside));
    try {
      renameSync(path, aside);
    } catch (fault) {
      if ((fault as NodeJS.ErrnoException).code !== "ENOENT") throw fault; // the other was faster
    }
  }

  return {
    async leave(slot, left) {
      const path = join(directory, nameOf(slot));
      for (;;) {
        const file = await open(path, "a", 0o600);
        try {
          const { ino, size } = await file.stat();
          const said = shorten(left, slot, ino, size);
          // A line that a process died over must not have another behind it.
          if (said !== undefined) await file.appendFile(`\n${JSON.stringify(said)}\n`);
          // Whoever has taken the file away meanwhile may have read it before.
          const there = await stat(path).catch(() => undefined);
          if (there?.ino === ino) return;
        } finally {
          await file.close();
        }
      }
    },
    take() {
      // First away, then looked for: a predecessor that still serves takes too.
      moveAway();
      const names = readdirSync(directory).filter((name) => name.startsWith(`${own}.`));
      const anew = names.filter((name) => !taken.has(name));
      if (anew.length === 0) return undefined;
      for (const name of anew) taken.add(name);
      return {
        forgets: anew.flatMap((name) => readLines(join(directory, name))),
        done() {
          for (const name of anew) {
            taken.delete(name);
            rmSync(join(directory, name), { force: true });
          }
        },
      };
    },
  };
}

/** Of a file that the other process of the slot has done with meanwhile nothing. */
function readLines(path: string): readonly LeftForget[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8")
    .split("\n")
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as LeftForget];
      } catch {
        return []; // empty, or torn: then nobody was told that it is forgotten
      }
    });
}
