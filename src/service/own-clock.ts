// The clock of a server that was started for tests, below /_warmfront/clock: what it tells, and how it is moved. Signed like any request;
// signatures themselves go by the machine's time, so that clients that know of no other go on working. [D-0034]

import { authenticate } from "../callers/authenticate.ts";
import type { ApiRequest, ApiResponse } from "../callers/message.ts";
import { auditedCall, type CallNotes } from "../control/audit.ts";
import type { Control } from "../control/context.ts";
import { DURATION_FORM, parseDuration } from "../vocabulary/duration.ts";
import type { TimeChange } from "../vocabulary/served-time.ts";
import type { AskTheTime } from "./ask-time.ts";
import { describeReading, type TimeReading } from "./keep-time.ts";
import { json, readJsonObject } from "./own-json.ts";

/** What a server answers that was not started for tests. */
export const NO_TEST_CONTROLS =
  'this server was not started for tests, so its clock cannot be moved. A server that is for nothing but tests is started with --test-controls yes (or WARMFRONT_TEST_CONTROLS=yes, or "testControls": "yes" in warmfront.json)';

/** What the paths answer, and the command prints. */
export interface ToldTime {
  /** Instants in ISO 8601. */
  readonly now: string;
  readonly machineNow: string;
  /** How far it is ahead of the machine's; below zero where it has stood still. */
  readonly aheadSeconds: number;
  readonly isFrozen: boolean;
  /** The same in words. */
  readonly says: string;
}

/** `rest` is the path behind `clock`; `askTime` is absent on a server that is not for tests. `undefined`: there is no such path. */
export async function answerClock(
  rest: string,
  request: ApiRequest,
  control: Control,
  askTime: AskTheTime | undefined,
): Promise<ApiResponse | undefined> {
  const asked = readAsked(rest, request);
  if (asked === undefined) return undefined;
  const notes: CallNotes = { resource: "clock/*", operation: `warmfront:${asked.operation}` };
  const response = await answerCall(asked, request, control, askTime, notes);
  control.audit?.(auditedCall(request, notes, response.status));
  return response;
}

interface Asked {
  readonly operation: string;
  /** `undefined`: only what the time is. A text: what is wrong with what was asked. */
  readonly change: TimeChange | string | undefined;
}

function readAsked(rest: string, { method, body }: ApiRequest): Asked | undefined {
  switch (`${method} ${rest}`) {
    case "GET ":
      return { operation: "GetClock", change: undefined };
    case "POST /freeze":
      return { operation: "FreezeClock", change: { kind: "freeze" } };
    case "POST /reset":
      return { operation: "ResetClock", change: { kind: "reset" } };
    case "POST /advance": {
      const by = readJsonObject(body)?.["by"];
      const read = typeof by === "string" ? parseDuration(by) : undefined;
      const found = by === undefined ? "nothing" : JSON.stringify(by).slice(0, 100);
      const wrong = `the body must be JSON like {"by":"1h"}, where "by" is ${DURATION_FORM}, found ${found}`;
      return { operation: "AdvanceClock", change: read === undefined ? wrong : { kind: "advance", by: read } };
    }
    default:
      return undefined;
  }
}

async function answerCall(
  { change }: Asked,
  request: ApiRequest,
  control: Control,
  askTime: AskTheTime | undefined,
  notes: CallNotes,
): Promise<ApiResponse> {
  try {
    const authenticated = await authenticate(request, control);
    if (authenticated.kind === "failure") {
      notes.code = authenticated.code;
      return json(403, { error: authenticated.message, code: authenticated.code });
    }
    notes.caller = authenticated.caller;
    if (askTime === undefined) return json(403, { error: NO_TEST_CONTROLS, code: "NotForTests" });
    if (change !== undefined && authenticated.caller.access !== "full") {
      notes.code = "AccessDenied";
      return json(403, { error: "this access key may only read", code: "AccessDenied" });
    }
    if (typeof change === "string") return json(400, { error: change });
    const outcome = await askTime(change);
    return outcome.kind === "time" ? json(200, tellTime(outcome.reading)) : json(409, { error: outcome.message });
  } catch (fault) {
    control.reportFault(fault, "clock");
    return json(500, { error: "the server failed; its log says why" });
  }
}

function tellTime(reading: TimeReading): ToldTime {
  const { now, machineNow, isFrozen } = reading;
  return {
    now: new Date(now).toISOString(),
    machineNow: new Date(machineNow).toISOString(),
    aheadSeconds: (now - machineNow) / 1000,
    isFrozen,
    says: describeReading(reading),
  };
}
