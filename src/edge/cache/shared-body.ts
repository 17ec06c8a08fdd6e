// A body that arrives once from an origin and is read by several viewers, each at its own pace, while it is being stored.
// As long as it is going to be stored all of it is kept, so that a viewer may join from the start, unless it is very long: a disk
// takes what memory cannot hold, and who falls behind reads it there. When it is not, a few megabytes are kept, and who falls further behind goes on alone. The fastest reader sets the pace
// either way: nobody is held up by a viewer who is slow, or who means to be. [D-0015], [D-0038]

import { inSequence } from "../viewer-response/in-sequence.ts";
import { isFlowing, type FlowingBody } from "../transport/flowing-body.ts";
import { followStorage, type Follower } from "./read-back.ts";
import type { Admission, StoredBody, StoredResponse } from "../storage/cache-storage.ts";

export interface SharedBody {
  /** `undefined`: not told beforehand. */
  readonly length: number | undefined;
  /** Bytes that have come so far. */
  arrived(): number;
  /** A reader from the first byte on. `undefined`: the start is gone. It must be read to its end or given up with `return`. */
  join(): BodyReader | undefined;
  /** Takes the rest in although nobody reads: it is stored, or given up as soon as that fails. */
  drain(): void;
}

export interface BodyReader extends AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array> {
  return(): Promise<IteratorResult<Uint8Array>>;
}

export interface SharedBodySource {
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly length: number | undefined;
  readonly admission: Admission;
  /** Gives the fetch up: the last reader has left. */
  abort(): void;
  /** The rest from that byte on for one reader alone, who has fallen behind. Left out: it is broken off. */
  resume?(position: number): AsyncIterator<Uint8Array>;
  /**
   * The body is through, one way or the other, and what was stored of it, if anything, is there to be found. `error` broke
   * it off.
   */
  ended(error: Error | undefined): void;
}

interface Segment {
  readonly buffer: Uint8Array;
  filled: number;
}

interface Reader {
  /** Segment in the whole body, and offset in it. */
  segment: number;
  offset: number;
  /** Bytes read so far. */
  position: number;
  wake: (() => void) | undefined;
  /** What is left for it, from where it was stored or for itself alone: it takes nothing from here any more. */
  rest: AsyncIterator<Uint8Array> | undefined;
  /** It is behind what is kept here, and reads `rest` from the disk that the body is being written to. */
  follower: Follower | undefined;
}

/** How far the origin may be ahead of the reader that sets the pace. */
const WINDOW_BYTES = 524_288;
/** How far a reader of what is not stored may be behind what has come. Sockets alone make viewers differ by a few megabytes. */
const LAG_BYTES_MAX = 8_388_608;
/** Of a body that is being stored. Beyond it, it is kept as if it were not, while the storage takes it on. [D-0025] */
const KEPT_BYTES_MAX = 67_108_864;
const SEGMENT_BYTES_MIN = 16_384;
const SEGMENT_BYTES_MAX = 262_144;

