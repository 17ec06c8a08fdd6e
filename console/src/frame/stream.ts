// An answer of the server's that goes on, a line of JSON for each thing as it comes up. A connection that ends is made again, later and later,
// for as long as the page is shown; what the server refuses is told and ends it.

import { messageOf, refusalOf } from "./ask.ts";

export type StreamState =
  | { readonly kind: "opening" }
  | { readonly kind: "open" }
  /** It ended, and is made again. */
  | { readonly kind: "lost" }
  | { readonly kind: "refused"; readonly message: string };

const AGAIN_FIRST_MS = 500;
const AGAIN_LAST_MS = 8000;

/** `hear` gets what came together; a line of its own is never cut. Returns what closes it. */
export function openStream<Piece>(
  path: string,
  body: object,
  hear: (pieces: readonly Piece[]) => void,
  tell: (state: StreamState) => void,
): () => void {
  const closing = new AbortController();
  const { signal } = closing;

  /** Whether it is to be made again. */
  async function once(heard: () => void): Promise<boolean> {
    const response = await fetch(`/_warmfront/${path}`, {
      method: "POST",
      headers: { "X-Warmfront-Console": "1", "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal,
    });
    if (!response.ok || response.body === null) {
      const answer: unknown = await response.json().catch(() => undefined);
      tell({ kind: "refused", message: messageOf(refusalOf(response, answer)) });
      return false;
    }
    tell({ kind: "open" });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return true;
      const lines = (rest + value).split("\n");
      rest = lines.pop() ?? "";
      const pieces = lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Piece);
      if (pieces.length > 0) hear(pieces);
      heard();
    }
  }

  async function run(): Promise<void> {
    let waitMs = AGAIN_FIRST_MS;
    tell({ kind: "opening" });
    while (!signal.aborted) {
      const isAgain = await once(() => (waitMs = AGAIN_FIRST_MS)).catch(() => true);
      if (!isAgain || signal.aborted) return;
      tell({ kind: "lost" });
      const { promise, resolve } = Promise.withResolvers<void>();
      setTimeout(resolve, waitMs);
      signal.addEventListener("abort", () => resolve(), { once: true });
      await promise;
      waitMs = Math.min(waitMs * 2, AGAIN_LAST_MS);
    }
  }

  void run();
  return () => closing.abort();
}
