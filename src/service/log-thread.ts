// A thread of the control process that turns spooled segments of access logs into compressed files, one segment after the other: megabytes
// of text each, which would hold up everything else that the process does. It yields to the workers that answer viewers, on a machine whose
// cores are all busy: what it makes is in no hurry, and what it waits for is on the disk. [D-0039]

import { readFileSync } from "node:fs";
import { constants, getPriority, setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { gzipSync } from "node:zlib";
import { splitLogSegment, type LogFileContent } from "./split-log-segment.ts";

/** What the thread is asked. */
export interface SegmentAsked {
  readonly path: string;
  /** Tells the segment apart from all others. */
  readonly name: string;
}

/** A file for the outbox. */
export interface PackedFile extends Pick<LogFileContent, "targetText" | "fileName" | "lines"> {
  /** gzip. */
  readonly content: Uint8Array;
}

/** What it answers. */
export type SegmentPacked =
  | { readonly kind: "packed"; readonly files: readonly PackedFile[]; readonly unreadable: number }
  /** The disk did not give it back. */
  | { readonly kind: "failed"; readonly why: string };

/** Half the time of the usual level, for files that are a tenth larger [D-0035]. */
const LEVEL = 3;

const NICEST = constants.priority.PRIORITY_LOW;

function pack({ path, name }: SegmentAsked): SegmentPacked {
  try {
    const { files, unreadable } = splitLogSegment(name, readFileSync(path));
    const packed = files.map(({ targetText, fileName, lines, text }) => ({
      targetText,
      fileName,
      lines,
      content: gzipSync(text, { level: LEVEL }),
    }));
    return { kind: "packed", files: packed, unreadable };
  } catch (fault) {
    if (!(fault instanceof Error)) throw fault;
    // Its worker gave it up because it had no room.
    if ("code" in fault && fault.code === "ENOENT") return { kind: "packed", files: [], unreadable: 0 };
    return { kind: "failed", why: fault.message };
  }
}

/** Of a thread alone only Linux knows a priority; elsewhere it would be the whole process that yields. */
function yieldToOthers(niceness: number): void {
  if (process.platform !== "linux" || niceness === 0) return;
  try {
    setPriority(0, Math.min(NICEST, getPriority(0) + niceness));
  } catch {
    // Whoever forbids it gets his logs all the same.
  }
}

yieldToOthers(Number(workerData));
parentPort?.on("message", (asked: SegmentAsked) => parentPort?.postMessage(pack(asked)));
