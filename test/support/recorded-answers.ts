// Answers that have ended, as the recorder tells a log of them, and the blocks and segments that a spool makes of them.

import assert from "node:assert/strict";
import type { EffectiveDistribution } from "../../src/edge/config/effective-config.ts";
import type { Ended } from "../../src/edge/ended.ts";
import {
  prepareRequest,
  prepareServed,
  type RequestPieces,
  type ServedPieces,
} from "../../src/edge/record/access-line.ts";
import { openRecordBlocks } from "../../src/edge/record/record-blocks.ts";
import type { RecordLog } from "../../src/edge/record/recorder.ts";
import { openRequestIds } from "../../src/edge/request-ids.ts";
import { newRequestMemo } from "../../src/edge/request-memo.ts";
import { servedAs } from "../../src/edge/served.ts";
import type { ViewerRequest } from "../../src/edge/transport/message.ts";
import { epochMs } from "../../src/vocabulary/time.ts";

export const LOG_TARGET = "123456789012 E1 logs ";

export interface RecordedAsk {
  /** Of cs-uri-stem. */
  readonly path: string;
  readonly query?: string;
  readonly target?: string;
  readonly endedAtMs?: number;
}

/** What a log is told: arguments of its `append`. */
export type Recorded = readonly [ended: Ended, by: RequestPieces, served: ServedPieces];

/** A hit of no length that took 12 ms. */
export function recordedAnswer({ path, query, target = LOG_TARGET, endedAtMs = 0 }: RecordedAsk): Recorded {
  const distribution = { id: "E1", logTarget: target } as unknown as EffectiveDistribution;
  const request: ViewerRequest = {
    method: "GET",
    target: path,
    path,
    query,
    httpVersion: "1.1",
    scheme: "http",
    host: "d1.cloudfront.localhost",
    fields: [],
    field: () => undefined,
    body: undefined,
    viewerAddress: "192.0.2.7",
    headBytes: 100,
    memo: newRequestMemo(),
  };
  const served = servedAs({ distribution }, "Hit", "text/plain");
  const ended: Ended = {
    request,
    answer: { status: 200, fields: [], body: { kind: "none" }, served, requestId: `id-of-${path}` },
    served,
    outcome: "whole",
    bytesIn: 100,
    bytesOut: 300,
    startedAt: epochMs(endedAtMs - 12),
    firstByteAt: epochMs(endedAtMs),
    endedAt: epochMs(endedAtMs),
    edge: 1,
  };
  return [ended, prepareRequest(request), prepareServed(target, "d1.cloudfront.localhost", false, "text/plain")];
}

/** As the recorder does. Whether it was written as like another one. */
export function recordIn(
  log: Pick<Required<RecordLog>, "append" | "appendLike">,
  [ended, by, served]: Recorded,
): boolean {
  const { request, answer, bytesIn, bytesOut, startedAt, firstByteAt, endedAt } = ended;
  assert(answer !== undefined && "path" in request);
  const isLike = log.appendLike(request, answer, by, served, bytesIn, bytesOut, startedAt, firstByteAt, endedAt);
  if (!isLike) log.append(ended, by, served);
  return isLike;
}

/** Answers of one requester, each with an id that was drawn. */
export function likeAnswers(changes: readonly Partial<Ended>[]): readonly Recorded[] {
  const [first, by, served] = recordedAnswer({ path: "/a", endedAtMs: 1_800_000_000_000 });
  const ids = openRequestIds((count) => new Uint8Array(count));
  return changes.map((change) => {
    const of = { ...first, ...change };
    assert(of.answer !== undefined);
    const requestId = ids.next();
    return [{ ...of, answer: { ...of.answer, requestId, idDraw: ids.draw, idPlace: ids.place } }, by, served];
  });
}

/** All of them in one block. */
export function recordBlock(popName: string, recorded: readonly Recorded[]): Buffer {
  const written: Buffer[] = [];
  const blocks = openRecordBlocks(
    popName,
    {
      write(bytes, _records, done) {
        written.push(Buffer.from(bytes));
        done();
      },
    },
    1,
    1_048_576,
  );
  for (const each of recorded) blocks.append(...each);
  blocks.flush();
  return Buffer.concat(written);
}
