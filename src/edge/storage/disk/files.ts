// The few things that the disk cache does with files, as a port: tests put a disk in its place that is full, fails or
// lies. Numbers of open files instead of handles, because a segment is read and written for as long as it lives.

import { close, fstat, mkdir, open, read, readdir, rename, rm, write } from "node:fs";
import { promisify } from "node:util";

export interface Files {
  /** Makes the directory where it is not there, and says what is in it. */
  list(directory: string): Promise<readonly string[]>;
  /** An empty file, to read and write. Fails when it is there. */
  create(path: string): Promise<number>;
  /** One that is there, to read and write. */
  open(path: string): Promise<number>;
  size(file: number): Promise<number>;
  /** As many bytes as there are, up to those of `into`. */
  read(file: number, into: Uint8Array, position: number): Promise<number>;
  /** All of it, or it fails. */
  write(file: number, from: Uint8Array, position: number): Promise<void>;
  close(file: number): Promise<void>;
  /** Whether it was there or not. */
  remove(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
}

const openFile = promisify(open);
const listDirectory = promisify(readdir);
const statFile = promisify(fstat);
const closeFile = promisify(close);
const removeFile = promisify(rm);
const renameFile = promisify(rename);
const makeDirectory = promisify(mkdir);

export const SYSTEM_FILES: Files = {
  async list(directory) {
    await makeDirectory(directory, { recursive: true, mode: 0o700 });
    return listDirectory(directory);
  },
  create: (path) => openFile(path, "wx+", 0o600),
  open: (path) => openFile(path, "r+"),
  size: async (file) => (await statFile(file)).size,
  read: (file, into, position) =>
    new Promise((resolve, reject) => {
      let filled = 0;
      const readOn = (): void =>
        read(file, into, filled, into.length - filled, position + filled, (error, count) => {
          if (error !== null) return reject(error);
          filled += count;
          if (count === 0 || filled === into.length) resolve(filled);
          else readOn();
        });
      readOn();
    }),
  write: (file, from, position) =>
    new Promise((resolve, reject) => {
      let written = 0;
      const writeOn = (): void =>
        write(file, from, written, from.length - written, position + written, (error, count) => {
          if (error !== null) return reject(error);
          written += count;
          if (written === from.length) resolve();
          else writeOn();
        });
      writeOn();
    }),
  close: (file) => closeFile(file),
  remove: (path) => removeFile(path, { force: true, recursive: true }),
  rename: (from, to) => renameFile(from, to),
};
