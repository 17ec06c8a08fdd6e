// What went wrong with a fetch, in words and as the status that the edge answers: what Node says of a connection, and what an
// answer lacks to be one. Whether it is worth another attempt is told with it.

import type { ReasonName } from "../reasons.ts";
import type { OriginFailure } from "./origin-answer.ts";
import type { NameFailure } from "./origin-names.ts";
import { BadResponse } from "./origin-connection.ts";
import { describeTlsFault } from "./tls-faults.ts";

export interface Failed extends OriginFailure {
  /** `connect`: nothing of the request was sent. `stale`: a kept-alive connection turned out to be closed. */
  readonly phase: "connect" | "stale" | "sent";
  /** The same would happen again: names that do not exist, certificates that do not hold, answers that are not HTTP. */
  readonly isLasting: boolean;
}

export function failure(
  status: OriginFailure["status"],
  reason: ReasonName,
  fault: OriginFailure["fault"],
  why: string,
): OriginFailure {
  return { kind: "failure", status, reason, fault, why };
}

/** Of a kept connection that was closed, or on which something came unasked: another one may be clean. */
export function spoilt(error: Error): Failed {
  const why = `a kept connection was no longer good: ${error.message}`;
  return { ...failure(502, "origin-closed", "origin", why), phase: "stale", isLasting: false };
}

export function describeViewerFault(error: unknown): Failed {
  const why = error instanceof Error ? error.message : String(error);
  return { ...failure(400, "viewer-body", "viewer", why), phase: "sent", isLasting: true };
}

/** Takes a name's failure through the socket that asked for it. */
export class UnusableName extends Error {
  readonly failure: NameFailure;
  constructor(failure: NameFailure) {
    super(failure.why);
    this.failure = failure;
  }
}

function nameFailure({ cause, why }: NameFailure): OriginFailure {
  return failure(502, cause === "refused" ? "origin-address" : "origin-dns", "origin", why);
}

export const NO_FREE_CONNECTION = "no free connection to the origin";

/** Of a name with several addresses there is an error for each, under one that says nothing itself. */
function messageOf(error: Error): string {
  if (!(error instanceof AggregateError) || error.message !== "") return error.message;
  return error.errors.map((each) => (each instanceof Error ? each.message : String(each))).join("; ");
}

export function describeFault(
  error: Error & { readonly code?: unknown },
  phase: Failed["phase"],
  timedOut: string | undefined,
): Failed {
  const code = typeof error.code === "string" ? error.code : "";
  const made = (status: 502 | 503 | 504, reason: ReasonName, isLasting: boolean): Failed => ({
    ...failure(status, reason, "origin", timedOut ?? (code === "" ? error.message : `${code}: ${messageOf(error)}`)),
    // Only a reset says that a kept-alive connection was stale; silence on it is as slow as on any other.
    phase: phase === "stale" && (timedOut !== undefined || !RESET_FAULTS.has(code)) ? "sent" : phase,
    isLasting,
  });
  // The others are all busy: another wait would only make the queue longer.
  if (timedOut === NO_FREE_CONNECTION) return made(503, "capacity", true);
  // Not the origin's doing: it would be the same with any other, now and until somebody leaves.
  if (code === "EMFILE" || code === "ENFILE") {
    const why = `the edge has no file descriptor left for a connection (${code}): let it have more open files`;
    return { ...failure(503, "capacity", "origin", why), phase, isLasting: true };
  }
  if (timedOut !== undefined) return made(504, phase === "connect" ? "origin-connect" : "origin-closed", false);
  // Kept by the names for a while, so that the next attempt would hear the same.
  if (error instanceof UnusableName) return { ...nameFailure(error.failure), phase, isLasting: true };
  if (error instanceof BadResponse) {
    const why = `the origin's answer: ${error.message} (${error.fault})`;
    return { ...failure(502, "origin-closed", "origin", why), phase: "sent", isLasting: true };
  }
  if (code === "ETIMEDOUT") return made(504, "origin-connect", false);
  const tls = phase === "connect" ? describeTlsFault(error) : undefined;
  if (tls !== undefined) return { ...failure(502, "origin-closed", "origin", tls), phase, isLasting: true };
  if (CONNECT_FAULTS.has(code)) return made(502, "origin-connect", false);
  // Certificates that do not hold and answers that are not HTTP will be the same next time.
  return made(502, "origin-closed", !RESET_FAULTS.has(code));
}

const CONNECT_FAULTS: ReadonlySet<string> = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "EADDRNOTAVAIL"]);
const RESET_FAULTS: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE", "ECONNABORTED"]);