/** The caller joins at once, or drains: a body without readers is given up. */
export function openSharedBody(source: SharedBodySource): SharedBody {
  const readers = new Set<Reader>();
  let admission: Admission | undefined = source.admission;
  let segments: Segment[] = [];
  /** Segments that are gone from the front. */
  let dropped = 0;
  let total = 0;
  /** Of these the storage has been given so many. */
  let given = 0;
  let isDraining = false;
  let ending: "open" | "whole" | { readonly error: Error } = "open";
  let wakePump: (() => void) | undefined;
  /** Of a source that flows. */
  let resumeFlow: (() => void) | undefined;

  function take(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      let last = segments.at(-1);
      if (last === undefined || last.filled === last.buffer.length) {
        // Of the length that was told: then small bodies are in one piece of the right size.
        const left = source.length === undefined ? Math.max(total, SEGMENT_BYTES_MIN) : source.length - total;
        last = { buffer: Buffer.allocUnsafeSlow(Math.max(1, Math.min(left, SEGMENT_BYTES_MAX))), filled: 0 };
        segments.push(last);
      }
      const count = Math.min(chunk.length - at, last.buffer.length - last.filled);
      last.buffer.set(chunk.subarray(at, at + count), last.filled);
      last.filled += count;
      total += count;
      at += count;
      if (last.filled === last.buffer.length) give(last.buffer);
    }
  }

  function give(bytes: Uint8Array): void {
    if (admission?.append(bytes) === false) admission = undefined;
    given += bytes.length;
  }

  /** All of it, from its first byte on. */
  function isKept(): boolean {
    return admission !== undefined && total <= KEPT_BYTES_MAX;
  }

  function isAhead(): boolean {
    if (ending !== "open" || (isDraining && admission !== undefined)) return false;
    let pace = 0;
    for (const { position, rest, follower } of readers) {
      if (follower !== undefined) pace = Math.max(pace, follower.position());
      else if (rest === undefined) pace = Math.max(pace, position);
    }
    return total - pace > WINDOW_BYTES;
  }

  /** Who holds more than may be kept for the slow gets the rest alone. */
  function leaveBehind(): void {
    if (isKept()) return;
    for (const reader of readers) {
      if (reader.rest !== undefined || total - reader.position <= LAG_BYTES_MAX) continue;
      reader.rest = follow(reader) ?? goOnAlone(reader);
      reader.wake?.();
      reader.wake = undefined;
    }
  }

  function goOnAlone(reader: Reader, position = reader.position): AsyncIterator<Uint8Array> {
    reader.follower = undefined;
    return source.resume?.(position) ?? brokenOff();
  }

  /** `undefined`: nothing can be read of what is being stored. */
  function follow(reader: Reader): AsyncIterator<Uint8Array> | undefined {
    if (admission?.readBack?.(reader.position) === undefined) return undefined;
    reader.follower = followStorage({
      from: reader.position,
      readBack: (from) => admission?.readBack?.(from),
      given() {
        if (typeof ending === "object") throw ending.error;
        return admission === undefined ? "lost" : given;
      },
      isComing: () => ending === "open",
      onRead: wakeSource,
      goOnAlone(position) {
        const rest = goOnAlone(reader, position);
        giveUpIfUnread();
        return rest;
      },
    });
    return reader.follower.rest;
  }

  function dropRead(): void {
    if (isKept() || ending === "whole") return;
    let first = dropped + segments.length;
    const last = segments.at(-1);
    // The storage has only been given those that are full.
    if (admission !== undefined && last !== undefined && last.filled < last.buffer.length) first--;
    for (const { segment, rest } of readers) if (rest === undefined) first = Math.min(first, segment);
    segments = segments.slice(first - dropped);
    dropped = first;
  }

  function wakeReaders(): void {
    for (const reader of readers) {
      reader.wake?.();
      reader.wake = undefined;
      reader.follower?.wake();
    }
  }

  function wakeSource(): void {
    resumeFlow?.();
    wakePump?.();
    wakePump = undefined;
  }

  function giveUpIfUnread(): void {
    if (ending !== "open" || (isDraining && admission !== undefined)) return;
    for (const { rest, follower } of readers) if (rest === undefined || follower !== undefined) return;
    ending = { error: new Error("nobody reads the body any more") };
    admission?.abort();
    admission = undefined;
    segments = [];
    source.abort();
    wakeSource();
  }

  /** Takes in what a body that flows hands over: copied, so that its bytes are free at once. */
  function pumpFlow(body: FlowingBody): void {
    let isSettled = false;
    const finish = (error: Error | undefined): void => {
      if (isSettled) return;
      isSettled = true;
      const isOpen = ending === "open";
      if (isOpen) ending = error === undefined ? "whole" : { error };
      void settle(isOpen ? error : undefined);
    };
    const flow = body.open({
      take(bytes) {
        if (ending === "open") takeIn(bytes);
        if (isAhead()) flow.pause();
        return true;
      },
      end: () => finish(undefined),
      fail: finish,
    });
    resumeFlow = () => {
      if (ending !== "open") finish(undefined);
      else if (!isAhead()) flow.resume();
    };
    // Whoever opens the body joins it first.
    queueMicrotask(resumeFlow);
  }

  function takeIn(chunk: Uint8Array): void {
    take(chunk);
    wakeReaders();
    leaveBehind();
    dropRead();
    giveUpIfUnread();
  }

  async function pump(): Promise<void> {
    let brokeOff: Error | undefined;
    try {
      for await (const chunk of source.chunks) {
        if (ending !== "open") break;
        takeIn(chunk);
        while (isAhead()) await new Promise<void>((resolve) => (wakePump = resolve));
        if (ending !== "open") break;
      }
      if (ending === "open") ending = "whole";
    } catch (error) {
      if (ending === "open") {
        brokeOff = error instanceof Error ? error : new Error("the body broke off", { cause: error });
        ending = { error: brokeOff };
      }
    }
    await settle(brokeOff);
  }

  /** The body is through, as `ending` says. */
  async function settle(brokeOff: Error | undefined): Promise<void> {
    const finished = finishAdmission();
    wakeReaders(); // they need not wait for a disk
    const stored = await finished;
    if (stored !== undefined) handOver(stored.body);
    else {
      admission = undefined;
      wakeReaders(); // those who follow the disk
    }
    source.ended(brokeOff);
  }

  /**
   * Who has not read to the end reads on from the storage, which counts what it keeps: a slow reader keeps nothing here.
   * What was stored is read at once or not at all, so the first piece is asked for now.
   */
  function handOver(body: StoredBody): void {
    for (const reader of readers) {
      reader.follower?.handOver(body);
      if (reader.rest !== undefined) continue;
      reader.rest = inSequence([body.read({ from: reader.position, to: body.length })]);
    }
    dropped += segments.length;
    segments = [];
  }

  async function finishAdmission(): Promise<StoredResponse | undefined> {
    const last = segments.at(-1);
    if (admission === undefined) return undefined;
    if (ending !== "whole") {
      admission.abort();
      return undefined;
    }
    if (last !== undefined && last.filled < last.buffer.length) {
      give(last.buffer.subarray(0, last.filled));
    }
    return admission?.commit();
  }

  if (isFlowing(source.chunks)) pumpFlow(source.chunks);
  else void pump(); // cannot throw: the source's faults are caught, and a storage's promises never reject

  return {
    length: source.length,
    arrived: () => total,
    join() {
      if (dropped > 0 || typeof ending === "object") return undefined;
      const reader: Reader = {
        segment: 0,
        offset: 0,
        position: 0,
        wake: undefined,
        rest: undefined,
        follower: undefined,
      };
      readers.add(reader);
      const leave = (): void => {
        if (!readers.delete(reader)) return;
        reader.wake?.();
        reader.wake = undefined;
        reader.follower?.stop();
        void reader.rest?.return?.();
        dropRead();
        giveUpIfUnread();
        wakeSource();
      };
      const iterator: BodyReader = {
        async next() {
          for (;;) {
            if (!readers.has(reader)) return { done: true, value: undefined };
            if (reader.rest !== undefined) {
              const step = await reader.rest.next();
              if (step.done === true) leave();
              return step;
            }
            const chunk = readOn(reader);
            if (chunk !== undefined) {
              dropRead();
              wakeSource();
              return { done: false, value: chunk };
            }
            if (ending === "whole") {
              leave();
              return { done: true, value: undefined };
            }
            if (ending !== "open") {
              leave();
              throw ending.error;
            }
            await new Promise<void>((resolve) => (reader.wake = resolve));
          }
        },
        async return() {
          leave();
          return { done: true, value: undefined };
        },
        [Symbol.asyncIterator]: () => iterator,
      };
      return iterator;
    },
    drain() {
      isDraining = true;
      wakeSource();
    },
  };

  function readOn(reader: Reader): Uint8Array | undefined {
    let segment = segments[reader.segment - dropped];
    if (segment !== undefined && reader.offset === segment.buffer.length) {
      reader.segment++;
      reader.offset = 0;
      segment = segments[reader.segment - dropped];
    }
    if (segment === undefined || reader.offset === segment.filled) return undefined;
    const chunk = segment.buffer.subarray(reader.offset, segment.filled);
    reader.position += chunk.length;
    reader.offset = segment.filled;
    return chunk;
  }
}

function brokenOff(): AsyncIterator<Uint8Array> {
  return { next: () => Promise.reject(new Error("it was read too slowly to be shared with others")) };
}
