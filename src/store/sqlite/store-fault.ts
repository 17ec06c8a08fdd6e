// Faults of the disk as an operator should read them: which file, what is wrong, what became of the write. They are
// thrown, not returned: no caller can do better than answer that the service is unavailable.

/** What SQLite's primary result codes say to someone who does not know them [SQLITE rescode]. */
const FAULTS: Readonly<Record<number, string>> = {
  5: "another process keeps it locked",
  6: "another connection keeps it locked",
  8: "it cannot be written to",
  10: "the disk failed",
  11: "it is damaged",
  13: "there is no room left for it; the write was undone",
  14: "it cannot be opened",
  26: "it is not a database, or it is damaged",
};

/** The error to throw instead of `error`, which becomes its cause: names the file and says what is wrong with it. */
export function storeFault(path: string, error: unknown): Error {
  const detail = error instanceof Error ? error.message : String(error);
  const fault = FAULTS[primaryCode(error)];
  return new Error(`store ${path}: ${fault === undefined ? detail : `${fault} (${detail})`}`, { cause: error });
}

/** Another process or connection has the file at this moment. */
export function isLocked(error: unknown): boolean {
  return [5, 6].includes(primaryCode(error));
}

/** The low byte is the primary code, the rest says which system call it was; 0 when SQLite did not throw it. */
function primaryCode(error: unknown): number {
  return error instanceof Error && "errcode" in error ? Number(error.errcode) & 0xff : 0;
}
