// An answer at the API's port that goes on for as long as its reader stays: lines of JSON as they come up. What is written is held back nowhere
// but in the connection, which says when it is full; a reader who takes nothing for too long is let go.

import type { ServerResponse } from "node:http";
import type { ApiField } from "../callers/message.ts";

/** Instead of a body. */
export interface LiveResponse {
  readonly status: number;
  readonly fields: readonly ApiField[];
  /** Called once, when the head is on its way. */
  readonly live: (output: LiveOutput) => void;
}

export interface LiveOutput {
  /** `false`: the connection is full; `onDrain` tells when it is not any more. Nothing happens once it is closed. */
  write(text: string): boolean;
  isFull(): boolean;
  onDrain(listener: () => void): void;
  /** Called once; at once where it is closed already. */
  onClosed(listener: () => void): void;
  end(): void;
}

export const LIVE_FIELDS: readonly ApiField[] = [
  ["Content-Type", "application/x-ndjson; charset=utf-8"],
  ["Cache-Control", "no-store"],
  // Of a proxy in between, which would keep lines until it has many.
  ["X-Accel-Buffering", "no"],
];

/** How often an empty line goes out: a connection whose other end is gone shows it by that. */
const BEAT_MS = 15_000;

export function openLiveOutput(response: ServerResponse, stalledSeconds: number): LiveOutput {
  let isFull = false;
  let stalled: NodeJS.Timeout | undefined;

  function write(text: string): boolean {
    if (response.destroyed || response.writableEnded) return true;
    if (response.write(text)) return !isFull;
    isFull = true;
    stalled ??= setTimeout(() => response.destroy(), stalledSeconds * 1000).unref();
    return false;
  }

  const beat = setInterval(() => write("\n"), BEAT_MS).unref();
  response.on("drain", () => {
    isFull = false;
    clearTimeout(stalled);
    stalled = undefined;
  });
  response.once("close", () => {
    clearInterval(beat);
    clearTimeout(stalled);
  });
  // The other end is gone: `close` follows.
  response.on("error", () => undefined);

  return {
    write,
    isFull: () => isFull,
    onDrain: (listener) => void response.on("drain", listener),
    onClosed(listener) {
      if (response.destroyed) listener();
      else response.once("close", listener);
    },
    end: () => void response.end(),
  };
}
