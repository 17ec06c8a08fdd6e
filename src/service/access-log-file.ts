// The operator's access log: lines of all distributions in one file, which every edge process appends to. A write is one call with whole
// lines, and the file is open for appending, so lines of several processes do not mix. Nothing here is waited for: while the disk is
// behind, lines wait within a bound and are dropped beyond it.

import { randomUUID } from "node:crypto";
import { close, constants, fstat, link, open, unlink, write, writeFile } from "node:fs";
import { promisify } from "node:util";
import { openLineBuffer } from "../edge/record/line-buffer.ts";
import type { LineSink } from "../edge/record/outgoing-buffers.ts";
import type { LogLevel } from "../edge/quiet-log.ts";

export interface AccessLogFile {
  /** A line without its break; ASCII alone. */
  append(line: string): void;
  /** Hands on what is there; to be called once a second. Also says what was lost since. */
  flush(): void;
  /** Goes on in a new file of the same name, once the old one was renamed; what was appended before goes to the old one. Never rejects. */
  reopen(): Promise<void>;
  /** Lines that were lost so far: dropped because the disk was behind, or not written. */
  lost(): number;
  /** Writes what is left, and closes the file. Never rejects. */
  close(): Promise<void>;
}

export interface AccessLogFileSettings {
  readonly path: string;
  /** What a new or empty file begins with. */
  readonly preamble: string;
  readonly pendingBytesMax: number;
  /** One that cannot be opened now is tried again at each flush; until then its lines are lost, and told. Left out: that is a fault. */
  readonly canWait?: boolean;
  readonly log: (level: LogLevel, message: string) => void;
}

const FLAGS = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY;
/** Others than the owner's group need not know who asked for what. */
const MODE = 0o640;
const LINE_BREAK = Buffer.from("\n");
/** Between two lines of our own log about lines that were lost. */
const QUIET_FLUSHES = 10;

const asPromised = {
  open: promisify(open),
  close: promisify(close),
  fstat: promisify(fstat),
  link: promisify(link),
  unlink: promisify(unlink),
  write: promisify(write) as (file: number, bytes: Uint8Array) => Promise<{ readonly bytesWritten: number }>,
  writeFile: promisify(writeFile),
};

/** Rejects when the file cannot be opened: at a start that is the operator's to know. With `canWait` it never does. */
export async function openAccessLogFile(settings: AccessLogFileSettings): Promise<AccessLogFile> {
  const { path, preamble, log } = settings;
  let failed = 0;
  let why = "";
  /** `undefined`: it could not be opened so far. */
  let file: number | undefined;
  let whyClosed = "";
  try {
    file = await openFile(path, preamble);
  } catch (fault) {
    const what = `the access log ${path} cannot be opened: ${describe(fault)}; --access-log wants the path of a file, in a folder that is there`;
    if (settings.canWait !== true) throw new Error(what, { cause: fault });
    log("error", what);
    whyClosed = describe(fault);
  }
  let said = 0;
  let flushesSince = QUIET_FLUSHES;
  /** The last write ended in mid-line: what follows begins a line of its own. */
  let isTorn = false;
  /** Writes and changes of the file, one after the other. */
  let last: Promise<void> = Promise.resolve();
  const inTurn = (step: () => Promise<void>): Promise<void> => (last = last.then(step));

  async function writeAll(bytes: Uint8Array): Promise<void> {
    if (file === undefined) throw new Error(whyClosed);
    let rest = bytes;
    while (rest.length > 0) {
      const { bytesWritten } = await asPromised.write(file, rest);
      rest = rest.subarray(bytesWritten);
      isTorn = rest.length > 0;
    }
  }

  const sink: LineSink = {
    write(bytes, lines, done) {
      void inTurn(async () => {
        try {
          if (isTorn) await writeAll(LINE_BREAK);
          await writeAll(bytes);
        } catch (fault) {
          failed += lines;
          why = describe(fault);
        }
        done();
      });
    },
  };
  const buffer = openLineBuffer(sink, settings.pendingBytesMax);
  const lost = (): number => buffer.dropped() + failed;

  function tellLost(): void {
    flushesSince++;
    const now = lost();
    if (now === said || flushesSince < QUIET_FLUSHES) return;
    const because = why === "" ? "the disk does not keep up" : why;
    log("warn", `${now - said} lines of the access log ${path} were lost: ${because}`);
    said = now;
    why = "";
    flushesSince = 0;
  }

  async function openLate(): Promise<void> {
    if (file !== undefined) return;
    try {
      file = await openFile(path, preamble);
      log("info", `the access log ${path} is written from now on`);
    } catch (fault) {
      whyClosed = describe(fault); // which is told with the lines that are lost for it
    }
  }

  return {
    append: (line) => void buffer.append(line),
    flush() {
      if (file === undefined) void inTurn(openLate);
      buffer.flush();
      tellLost();
    },
    async reopen() {
      buffer.flush();
      await inTurn(async () => {
        if (file === undefined) return openLate();
        try {
          const next = await openFile(path, preamble);
          const before = file;
          file = next;
          isTorn = false;
          await asPromised.close(before);
        } catch (fault) {
          log(
            "error",
            `the access log could not be opened again, it goes on in the file that it had: ${describe(fault)}`,
          );
        }
      });
    },
    lost,
    async close() {
      await buffer.drained();
      flushesSince = QUIET_FLUSHES;
      tellLost();
      await inTurn(async () => {
        if (file !== undefined) await asPromised.close(file).catch(() => undefined);
      });
    },
  };
}

/**
 * A file that is not there yet appears with its preamble in it, whichever of several processes is first. One that is there and empty, as
 * logrotate makes them, gets it from each that finds it so: at worst it has it twice, and never behind a line.
 */
async function openFile(path: string, preamble: string): Promise<number> {
  const made = `${path}.${randomUUID()}.new`;
  try {
    await asPromised.writeFile(made, preamble, { mode: MODE });
    await asPromised.link(made, path);
  } catch {
    // It is there already, or is no file that can be made like this; opening it tells.
  }
  await asPromised.unlink(made).catch(() => undefined);
  const file = await asPromised.open(path, FLAGS, MODE);
  try {
    const { size } = await asPromised.fstat(file);
    if (size === 0 && preamble !== "") await asPromised.write(file, Buffer.from(preamble));
  } catch (fault) {
    await asPromised.close(file).catch(() => undefined);
    throw fault;
  }
  return file;
}

function describe(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault);
}
