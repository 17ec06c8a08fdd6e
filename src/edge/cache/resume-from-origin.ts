// A body that comes from the owner of a key or from where it is stored, and goes on from the origin when the owner is lost in the middle
// of it, or what is stored turns out to be damaged; or that comes from the origin, whose connection was lent to others while nobody read:
// as long as it is provably the same body. Otherwise it breaks off, and the viewer sees that it did.

import assert from "node:assert/strict";
import { combineField } from "../../http/field-list.ts";
import { parseContentRange } from "../../http/content-range.ts";
import type { EdgeParts } from "../edge-parts.ts";
import type { Authorized, Keyed } from "../exchange.ts";
import { ConnectionLent } from "../origin-request/arriving-body.ts";
import { fetchFromOrigins } from "../origin-request/fetch-from-origins.ts";
import type { OriginResponse } from "../origin-request/origin-answer.ts";
import type { OriginRequestFacts } from "../origin-request/origin-request.ts";
import { openWaitingViewers } from "../origin-request/waiting-viewers.ts";
import type { StoredResponse } from "../storage/cache-storage.ts";
import { asFlowing, iterateFlow, type BodyFlow, type BodySink, type FlowingBody } from "../transport/flowing-body.ts";
import { answerFields, type Answer, type Field } from "../transport/message.ts";
import { answerStored, type StoredResult } from "../viewer-response/answer-stored.ts";
import { resumeBody } from "./resume-body.ts";
import { strongValidator } from "./stored-parts.ts";

/** As `answerStored` has it; a body that cannot be read to its end where it is stored goes on from the origin. */
export function answerFromStorage(keyed: Keyed, stored: StoredResponse, how: StoredResult, edge: EdgeParts): Answer {
  const answer = answerStored(keyed, stored, how, edge);
  const { status, body } = answer;
  if (body.kind !== "stream" || keyed.request.method !== "GET") return answer;
  const { length, chunks } = body;
  const fields = (): readonly Field[] => answerFields(answer);
  const read = resumable({ from: "storage", status, fields, length, chunks, keyed, edge });
  return { ...answer, body: { ...body, chunks: read } };
}

/** As it came; if it is lent to others while nobody reads it, the rest is asked for once somebody reads on. [D-0038] */
export function resumedWhenLent(
  exchange: Authorized,
  response: OriginResponse,
  facts: OriginRequestFacts,
  edge: EdgeParts,
): OriginResponse {
  const { status, fields, body } = response;
  if (body === undefined || body.whole !== undefined || exchange.request.method !== "GET") return response;
  if (strongValidator(fields, exchange.now) === undefined) return response;
  const { chunks } = body;
  const length = response.length ?? lengthOfPart(status, fields);
  const resumed = resumable({
    from: "origin",
    status,
    fields: () => fields,
    length,
    chunks,
    keyed: exchange,
    edge,
    facts,
  });
  let flow: BodyFlow | undefined;
  const open = (sink: BodySink): BodyFlow => (flow = resumed.open(sink));
  const flowing: FlowingBody = { open, [Symbol.asyncIterator]: () => iterateFlow(open) };
  return {
    ...response,
    body: {
      chunks: flowing,
      abort: () => (flow === undefined ? body.abort() : flow.stop()),
    },
  };
}

/** Of one in chunks. */
function lengthOfPart(status: number, fields: readonly Field[]): number | undefined {
  const range = status === 206 ? parseContentRange(combineField(fields, "content-range") ?? "") : undefined;
  return range === undefined ? undefined : range.last - range.first + 1;
}

export interface ResumableBody {
  readonly from: "owner" | "storage" | "origin";
  readonly status: number;
  readonly fields: () => readonly Field[];
  readonly length: number | undefined;
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly keyed: Authorized;
  readonly edge: EdgeParts;
  /** How the rest is asked for; left out: as for the cache. */
  readonly facts?: OriginRequestFacts;
}

/** Only what answers a GET. */
export function resumable(body: ResumableBody): FlowingBody {
  const open = (sink: BodySink): BodyFlow => {
    let passed = 0;
    let isFlowing = false;
    let isOver = false;
    let isRest = false;
    /** It came while nothing was wanted. */
    let lost: Error | undefined;

    const pass = (bytes: Uint8Array): boolean => {
      const left = (body.length ?? Number.POSITIVE_INFINITY) - passed;
      const own = bytes.length > left ? bytes.subarray(0, left) : bytes;
      passed += own.length;
      const isFree = sink.take(own);
      endRest();
      return isFree;
    };
    /** The origin may send more than was asked for here: of a range, all that stands behind it. */
    const endRest = (): void => {
      if (!isRest || !isFlowing || isOver || passed !== body.length) return;
      isOver = true;
      flow.stop();
      sink.end();
    };
    const end = (): void => {
      if (!isOver) sink.end();
      isOver = true;
    };
    const goOn = (error: Error): void => {
      if (passed === body.length) return end();
      const isLent = error instanceof ConnectionLent;
      if (isLent && !isFlowing && !isOver) {
        lost = error;
        return;
      }
      const rest = isOver || (body.from === "origin" && !isLent) ? undefined : restOf(body, passed);
      if (rest === undefined) return sink.fail(error);
      isRest = true;
      flow = asFlowing({ [Symbol.asyncIterator]: () => rest }).open({
        take: pass,
        end,
        fail: (fault) => (fault instanceof ConnectionLent ? goOn(fault) : sink.fail(fault)),
      });
      flow.resume();
    };
    let flow = asFlowing(body.chunks).open({ take: pass, end, fail: goOn });
    return {
      resume() {
        isFlowing = true;
        endRest();
        const error = lost;
        lost = undefined;
        if (error !== undefined) goOn(error);
        else if (!isOver) flow.resume();
      },
      pause() {
        isFlowing = false;
        flow.pause();
      },
      stop() {
        isOver = true;
        lost = undefined;
        flow.stop();
      },
    };
  };
  return { open, [Symbol.asyncIterator]: () => iterateFlow(open) };
}

const LOST = { owner: "owner-lost", storage: "stored-body-lost", origin: "connection-lent" } as const;

/** What is missing behind so many bytes. `undefined`: the origin cannot be asked for it. */
function restOf(
  { from, status, fields: readFields, keyed, edge, facts: given }: ResumableBody,
  passed: number,
): AsyncIterator<Uint8Array> | undefined {
  const fields = readFields();
  const first = status === 200 ? 0 : status === 206 ? firstOf(fields) : undefined;
  if (first === undefined || edge.closing.aborted) return undefined;
  const requestId = edge.requestIds.next();
  edge.log(
    "info",
    LOST[from],
    requestId,
    `${keyed.distribution.id}: the rest from byte ${first + passed} is asked of the origin`,
  );
  const viewers = openWaitingViewers(edge.closing);
  const rest = resumeBody({
    fields,
    from: first + passed,
    now: keyed.now,
    async ask(validators) {
      const { viaName } = edge.identity;
      const facts = { viaName, forCache: true, ...given, requestId, validators };
      const { response } = await fetchFromOrigins(keyed, facts, edge, viewers.signal);
      viewers.settle();
      assert.ok(response.kind !== "tunnel", "only a handshake that passes the cache asks for a tunnel");
      return response;
    },
  });
  return {
    next: () => rest.next(),
    async return() {
      viewers.giveUp(); // it may still wait for a connection
      return rest.return?.() ?? { done: true, value: undefined };
    },
  };
}

/** Several ranges are a body of their own making. */
function firstOf(fields: readonly Field[]): number | undefined {
  return parseContentRange(combineField(fields, "content-range") ?? "")?.first;
}
