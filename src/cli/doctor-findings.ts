// What `doctor` makes of what it measured: pure decisions, each a finding that says what to do.

import { secondsBetween, type EpochMs } from "../vocabulary/time.ts";
import type { LogsWaiting } from "../service/logs-waiting.ts";
import { formatBytes } from "./format-bytes.ts";
import { describeRefused } from "./status.ts";

export interface Finding {
  readonly subject: "server" | "logs" | "ports" | "certificates" | "disk" | "clock" | "origins";
  readonly state: "ok" | "warning" | "fault";
  readonly says: string;
  /** Always there but with `ok`. */
  readonly todo?: string;
}

const DAY_SECONDS = 86_400;
/** Whom to ask for another, and how long that takes: authorities of today remind a month before. */
const ENDS_SOON_SECONDS = 21 * DAY_SECONDS;

/** `renewal`: what to do about it. */
export function judgeCertificate(
  name: string,
  life: { readonly notBefore: EpochMs; readonly notAfter: EpochMs },
  { now, renewal }: { readonly now: EpochMs; readonly renewal: string },
): Finding {
  const { notBefore, notAfter } = life;
  const day = new Date(notAfter).toISOString().slice(0, 10);
  const left = secondsBetween(now, notAfter);
  const days = Math.floor(left / DAY_SECONDS);
  const subject = "certificates";
  if (left <= 0) return { subject, state: "fault", says: `${name} has ended, on ${day}`, todo: renewal };
  if (secondsBetween(now, notBefore) > 0) {
    const begins = new Date(notBefore).toISOString();
    return {
      subject,
      state: "fault",
      says: `${name} is not good before ${begins}`,
      todo: "wait until then, or set this machine's clock right",
    };
  }
  const says = `${name} ends in ${days === 1 ? "1 day" : `${days} days`}, on ${day}`;
  return left < ENDS_SOON_SECONDS ? { subject, state: "warning", says, todo: renewal } : { subject, state: "ok", says };
}

export interface DiskRoom {
  readonly path: string;
  readonly freeBytes: number;
  /** Of files that can still be made; 0 of 0 where the file system does not count them. */
  readonly filesFree: number;
  readonly files: number;
}

const ROOM_FAULT_BYTES = 100_000_000;
const ROOM_WARNING_BYTES = 1_000_000_000;
const FILES_WARNING_SHARE = 0.05;

export function judgeRoom({ path, freeBytes, filesFree, files }: DiskRoom): Finding {
  const subject = "disk";
  const todo = `make room on the disk of ${path}, or take another with --data-dir; --cache-disk-bytes says what the cache may take`;
  const says = `${formatBytes(freeBytes)} are free for ${path}`;
  if (freeBytes < ROOM_FAULT_BYTES) return { subject, state: "fault", says: `only ${says}`, todo };
  if (files > 0 && filesFree < files * FILES_WARNING_SHARE) {
    const left = `${filesFree} more files can be made below ${path}, of ${files}`;
    return { subject, state: filesFree === 0 ? "fault" : "warning", says: left, todo: "remove files on that disk" };
  }
  if (freeBytes < ROOM_WARNING_BYTES) return { subject, state: "warning", says: `only ${says}`, todo };
  return { subject, state: "ok", says };
}

const LOGS_TODO =
  "make the bucket again, or let the distribution's account put into it (s3:PutObject, or FULL_CONTROL in its ACL); until then lines wait on the disk, as many as --access-log-spool-bytes-max allows";

/** `linesLost`: by edge workers. Nothing is said where no log waits and none has. */
export function judgeLogs(logs: LogsWaiting | undefined, linesLost: number): readonly Finding[] {
  const subject = "logs";
  const waiting = (logs?.refused ?? []).map((refused): Finding => ({
    subject,
    state: "warning",
    says: describeRefused(refused),
    todo: LOGS_TODO,
  }));
  const files = logs?.lost.lines ?? 0;
  const lost: Finding[] = [
    { by: linesLost, where: "by edge workers, because the disk did not keep up or had no room" },
    { by: files, where: "in files that no bucket took in time" },
  ].flatMap(({ by, where }) => {
    const says = `${by} lines of distributions' access logs were lost ${where}`;
    const todo =
      "give them more room: --access-log-spool-bytes-max, and a disk that has it; the server's log says when it was";
    return by === 0 ? [] : [{ subject, state: "fault", says, todo }];
  });
  return [...waiting, ...lost];
}

