// Compresses bodies as they come, over node:zlib, whose work is done on other threads: a piece at a time, so that a large body
// does not keep the event loop or a thread for long, and under back-pressure from the reader to the origin. How many
// bodies may be in work is bounded; what comes beyond that is not compressed. [D-0012]

import { constants, createBrotliCompress, createGzip, type BrotliCompress, type Gzip } from "node:zlib";
import type { Limits } from "../../vocabulary/limits.ts";
import type { ContentCoding } from "../config/effective-config.ts";
import type { OriginBody } from "../origin-request/origin-answer.ts";
import type { CompressionBounds } from "./choose-coding.ts";

export interface Encoders {
  readonly bounds: CompressionBounds;
  /**
   * The body in its new form. It must be read to its end or given up, by `return` or `abort`, and gives up the origin's then,
   * too. It breaks off where the origin's does. `undefined`: too many are in work, and the given one is as it was.
   */
  encode(body: OriginBody, coding: ContentCoding, length: number): OriginBody | undefined;
  counters(): EncoderCounters;
}

export interface EncoderCounters {
  readonly compressed: number;
  readonly compressionsSkipped: number;
  readonly compressionsInFlight: number;
}

export type EncoderLimits = CompressionBounds & Pick<Limits, "compressionsAtOnceMax">;

/** By measurement: beyond these, more time buys next to nothing. [D-0012] */
const GZIP_LEVEL = 6;
const BROTLI_QUALITY = 5;
/** Reaches back 256 KB, which keeps an encoder below two megabytes. */
const BROTLI_WINDOW_BITS = 18;
const PIECE_BYTES = 32_768;
/** What an origin has sent is held back for no longer than this while it is silent. Each flush costs a few bytes. */
const HELD_BACK_MS = 50;

export function openEncoders(limits: EncoderLimits): Encoders {
  let compressed = 0;
  let compressionsSkipped = 0;
  let compressionsInFlight = 0;
  return {
    bounds: limits,
    encode(body, coding, length) {
      if (compressionsInFlight >= limits.compressionsAtOnceMax) {
        compressionsSkipped++;
        return undefined;
      }
      compressed++;
      compressionsInFlight++;
      return openEncodedBody(body, openEncoder(coding, length), () => void compressionsInFlight--);
    },
    counters: () => ({ compressed, compressionsSkipped, compressionsInFlight }),
  };
}

interface Encoder {
  readonly stream: Gzip | BrotliCompress;
  readonly flushKind: number;
}

function openEncoder(coding: ContentCoding, length: number): Encoder {
  if (coding === "gzip") {
    const stream = createGzip({ level: GZIP_LEVEL, chunkSize: PIECE_BYTES });
    return { stream, flushKind: constants.Z_SYNC_FLUSH };
  }
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
    [constants.BROTLI_PARAM_LGWIN]: BROTLI_WINDOW_BITS,
    [constants.BROTLI_PARAM_SIZE_HINT]: length,
  };
  return {
    stream: createBrotliCompress({ params, chunkSize: PIECE_BYTES }),
    flushKind: constants.BROTLI_OPERATION_FLUSH,
  };
}

/** `ended` is called once, when nothing is left in work. */
function openEncodedBody(source: OriginBody, { stream, flushKind }: Encoder, ended: () => void): OriginBody {
  let isStarted = false;
  let isOver = false;
  let isSourceThrough = false;
  let brokeOff: unknown;
  let flushing: NodeJS.Timeout | undefined;
  const encoded: AsyncIterator<Uint8Array> = stream[Symbol.asyncIterator]();

  function end(): void {
    if (isOver) return;
    isOver = true;
    clearTimeout(flushing);
    stream.destroy(); // the coder's memory is freed at once, or when the thread that works on it is done
    if (!isSourceThrough) source.abort();
    ended();
  }

  function flushSoon(): void {
    flushing ??= setTimeout(() => {
      flushing = undefined;
      // Whoever has not read what is ready gains nothing by having more of it ready.
      if (stream.readableLength > 0) flushSoon();
      else stream.flush(flushKind);
    }, HELD_BACK_MS);
  }

  async function pump(): Promise<void> {
    try {
      for await (const chunk of source.chunks) {
        for (let at = 0; at < chunk.length && !stream.destroyed; at += PIECE_BYTES) {
          if (!stream.write(chunk.subarray(at, at + PIECE_BYTES))) await drained(stream);
        }
        if (stream.destroyed) return;
        flushSoon();
      }
      isSourceThrough = true;
      clearTimeout(flushing);
      if (!stream.destroyed) stream.end();
    } catch (error) {
      isSourceThrough = true;
      clearTimeout(flushing);
      brokeOff = error;
      stream.destroy();
    }
  }

  const iterator: AsyncIterator<Uint8Array> = {
    async next() {
      if (isOver) return { done: true, value: undefined };
      if (!isStarted) {
        isStarted = true;
        void pump(); // cannot throw
      }
      try {
        const step = await encoded.next();
        if (step.done !== true) return step;
        if (brokeOff !== undefined) throw brokeOff;
        end();
        return step;
      } catch (error) {
        // Given up while it waited, it has merely ended.
        if (isOver) return { done: true, value: undefined };
        end();
        throw brokeOff ?? error;
      }
    },
    async return() {
      end();
      return { done: true, value: undefined };
    },
  };
  stream.on("error", () => {}); // the reader sees it, if there is one
  return { chunks: { [Symbol.asyncIterator]: () => iterator }, abort: end };
}

function drained(stream: Gzip | BrotliCompress): Promise<void> {
  if (!stream.writableNeedDrain || stream.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off("drain", done);
      stream.off("close", done);
      resolve();
    };
    stream.on("drain", done);
    stream.on("close", done);
  });
}
