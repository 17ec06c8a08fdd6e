// The secret that the processes of one service share, from which the edge's credentials for the bucket store are derived
// [model/edge-credential.ts]. Made once, in the data directory; whichever process comes first makes it for all.

import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";

const SECRET_BYTES = 32;
const FILE_NAME = "service-secret";

/** Throws where the file is there and is no secret, or cannot be made: the message is for the operator. */
export function openServiceSecret(dataDirectory: string): Uint8Array {
  const path = join(dataDirectory, FILE_NAME);
  const secret = readSecret(path) ?? makeAndTell(path);
  if (secret.length === SECRET_BYTES) return secret;
  throw new Error(
    `${path} must hold ${SECRET_BYTES} bytes, found ${secret.length}: remove it, and a new one is made at the next start`,
  );
}

function readSecret(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** A full disk's error names no file. */
function makeAndTell(path: string): Uint8Array {
  try {
    return makeSecret(path);
  } catch (error) {
    throw new Error(`cannot make ${path}: ${(error as Error).message}`, { cause: error });
  }
}

/** Written aside, then given its name, which fails where another process was faster: then that one's secret counts. */
function makeSecret(path: string): Uint8Array {
  const aside = `${path}.${process.pid}.${randomBytes(6).toString("hex")}`;
  const file = openSync(aside, "wx", 0o600);
  try {
    writeSync(file, randomBytes(SECRET_BYTES));
    fsyncSync(file);
    linkSync(aside, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    closeSync(file);
    unlinkSync(aside);
  }
  return readFileSync(path);
}
