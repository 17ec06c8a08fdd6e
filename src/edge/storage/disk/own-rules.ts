// The invalidations that the edge makes itself, after unsafe methods, in a file: those of the feed come again after a
// restart, these do not. With them it is noted up to which position numbers were given out, so that none is given twice:
// an old response must not look younger than a new rule.

import { join } from "node:path";
import type { DistributionId, FeedNumber } from "../../../vocabulary/ids.ts";
import type { InvalidatedPath } from "../cache-storage.ts";
import type { Files } from "./files.ts";

export interface OwnRule {
  readonly invalidated: InvalidatedPath;
  readonly number: FeedNumber;
}

export interface OwnRules {
  /** Of earlier runs, still to be held against what is stored. */
  readonly earlier: readonly OwnRule[];
  /** No position above it was ever given out. */
  reserved(): FeedNumber;
  add(rule: OwnRule): void;
  /** All that was added is on the disk. Resolves also when the disk has failed. */
  written(): Promise<void>;
  /** Only these are needed from now on. */
  keepOnly(rules: readonly OwnRule[]): void;
  close(): Promise<void>;
}

interface Line {
  readonly reserved?: FeedNumber;
  readonly distribution?: DistributionId;
  readonly path?: string;
  readonly isLiteral?: boolean;
  readonly number?: FeedNumber;
}

/** Positions that are noted ahead, so that not every rule has to note them: as a part of the distance of two steps of the feed. */
const RESERVED_AHEAD = 1 / 256;
/** A file that is longer is written anew when it may be shorter. */
const TIDY_BYTES = 1_048_576;
const NAME = "rules";

/** Is it the edge's own? The feed's numbers are whole. */
export function isOwn(number: FeedNumber): boolean {
  return !Number.isInteger(number);
}

export async function openOwnRules(
  directory: string,
  files: Files,
  onFault: (fault: unknown) => void,
): Promise<OwnRules> {
  const path = join(directory, NAME);
  const text = await readText(path, files);
  const lines = text.split("\n").flatMap((line) => readLine(line) ?? []);
  const earlier = lines.flatMap(({ distribution, path: of, isLiteral, number }): OwnRule[] =>
    distribution === undefined || of === undefined || number === undefined
      ? []
      : [{ invalidated: { distribution, path: of, ...(isLiteral === true && { isLiteral }) }, number }],
  );
  let reserved = lines.reduce((highest, line) => Math.max(highest, line.reserved ?? 0, line.number ?? 0), 0);
  let bytes = Infinity; // written anew at once: a torn line must not have another behind it
  let gathered: string[] = [];
  let kept: readonly OwnRule[] = earlier;
  let added: OwnRule[] = [];
  let file: number | undefined;
  let writing: Promise<void> | undefined;

  async function writeAnew(): Promise<void> {
    const rules = [...kept, ...added];
    kept = rules;
    added = [];
    gathered = [];
    const anew = Buffer.from(lineOf({ reserved: reserved as FeedNumber }) + rules.map(lineOfRule).join(""));
    const aside = `${path}.new`;
    await files.remove(aside);
    const created = await files.create(aside);
    if (file !== undefined) await files.close(file);
    file = created;
    await files.write(file, anew, 0);
    await files.rename(aside, path);
    bytes = anew.length;
  }

  async function writeOn(): Promise<void> {
    do {
      if (file === undefined || bytes > TIDY_BYTES) await writeAnew();
      else {
        const more = Buffer.from(gathered.join(""));
        gathered = [];
        await files.write(file, more, bytes);
        bytes += more.length;
      }
    } while (gathered.length > 0);
  }

  /** What comes while it is being written is written in the same go. */
  async function written(): Promise<void> {
    await writing;
  }

  function writeSoon(): void {
    writing ??= writeOn()
      .catch((fault: unknown) => {
        bytes = Infinity;
        onFault(fault);
      })
      .finally(() => (writing = undefined));
  }

  writeSoon();
  await writing;
  return {
    earlier,
    reserved: () => reserved as FeedNumber,
    add(rule) {
      if (rule.number > reserved) {
        reserved = rule.number + RESERVED_AHEAD;
        gathered.push(lineOf({ reserved: reserved as FeedNumber }));
      }
      added.push(rule);
      gathered.push(lineOfRule(rule));
      writeSoon();
    },
    written,
    keepOnly(rules) {
      kept = rules;
      added = [];
      if (bytes > TIDY_BYTES) writeSoon();
    },
    async close() {
      await written();
      if (file !== undefined) await files.close(file).catch(() => undefined);
    },
  };
}

function lineOf(line: Line): string {
  return `${JSON.stringify(line)}\n`;
}

function lineOfRule({ invalidated, number }: OwnRule): string {
  return lineOf({ ...invalidated, number });
}

/** `undefined`: torn. */
function readLine(line: string): Line | undefined {
  try {
    return JSON.parse(line) as Line;
  } catch {
    return undefined;
  }
}

async function readText(path: string, files: Files): Promise<string> {
  try {
    const file = await files.open(path);
    try {
      const bytes = Buffer.alloc(await files.size(file));
      return bytes.toString("utf8", 0, await files.read(file, bytes, 0));
    } finally {
      await files.close(file);
    }
  } catch {
    return "";
  }
}
