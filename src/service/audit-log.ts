// The audit log: a line of JSON for each call that changes something, appended to the operator's file before the caller has its answer.
// It is written at once and waited for, as the store is, by the process that has the store; what it cannot write is told in the log and
// counted. Callers whom nobody knows can have but so many lines in ten seconds, so that they cannot fill a disk.

import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from "node:fs";
import type { AuditedCall } from "../control/audit.ts";
import { openQuietLog } from "../edge/quiet-log.ts";
import { secondsBetween, type Clock, type EpochMs } from "../vocabulary/time.ts";
import type { Log } from "./log.ts";

export interface AuditLog {
  /** Never throws. */
  readonly write: (call: AuditedCall) => void;
  /** Goes on in a new file of the same name, once the old one was renamed. */
  reopen(): void;
  /** Lines that could not be written. */
  lost(): number;
  close(): void;
}

export interface AuditLogSettings {
  readonly path: string;
  /** Calls that only read have lines, too. */
  readonly hasReads: boolean;
  /** Of callers who could not be authenticated, in ten seconds. */
  readonly unknownCallersMax: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** A pipe without a reader is an error at once, and not for the whole process to wait for. */
const FLAGS = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | (constants.O_NONBLOCK ?? 0);
const MODE = 0o600;
const WINDOW_SECONDS = 10;
/** Resources are callers' words: what has blanks or line breaks in it is no ARN, but may be something that was put in the wrong place. */
const RESOURCE = /^\S{1,1024}$/;
const asResource = (text: string | undefined): string | undefined =>
  text !== undefined && RESOURCE.test(text) ? text : undefined;

/** Throws when the file cannot be opened. */
export function openAuditLog(settings: AuditLogSettings): AuditLog {
  const { path, hasReads, unknownCallersMax, clock } = settings;
  const tell = openQuietLog(clock, 1, (level, _event, why) => settings.log(level, "api", why));
  let lost = 0;
  let opened: OpenFile;
  try {
    opened = openFile(path);
  } catch (fault) {
    throw new Error(
      `the audit log ${path} cannot be opened: ${describe(fault)}; --audit-log wants the path of a file, in a folder that is there`,
      { cause: fault },
    );
  }
  let windowFrom: EpochMs | undefined;
  let unknownCallers = 0;
  let leftOut = 0;

  function append(line: object): void {
    try {
      const bytes = Buffer.from(`${opened.isTorn ? "\n" : ""}${JSON.stringify(line)}\n`);
      for (let at = 0; at < bytes.length;) {
        at += writeSync(opened.file, bytes, at);
        opened.isTorn = at < bytes.length;
      }
    } catch (fault) {
      lost++;
      tell("error", "audit-line-lost", `a line of the audit log ${path} was lost: ${describe(fault)}`);
    }
  }

  /** Whether one more line of a caller whom nobody knows has room. */
  function hasRoom(now: EpochMs): boolean {
    if (windowFrom === undefined || secondsBetween(windowFrom, now) >= WINDOW_SECONDS) {
      if (leftOut > 0) append({ time: formatTime(now), leftOut, why: "callers who could not be authenticated" });
      windowFrom = now;
      unknownCallers = 0;
      leftOut = 0;
    }
    if (++unknownCallers <= unknownCallersMax) return true;
    leftOut++;
    return false;
  }

  return {
    write(call) {
      if (call.isRead && !hasReads) return;
      const now = clock.now();
      if (call.caller === undefined && !hasRoom(now)) return;
      append(lineOf(call, now));
    },
    reopen() {
      try {
        const next = openFile(path);
        closeSync(opened.file);
        opened = next;
      } catch (fault) {
        const why = `the audit log could not be opened again, it goes on in the file that it had: ${describe(fault)}`;
        settings.log("error", "api", why);
      }
    },
    lost: () => lost,
    close: () => closeSync(opened.file),
  };
}

interface OpenFile {
  readonly file: number;
  /** It ends in mid-line: what follows begins a line of its own. */
  isTorn: boolean;
}

function openFile(path: string): OpenFile {
  const file = openSync(path, FLAGS, MODE);
  try {
    const { size } = fstatSync(file);
    return { file, isTorn: size > 0 && readByte(path, size - 1) !== "\n" };
  } catch (fault) {
    closeSync(file);
    throw fault;
  }
}

function readByte(path: string, at: number): string {
  const file = openSync(path, "r");
  try {
    const byte = Buffer.alloc(1);
    readSync(file, byte, 0, 1, at);
    return byte.toString("latin1");
  } finally {
    closeSync(file);
  }
}

/** In the order in which a person reads it; what is not known is left out. */
function lineOf(call: AuditedCall, now: EpochMs): object {
  const { caller, claimedKey, operation, resource, created, from, isByConsole, method, status, code, requestId } = call;
  return {
    time: formatTime(now),
    account: caller?.account,
    accessKeyId: caller?.accessKeyId,
    user: caller?.userName,
    session: caller?.isSession === true ? true : undefined,
    claimedKey,
    operation,
    resource: asResource(resource),
    created: asResource(created),
    from,
    by: isByConsole === true ? "console" : undefined,
    method: method.slice(0, 20),
    outcome: status < 400 ? "done" : status < 500 ? "refused" : "failed",
    status,
    code,
    requestId,
  };
}

const formatTime = (now: EpochMs): string => new Date(now).toISOString();

function describe(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault);
}
