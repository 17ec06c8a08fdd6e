// Told of every answer when it is over (`onServed` of the transport): counts it, and has it recorded in the logs that want it and told to those
// who look on. On the path of every hit, so what can be is prepared, on the request's memo and on what the answer was; and answers are gathered to
// the end of the turn and then recorded one after the other, because code and memory of a record that is written among everything else that a hit does
// are cold each time: that costs twice as much. [D-0021] [D-0037]

import { epochMs } from "../../vocabulary/time.ts";
import type { EffectiveDistribution } from "../config/effective-config.ts";
import type { Ended } from "../ended.ts";
import type { Served } from "../served.ts";
import type { OnServed, RefusedRequest, ViewerRequest } from "../transport/message.ts";
import { newWatching, type Watching } from "../watching.ts";
import { prepareRefused, prepareRequest, prepareServed, type RequestPieces, type ServedPieces } from "./access-line.ts";
import { decidedResult, endedResult } from "./result-types.ts";
import type { RecordBlocks } from "./record-blocks.ts";
import type { Place, Traffic } from "./traffic.ts";

/** Where records go: as lines to the operator's file (line-log.ts), in blocks to a spool of the distributions that ask for logs. */
export interface RecordLog {
  /** Asked for each answer. `undefined`: the request got to no distribution. */
  wants(distribution: EffectiveDistribution | undefined): boolean;
  append(ended: Ended, by: RequestPieces, served: ServedPieces): void;
  /** Whether it has taken it at once, from what is at hand (record-blocks.ts); else it is to be appended. Left out: each is to be. */
  readonly appendLike?: RecordBlocks["appendLike"];
}

export interface RecorderSurroundings {
  readonly domainSuffix: string;
  /** Of this worker, from 1. */
  readonly edgeNumber: number;
  readonly traffic: Traffic;
  readonly logs: readonly RecordLog[];
  /** Whose a host is, for a viewer that left before anyone had answered. */
  readonly find: (host: string) => EffectiveDistribution | undefined;
  /** Who looks on. Left out: nobody ever does. */
  readonly watching?: Watching;
  /** When what has gathered is written, at the latest. Left out: at the end of the turn of the event loop. */
  readonly later?: (write: () => void) => void;
}

export interface Recorder {
  readonly onServed: OnServed;
  /** Has written what has gathered. */
  readonly flush: () => void;
}

/** So that a turn that does not end for long holds no more answers than these. */
const GATHERED_MAX = 128;

/** What is kept on `Served.record`. */
interface ServedRecord extends ServedPieces {
  readonly place: Place;
}

/** Whoever is told of it keeps nothing of it: it is filled again with another answer. `wanted`: who is to be told. */
type Slot = { -readonly [Member in keyof Ended]: Ended[Member] } & { wanted: number };

/** Those who look on; the logs are the bits above it. */
const WATCHED = 1;

export function openRecorder(surroundings: RecorderSurroundings): Recorder {
  const {
    domainSuffix,
    edgeNumber,
    traffic,
    logs,
    find,
    watching = newWatching(),
    later = setImmediate,
  } = surroundings;

  function recordOf(served: Served): ServedRecord {
    return (served.record ??= newRecord(served)) as ServedRecord;
  }

  function newRecord({ distribution, contentType }: Served): ServedRecord {
    return {
      place: traffic.placeOf(distribution?.id),
      ...prepareServed(
        distribution?.logTarget ?? "",
        distribution && `${distribution.label}.${domainSuffix}`,
        distribution?.logsCookies === true,
        contentType,
      ),
    };
  }

  const nobodys: Served = {
    distribution: undefined,
    behavior: undefined,
    result: "Error",
    contentType: undefined,
    record: undefined,
  };

  /** Somebody wants a record of them, or looks on. Made once and filled again and again: memory that is always new is cold. */
  const slots: Slot[] = [];
  let gathered = 0;
  let isDue = false;

  function newSlot(): Slot {
    return {
      request: NOBODY,
      answer: undefined,
      served: nobodys,
      outcome: "whole",
      bytesIn: 0,
      bytesOut: 0,
      startedAt: epochMs(0),
      firstByteAt: undefined,
      endedAt: epochMs(0),
      edge: edgeNumber,
      wanted: 0,
    };
  }

  /** What was sent is not kept until the next answer comes. */
  function letGo(slot: Slot): void {
    slot.request = NOBODY;
    slot.answer = undefined;
    slot.served = nobodys;
  }

  /** Of an answer that nobody said anything about: the transport's own, or none at all. */
  function servedOfHost(request: ViewerRequest | RefusedRequest): Served {
    const distribution = "memo" in request ? find(request.host) : undefined;
    return distribution === undefined ? nobodys : { ...nobodys, distribution, record: undefined };
  }

  function flush(): void {
    if (gathered === 0) return;
    const batch = slots.slice(0, gathered);
    gathered = 0;
    let bit = WATCHED;
    for (const log of logs) {
      bit <<= 1;
      for (const ended of batch) {
        if ((ended.wanted & bit) !== 0) log.append(ended, piecesOf(ended.request), recordOf(ended.served));
      }
    }
    const watched = batch.filter(({ wanted }) => (wanted & WATCHED) !== 0);
    if (watched.length > 0) watching.ended?.(watched);
    for (const slot of batch) letGo(slot);
  }

  function writeSoon(): void {
    if (isDue) return;
    isDue = true;
    later(() => {
      isDue = false;
      flush();
    });
  }

  const onServed: OnServed = (request, answer, headBytes, bodyBytes, startedAt, firstByteAt, outcome, endedAt) => {
    const served = answer?.served ?? servedOfHost(request);
    const bytesIn = "memo" in request ? request.headBytes + (request.body?.received ?? 0) : 0;
    const bytesOut = headBytes + bodyBytes;
    const record = recordOf(served);
    traffic.count(
      record.place,
      answer === undefined ? 0 : answer.status,
      endedResult(decidedResult(answer), outcome),
      bytesIn,
      bytesOut,
      endedAt - startedAt,
      outcome !== "whole",
    );
    let wanted = watching.wants?.(served.distribution) === true ? WATCHED : 0;
    let bit = WATCHED;
    for (const log of logs) {
      bit <<= 1;
      if (!log.wants(served.distribution)) continue;
      const isTaken =
        outcome === "whole" &&
        answer !== undefined &&
        "memo" in request &&
        log.appendLike?.(
          request,
          answer,
          piecesOf(request),
          record,
          bytesIn,
          bytesOut,
          startedAt,
          firstByteAt,
          endedAt,
        ) === true;
      if (!isTaken) wanted |= bit;
    }
    if (wanted === 0) return;
    const slot = (slots[gathered++] ??= newSlot());
    slot.request = request;
    slot.answer = answer;
    slot.served = served;
    slot.outcome = outcome;
    slot.bytesIn = bytesIn;
    slot.bytesOut = bytesOut;
    slot.startedAt = startedAt;
    slot.firstByteAt = firstByteAt;
    slot.endedAt = endedAt;
    slot.wanted = wanted;
    if (gathered === GATHERED_MAX) flush();
    else writeSoon();
  };

  return { onServed, flush };
}

const NOBODY: RefusedRequest = { status: 400, reason: "bad-request-line", viewerAddress: "" };

function piecesOf(request: ViewerRequest | RefusedRequest): RequestPieces {
  if (!("memo" in request)) return prepareRefused(request);
  const { memo, upgrade } = request;
  // What it asks for follows from its method, too, which others with its fields may not have.
  if (upgrade !== undefined) return prepareRequest(request);
  return (memo.record ??= prepareRequest(request)) as RequestPieces;
}
