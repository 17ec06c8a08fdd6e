// Whether a fault is a full disk, whoever met it: files say it by a code, SQLite by a number of its own. It is nobody's mistake
// and nothing of ours is broken, so callers are told what it is, and operators what to do.

const CODES: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT"]);
const SQLITE_FULL = 13;

/** Looks through what the fault was caused by, too. */
export function isNoRoom(fault: unknown): boolean {
  for (let at = fault; at instanceof Error; at = at.cause) {
    if ("code" in at && CODES.has(at.code)) return true;
    // The low byte is the primary code.
    if ("errcode" in at && (Number(at.errcode) & 0xff) === SQLITE_FULL) return true;
  }
  return false;
}
