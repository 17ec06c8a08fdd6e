// The rest of a body for one viewer who was too slow for the others, or whose body is lost where it came from: asked of the origin
// again, from where the viewer is, and only as long as it is provably the same body. Otherwise the message breaks off, and the viewer
// sees that it did.

import { combineField } from "../../http/field-list.ts";
import { parseContentRange } from "../../http/content-range.ts";
import type { EpochMs } from "../../vocabulary/time.ts";
import type { OriginFailure, OriginResponse } from "../origin-request/origin-answer.ts";
import type { Field } from "../transport/message.ts";
import { strongValidator } from "./stored-parts.ts";

export interface Resumed {
  /** Fields of the response whose body is read. */
  readonly fields: readonly Field[];
  /** Bytes that the viewer has. */
  readonly from: number;
  readonly now: EpochMs;
  readonly ask: (replacing: readonly Field[]) => Promise<OriginResponse | OriginFailure>;
}

/** Asks when it is first read. Throws, when read, where the origin does not go on with the same body. */
export function resumeBody({ fields, from, now, ask }: Resumed): AsyncIterator<Uint8Array> {
  let opened: Promise<Rest> | undefined;
  let isLeft = false;

  async function open(): Promise<Rest> {
    // Anything weaker does not say that two bodies are the same byte for byte. [RFC 9110 §13.1.5]
    const validator = strongValidator(fields, now);
    if (validator === undefined) throw new Error("its rest cannot be asked for without a strong validator");
    const response = await ask([
      ["Range", `bytes=${from}-`],
      ["If-Range", validator],
    ]);
    if (response.kind === "failure") throw new Error(`its rest could not be had: ${response.why}`);
    const { body } = response;
    const of = combineField(fields, "etag") === undefined ? "last-modified" : "etag";
    const skipped = bytesBefore(response, from, { of, validator });
    if (skipped === undefined || body === undefined || isLeft) {
      body?.abort();
      throw new Error("the origin has another body by now, not its rest");
    }
    return { chunks: body.chunks[Symbol.asyncIterator](), abort: () => body.abort(), skipped };
  }

  return {
    async next() {
      const rest = await (opened ??= open());
      for (;;) {
        const step = await rest.chunks.next();
        if (step.done === true || rest.skipped === 0) return step;
        const passed = Math.min(rest.skipped, step.value.length);
        rest.skipped -= passed;
        if (passed < step.value.length) return { done: false, value: step.value.subarray(passed) };
      }
    },
    async return() {
      isLeft = true;
      // Whoever waits for it in `next` is told by the fetch.
      opened?.then(
        (rest) => rest.abort(),
        () => undefined,
      );
      return { done: true, value: undefined };
    },
  };
}

interface Rest {
  readonly chunks: AsyncIterator<Uint8Array>;
  readonly abort: () => void;
  /** Bytes that come first and that the viewer has. */
  skipped: number;
}

/** `undefined`: the response does not go on with the body. */
function bytesBefore(
  { status, fields }: OriginResponse,
  from: number,
  { of, validator }: { readonly of: "etag" | "last-modified"; readonly validator: string },
): number | undefined {
  const said = combineField(fields, of);
  if (status === 200) return said === validator ? from : undefined;
  if (status !== 206 || (said !== undefined && said !== validator)) return undefined;
  return parseContentRange(combineField(fields, "content-range") ?? "")?.first === from ? 0 : undefined;
}
