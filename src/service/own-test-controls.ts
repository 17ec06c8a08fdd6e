// What only a server does that was started for tests, at its own paths: its clock below /_warmfront/clock, and /_warmfront/reset, after which
// nothing is there that anybody has made. Signed like any request; signatures go by the machine's time, so that clients that know of no
// other go on working. [D-0034]

import type { ApiRequest, ApiResponse } from "../callers/message.ts";
import type { Control } from "../control/context.ts";
import { DURATION_FORM, parseDuration } from "../vocabulary/duration.ts";
import type { TimeChange } from "../vocabulary/served-time.ts";
import type { AskTheTime } from "./ask-time.ts";
import { answerAudited } from "./audited-call.ts";
import type { IdentifyCaller } from "./identify-caller.ts";
import { describeReading, type TimeReading } from "./keep-time.ts";
import { json, readJsonObject } from "./own-json.ts";

/** What a server answers that was not started for tests. */
const NO_TEST_CONTROLS =
  'this server was not started for tests, so its clock cannot be moved, nor all be reset. A server that is for nothing but tests is started with --test-controls yes (or WARMFRONT_TEST_CONTROLS=yes, or "testControls": "yes" in warmfront.json)';

export interface TestControls {
  readonly askTime: AskTheTime;
  /** Resolves when no worker has anything of it any more; with a text, why not. */
  readonly resetAll: () => Promise<string | undefined>;
}

/** What the clock's paths answer, and the command prints. */
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

interface Asked {
  readonly operation: string;
  readonly isRead?: true;
  readonly act: (controls: TestControls) => Promise<ApiResponse>;
}

/** `path` is what stands behind /_warmfront/; `controls` are absent on a server that is not for tests. `undefined`: there is no such path. */
export async function answerTestControls(
  path: string,
  request: ApiRequest,
  control: Control,
  { identify, controls }: { readonly identify: IdentifyCaller; readonly controls: TestControls | undefined },
): Promise<ApiResponse | undefined> {
  const asked = readAsked(`${request.method} ${path}`, request.body);
  if (asked === undefined) return undefined;
  const { operation, isRead = false, act } = asked;
  return answerAudited(
    {
      operation,
      resource: "server",
      isRead,
      act: controls === undefined ? { code: "NotForTests", message: NO_TEST_CONTROLS } : () => act(controls),
    },
    request,
    control,
    identify,
  );
}

function readAsked(what: string, body: Uint8Array): Asked | undefined {
  switch (what) {
    case "GET clock":
      return { operation: "GetClock", isRead: true, act: (controls) => changeTime(controls) };
    case "POST clock/freeze":
      return { operation: "FreezeClock", act: (controls) => changeTime(controls, { kind: "freeze" }) };
    case "POST clock/reset":
      return { operation: "ResetClock", act: (controls) => changeTime(controls, { kind: "reset" }) };
    case "POST clock/advance":
      return { operation: "AdvanceClock", act: (controls) => advance(controls, body) };
    case "POST reset":
      return { operation: "ResetAll", act: reset };
    default:
      return undefined;
  }
}

async function advance(controls: TestControls, body: Uint8Array): Promise<ApiResponse> {
  const by = readJsonObject(body)?.["by"];
  const read = typeof by === "string" ? parseDuration(by) : undefined;
  if (read !== undefined) return changeTime(controls, { kind: "advance", by: read });
  const found = by === undefined ? "nothing" : JSON.stringify(by).slice(0, 100);
  return json(400, { error: `the body must be JSON like {"by":"1h"}, where "by" is ${DURATION_FORM}, found ${found}` });
}

async function changeTime({ askTime }: TestControls, change?: TimeChange): Promise<ApiResponse> {
  const outcome = await askTime(change);
  return outcome.kind === "time" ? json(200, tellTime(outcome.reading)) : json(409, { error: outcome.message });
}

async function reset({ resetAll }: TestControls): Promise<ApiResponse> {
  const fault = await resetAll();
  return fault === undefined ? json(200, { reset: true }) : json(503, { error: fault });
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