/** A clock somebody else's time was compared with. */
export interface ClockReading {
  readonly whose: string;
  /** How far this machine is ahead of it. */
  readonly aheadSeconds: number;
}

/** Signatures of callers are refused beyond fifteen minutes, and certificates and cookies are off long before. */
const CLOCK_FAULT_SECONDS = 300;
/** A server's Date has whole seconds, and an answer is under way. */
const CLOCK_WARNING_SECONDS = 10;

/** One origin may be wrong itself, so the one in the middle counts. `writtenAt`: when the store was last written, by this clock. */
export function judgeClock(readings: readonly ClockReading[], now: EpochMs, writtenAt: EpochMs | undefined): Finding {
  const subject = "clock";
  const todo = "set this machine's clock, and let it follow a time server (on Linux: timedatectl set-ntp true)";
  const back = writtenAt === undefined ? 0 : secondsBetween(now, writtenAt);
  if (back > CLOCK_WARNING_SECONDS) {
    const says = `it has gone back: the store was written ${back.toFixed(0)} s after what it says now`;
    return { subject, state: back > CLOCK_FAULT_SECONDS ? "fault" : "warning", says, todo };
  }
  const inOrder = readings.toSorted((one, other) => one.aheadSeconds - other.aheadSeconds);
  const middle = inOrder[Math.floor((inOrder.length - 1) / 2)];
  const time = new Date(now).toISOString();
  if (middle === undefined)
    return { subject, state: "ok", says: `it is ${time}; no origin told a time to compare it with` };
  const off = Math.abs(middle.aheadSeconds);
  if (off <= CLOCK_WARNING_SECONDS) return { subject, state: "ok", says: `it is ${time}, as ${middle.whose} says` };
  const says = `it is ${off.toFixed(0)} s ${middle.aheadSeconds > 0 ? "ahead of" : "behind"} ${middle.whose}`;
  return { subject, state: off > CLOCK_FAULT_SECONDS ? "fault" : "warning", says, todo };
}

/** Why an origin was not reached, by the error's code, and what to do. */
const ORIGIN_FAULTS: Readonly<Record<string, readonly [says: string, todo: string]>> = {
  ECONNREFUSED: ["refused the connection", "start the origin's server, or open its port to this machine"],
  ETIMEDOUT: ["does not answer", "look whether a firewall is between this machine and it"],
  EHOSTUNREACH: ["cannot be reached from here", "look whether a firewall is between this machine and it"],
  ENETUNREACH: ["cannot be reached from here", "look whether this machine has a route to it"],
  ECONNRESET: ["ended the connection", "look into the origin's log"],
  CERT_HAS_EXPIRED: ["shows a certificate that has ended", "renew the origin's certificate"],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    "shows a certificate for another name",
    "get the origin a certificate for its domain name",
  ],
  EPROTO: ["does not speak TLS there", "look at HTTPSPort and OriginProtocolPolicy of the origin"],
};
const UNTRUSTED: readonly [string, string] = [
  "shows a certificate of an authority that is not known here",
  "give the authority's certificate with --origin-authorities",
];
const UNTRUSTED_CODES = [
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_GET_ISSUER_CERT",
];

export function judgeOriginError(where: string, error: { readonly code?: string; readonly message: string }): Finding {
  const { code = "", message } = error;
  const known = UNTRUSTED_CODES.includes(code) ? UNTRUSTED : ORIGIN_FAULTS[code];
  const [says, todo] = known ?? [`failed: ${message}`, "look into the origin's log"];
  return { subject: "origins", state: "fault", says: `${where} ${says}`, todo };
}

export function judgeOriginStatus(where: string, status: number): Finding {
  if (status < 500) return { subject: "origins", state: "ok", says: `${where} answers` };
  return {
    subject: "origins",
    state: "warning",
    says: `${where} answers with status ${status}`,
    todo: "look into the origin's log",
  };
}

/** What is graver comes with the same shape: a line, and one beneath it that says what to do. */
export function formatFindings(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ subject }) => subject.length));
  return findings
    .map(({ subject, state, says, todo }) => {
      const beneath = todo === undefined ? "" : `${" ".repeat(9 + width)}→ ${todo}\n`;
      return `${state.padEnd(7)}  ${subject.padEnd(width)}  ${says}\n${beneath === "" ? "" : `  ${beneath}`}`;
    })
    .join("");
}
