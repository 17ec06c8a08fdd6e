// Takes responses in on their way to the disk: short bodies are kept until they are whole, long ones are written while they
// arrive. What they will take of the disk is promised to them, so that the bound holds before anything is written.

import type { CacheKey, StoredHead } from "../cache-storage.ts";
import type { BodyWriter } from "./body-files.ts";
import type { DiskRecord } from "./record.ts";
import { joinPieces } from "../join-pieces.ts";

export interface DiskAdmission {
  append(chunk: Uint8Array): boolean;
  /** `undefined`: it is not on the disk, or not any more. */
  readBack(from: number): AsyncIterable<Uint8Array> | undefined;
  /** `undefined`: it was not stored. */
  commit(): Promise<DiskRecord | undefined>;
  abort(): void;
}

export interface Admissions {
  admit(key: CacheKey, head: StoredHead, bodyLength: number | undefined): DiskAdmission | undefined;
  /** A rule has come: what it refuses is given up. */
  invalidate(): void;
  reservedBytes(): number;
  close(): void;
}

interface Admitting {
  readonly key: CacheKey;
  readonly head: StoredHead;
  giveUp(): void;
}

export function openAdmissions(options: {
  readonly inlineBytesMax: number;
  readonly responseBytesMax: number;
  readonly createBody: (length: number | undefined) => BodyWriter;
  readonly removeBody: (id: number) => void;
  readonly refuses: (key: CacheKey, began: StoredHead["began"]) => boolean;
  readonly hasRoom: (bytes: number) => boolean;
  readonly put: (record: DiskRecord) => boolean;
}): Admissions {
  const { inlineBytesMax, responseBytesMax, refuses, hasRoom, put } = options;
  const admitting = new Set<Admitting>();
  let reserved = 0;

  function begin(key: CacheKey, head: StoredHead, told: number | undefined): DiskAdmission {
    let pieces: Uint8Array[] = [];
    let writer: BodyWriter | undefined;
    let length = 0;
    let state: "open" | "committing" | "over" = "open";

    const end = (): void => {
      state = "over";
      pieces = [];
      reserved -= length;
      length = 0;
      admitting.delete(self);
    };
    const giveUp = (): void => {
      if (state !== "open") return;
      writer?.abort();
      end();
    };
    const self: Admitting = { key, head, giveUp };
    admitting.add(self);

    function write(chunk: Uint8Array): boolean {
      if (length <= inlineBytesMax && (told ?? 0) <= inlineBytesMax) {
        pieces.push(chunk);
        return true;
      }
      writer ??= options.createBody(told);
      const kept = pieces;
      pieces = [];
      for (const piece of kept) if (!writer.append(piece)) return false;
      return writer.append(chunk);
    }

    return {
      append(chunk) {
        if (state !== "open") return false;
        if (length + chunk.length <= responseBytesMax && hasRoom(chunk.length)) {
          length += chunk.length;
          reserved += chunk.length;
          if (write(chunk)) return true;
        }
        giveUp();
        return false;
      },
      readBack: (from) => (state === "open" ? writer?.read(from) : undefined),
      async commit() {
        if (state !== "open") return undefined;
        state = "committing";
        const bodyLength = length;
        const body = writer === undefined ? joinPieces(pieces, bodyLength) : await writer.end();
        end();
        if (body === undefined) return undefined;
        const record = { key, head, bodyLength, body };
        if (!refuses(key, head.began) && put(record)) return record;
        if (!(body instanceof Uint8Array)) options.removeBody(body.id);
        return undefined;
      },
      abort: giveUp,
    };
  }

  return {
    admit(key, head, bodyLength) {
      if (bodyLength !== undefined && bodyLength > responseBytesMax) return undefined;
      if (refuses(key, head.began) || !hasRoom(bodyLength ?? 1)) return undefined;
      return begin(key, head, bodyLength);
    },
    invalidate() {
      for (const admission of admitting) if (refuses(admission.key, admission.head.began)) admission.giveUp();
    },
    reservedBytes: () => reserved,
    close() {
      for (const admission of admitting) admission.giveUp();
    },
  };
}
