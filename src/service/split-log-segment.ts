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

/** As long as those of the real service. */
const UNIQUE_LENGTH = 11;
/** `name` tells the segment apart from all others. */
export function splitLogSegment(name: string, segment: Uint8Array): SplitSegment {
  /** By target, then by hour. */
  const linesOf = new Map<string, Map<string, string[]>>();
  let unreadable = readRecordBlocks(segment, ({ target, hour, line }) => {
    let hours = linesOf.get(target);
    if (hours === undefined) linesOf.set(target, (hours = new Map()));
    const lines = hours.get(hour);
    if (lines === undefined) hours.set(hour, [line]);
    else lines.push(line);
  });
  const files: LogFileContent[] = [];
  for (const [targetText, hours] of linesOf) {
    const target = readLogTarget(targetText);
    for (const [hour, lines] of hours) {
      if (target === undefined) {
        unreadable += lines.length;
        continue;
      }
      const unique = uniqueOf(`${name}\n${targetText}\t${hour}`);
      const fileName = `${target.distribution}.${hour.replace("\t", "-")}.${unique}.gz`;
      const text = Buffer.from(`${ACCESS_LOG_PREAMBLE}${lines.join("\n")}\n`, "latin1");
      files.push({ target, targetText, fileName, lines: lines.length, text });
    }
  }
  return { files, unreadable };
}

/** Upper-case letters and digits. */
function uniqueOf(text: string): string {
  const number = BigInt(`0x${createHash("sha256").update(text).digest("hex")}`);
  return number.toString(36).toUpperCase().slice(-UNIQUE_LENGTH);
}
