// Told of every answer when it is over (`onServed` of the transport): counts it, and has its line written into the logs that want it. On
// the path of every hit, so what can be is prepared: on the request's memo, on what the answer was, and for the current second; and lines
// are written at the end of the turn, all that have gathered one after the other, because code and memory of a line that is written among
// everything else that a hit does are cold each time: that costs twice as much. [D-0021]

import type { EpochMs } from "../../vocabulary/time.ts";
import type { EffectiveDistribution } from "../config/effective-config.ts";
import type { Served } from "../served.ts";
import type { OnServed, RefusedRequest, ViewerRequest } from "../transport/message.ts";
import { newWatching, type Watching } from "../watching.ts";
import {
  formatAccessLine,
  prepareRefused,
  prepareRequest,
  prepareServed,
  type Ended,
  type RequestPieces,
  type ServedPieces,
} from "./access-line.ts";
import { decidedResult, endedResult } from "./result-types.ts";
import type { Place, Traffic } from "./traffic.ts";

/** Where lines go: the operator's file, a spool of the distributions that ask for logs. */
export interface RecordLog {
  /** Asked for each answer. `undefined`: the request got to no distribution. */
  wants(distribution: EffectiveDistribution | undefined): boolean;
  /** Without its line break; ASCII alone. */
  append(line: string, distribution: EffectiveDistribution | undefined): void;
}

export interface RecorderSurroundings {
  readonly popName: string;
  readonly domainSuffix: string;
  readonly traffic: Traffic;
  readonly logs: readonly RecordLog[];
  /** Whose a host is, for a viewer that left before anyone had answered. */
  readonly find: (host: string) => EffectiveDistribution | undefined;
  /** Who looks on. Left out: nobody ever does. */
  readonly watching?: Watching;
  /** When lines are written. Left out: at the end of the turn of the event loop. */
  readonly later?: (write: () => void) => void;
}

/** An answer whose line is still to be written. */
interface Unwritten extends Ended {
  readonly endedAt: EpochMs;
  readonly distribution: EffectiveDistribution | undefined;
  readonly record: ServedRecord;
}

/** So that a turn that does not end for long holds no more answers than these. */
const UNWRITTEN_MAX = 256;

/** What is kept on `Served.record`. */
interface ServedRecord extends ServedPieces {
  readonly place: Place;
}

export function openRecorder(surroundings: RecorderSurroundings): OnServed {
  const { popName, domainSuffix, traffic, logs, find, watching = newWatching(), later = setImmediate } = surroundings;
  const unwritten: Unwritten[] = [];
  let second = Number.NaN;
  let instant = "";

  function instantOf(now: EpochMs): string {
    const nowSecond = Math.floor(now / 1000);
    if (nowSecond !== second) {
      second = nowSecond;
      const text = new Date(now).toISOString();
      instant = `${text.slice(0, 10)}\t${text.slice(11, 19)}\t${popName}\t`;
    }
    return instant;
  }

  function recordOf(distribution: EffectiveDistribution | undefined, contentType: string | undefined): ServedRecord {
    return {
      place: traffic.placeOf(distribution?.id),
      ...prepareServed(
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

  /** Of an answer that nobody said anything about: the transport's own, or none at all. */
  function servedOfHost(request: ViewerRequest | RefusedRequest): Served {
    const distribution = "memo" in request ? find(request.host) : undefined;
    return distribution === undefined ? nobodys : { ...nobodys, distribution };
  }

  function writeAll(): void {
    for (const ended of unwritten) {
      const line = formatAccessLine(instantOf(ended.endedAt), ended, piecesOf(ended.request), ended.record);
      for (const log of logs) if (log.wants(ended.distribution)) log.append(line, ended.distribution);
    }
    unwritten.length = 0;
  }

  return (request, answer, headBytes, bodyBytes, startedAt, firstByteAt, outcome, endedAt) => {
    const served = answer?.served ?? servedOfHost(request);
    let record = served.record as ServedRecord | undefined;
    if (record === undefined) served.record = record = recordOf(served.distribution, served.contentType);
    const decided = decidedResult(answer);
    const bytesIn = "memo" in request ? request.headBytes + (request.body?.received ?? 0) : 0;
    const bytesOut = headBytes + bodyBytes;
    const takenMs = endedAt - startedAt;
    traffic.count(
      record.place,
      answer === undefined ? 0 : answer.status,
      endedResult(decided, outcome),
      bytesIn,
      bytesOut,
      takenMs,
      outcome !== "whole",
    );
    for (const log of logs) {
      if (!log.wants(served.distribution)) continue;
      const count = unwritten.push({
        request,
        answer,
        decided,
        outcome,
        bytesIn,
        bytesOut,
        takenMs,
        firstByteMs: (firstByteAt ?? endedAt) - startedAt,
        endedAt,
        distribution: served.distribution,
        record,
      });
      if (count === 1) later(writeAll);
      else if (count === UNWRITTEN_MAX) writeAll();
      break;
    }
    if (watching.served === undefined) return;
    watching.served(
      served.distribution,
      request,
      answer,
      headBytes,
      bodyBytes,
      startedAt,
      firstByteAt,
      outcome,
      endedAt,
    );
  };
}

function piecesOf(request: ViewerRequest | RefusedRequest): RequestPieces {
  if (!("memo" in request)) return prepareRefused(request);
  const { memo } = request;
  return (memo.record ??= prepareRequest(request)) as RequestPieces;
}
