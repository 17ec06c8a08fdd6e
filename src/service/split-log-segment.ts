// A segment of spooled records → the content of the files that it becomes: one for each target and hour. Pure; everything that is called
// by chance elsewhere follows from the segment's name here, so a segment that is split again makes the same files under the same names.

import { createHash } from "node:crypto";
import { ACCESS_LOG_PREAMBLE } from "../edge/record/access-log-fields.ts";
import { readRecordBlocks } from "../edge/record/read-record-blocks.ts";
import { readLogTarget, type LogTarget } from "../model/log-target.ts";

export interface LogFileContent {
  readonly target: LogTarget;
  /** The target as its records have it. */
  readonly targetText: string;
  /** `E….YYYY-MM-DD-HH.unique.gz` [CFDG AccessLogs] */
  readonly fileName: string;
  readonly lines: number;
  /** Not compressed yet. */
  readonly text: Buffer;
}

export interface SplitSegment {
  readonly files: readonly LogFileContent[];
  /** Records that are damaged, or whose target is none: a disk may give back what was not written. */
  readonly unreadable: number;
}

const LINE_BREAK = 0x0a;
/** As long as those of the real service. */
const UNIQUE_LENGTH = 11;
/** What one file will be. */
interface Growing {
  lines: number;
  text: Buffer;
  /** Bytes of `text` that are filled. */
  length: number;
}

/** `name` tells the segment apart from all others. */
export function splitLogSegment(name: string, segment: Uint8Array): SplitSegment {
  /** By target, then by hour. */
  const growing = new Map<string, Map<string, Growing>>();
  let unreadable = readRecordBlocks(segment, ({ target, hour, line }) => {
    let hours = growing.get(target);
    if (hours === undefined) growing.set(target, (hours = new Map()));
    let file = hours.get(hour);
    if (file === undefined) hours.set(hour, (file = beginFile()));
    appendLine(file, line);
  });
  const files: LogFileContent[] = [];
  for (const [targetText, hours] of growing) {
    const target = readLogTarget(targetText);
    for (const [hour, { lines, text, length }] of hours) {
      if (target === undefined) {
        unreadable += lines;
        continue;
      }
      const unique = uniqueOf(`${name}\n${targetText}\t${hour}`);
      const fileName = `${target.distribution}.${hour.replace("\t", "-")}.${unique}.gz`;
      files.push({ target, targetText, fileName, lines, text: text.subarray(0, length) });
    }
  }
  return { files, unreadable };
}

function beginFile(): Growing {
  return { lines: 0, text: Buffer.from(ACCESS_LOG_PREAMBLE), length: ACCESS_LOG_PREAMBLE.length };
}

/** At once, while the line is fresh: to keep them and join them later costs six times as much. */
function appendLine(file: Growing, line: string): void {
  const length = file.length + line.length + 1;
  if (length > file.text.length) {
    const larger = Buffer.allocUnsafe(2 * length);
    file.text.copy(larger, 0, 0, file.length);
    file.text = larger;
  }
  file.text.write(line, file.length, "latin1");
  file.text[length - 1] = LINE_BREAK;
  file.length = length;
  file.lines++;
}

/** Upper-case letters and digits. */
function uniqueOf(text: string): string {
  const number = BigInt(`0x${createHash("sha256").update(text).digest("hex")}`);
  return number.toString(36).toUpperCase().slice(-UNIQUE_LENGTH);
}
