// A segment of spooled lines → the content of the files that it becomes: one for each target and hour. Pure; everything that is called
// by chance elsewhere follows from the segment's name here, so a segment that is split again makes the same files under the same names.

import { createHash } from "node:crypto";
import { ACCESS_LOG_PREAMBLE } from "../edge/record/access-log-fields.ts";
import { readLogTarget, type LogTarget } from "../model/log-target.ts";

export interface LogFileContent {
  readonly target: LogTarget;
  /** The target as it stands before its lines. */
  readonly targetText: string;
  /** `E….YYYY-MM-DD-HH.unique.gz` [CFDG AccessLogs] */
  readonly fileName: string;
  readonly lines: number;
  /** Not compressed yet. */
  readonly text: Buffer;
}

export interface SplitSegment {
  readonly files: readonly LogFileContent[];
  /** Lines that are none of ours: a disk may give back what was not written. */
  readonly unreadable: number;
}

const LINE_BREAK = 0x0a;
const TAB = 0x09;
/** `YYYY-MM-DD`, a tab, `HH`. */
const HOUR_LENGTH = 13;
/** As long as those of the real service. */
const UNIQUE_LENGTH = 11;
const PREAMBLE = Buffer.from(ACCESS_LOG_PREAMBLE);

/** `name` tells the segment apart from all others. What is behind the last line break is the line that a kill cut off. */
export function splitLogSegment(name: string, segment: Buffer): SplitSegment {
  /** Where lines begin and end, by target and hour. */
  const groups = new Map<string, number[]>();
  for (let start = 0, end = 0; (end = segment.indexOf(LINE_BREAK, start)) >= 0; start = end + 1) {
    const tab = segment.indexOf(TAB, start);
    const group = tab < 0 || tab > end ? "" : segment.toString("latin1", start, Math.min(tab + 1 + HOUR_LENGTH, end));
    const places = groups.get(group);
    if (places === undefined) groups.set(group, [tab + 1, end + 1]);
    else places.push(tab + 1, end + 1);
  }
  const files: LogFileContent[] = [];
  let unreadable = 0;
  for (const [group, places] of groups) {
    const [targetText = "", date = "", hour = ""] = group.split("\t");
    const target = readLogTarget(targetText);
    const lines = places.length / 2;
    if (target === undefined || !/^\d{4}-\d\d-\d\d$/.test(date) || !/^\d\d$/.test(hour)) {
      unreadable += lines;
      continue;
    }
    const fileName = `${target.distribution}.${date}-${hour}.${uniqueOf(`${name}\n${group}`)}.gz`;
    files.push({ target, targetText, fileName, lines, text: textOf(segment, places) });
  }
  return { files, unreadable };
}

/** Upper-case letters and digits. */
function uniqueOf(text: string): string {
  const number = BigInt(`0x${createHash("sha256").update(text).digest("hex")}`);
  return number.toString(36).toUpperCase().slice(-UNIQUE_LENGTH);
}

function textOf(segment: Buffer, places: readonly number[]): Buffer {
  let length = PREAMBLE.length;
  for (let at = 0; at < places.length; at += 2) length += (places[at + 1] ?? 0) - (places[at] ?? 0);
  const text = Buffer.allocUnsafe(length);
  let filled = PREAMBLE.copy(text);
  for (let at = 0; at < places.length; at += 2) filled += segment.copy(text, filled, places[at], places[at + 1]);
  return text;
}
