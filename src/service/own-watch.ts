// The paths of those who watch: `POST /_warmfront/tail` is answered with lines for as long as its reader stays, `GET /_warmfront/trace/ID` with what
// was decided about one request. Both are for the signer's own distributions.

import { DEFAULT_KEY } from "../callers/default-key.ts";
import type { ApiRequest, ApiResponse } from "../callers/message.ts";
import type { Control } from "../control/context.ts";
import { describeWhereFault, readPredicate } from "../edge/watch/predicate-of.ts";
import type { TailAsk } from "../edge/watch/open-watch.ts";
import type { TracePiece } from "../edge/watch/traces.ts";
import { formatDebugToken } from "../edge/watch/debug-token.ts";
import type { AccountId } from "../vocabulary/ids.ts";
import { addSeconds, seconds } from "../vocabulary/time.ts";
import type { Identified, IdentifyCaller } from "./identify-caller.ts";
import { LIVE_FIELDS, type LiveOutput, type LiveResponse } from "./live-response.ts";
import { json, readJsonObject, refuseCaller, refuseUnknown } from "./own-json.ts";
import { answerTraffic, type TrafficAnswers } from "./own-traffic.ts";
import { isOwnPath, PREFIX } from "./own-paths.ts";

export interface WatchAnswers extends TrafficAnswers {
  readonly identify: IdentifyCaller;
  /** `undefined`: debug headers are not shown. */
  readonly debugSecret: Uint8Array | undefined;
  /** What each worker knows of the request, the one with the viewer first; none: nobody knows it. */
  readonly trace: (id: string, account: AccountId) => Promise<readonly TracePiece[]>;
}

/** `undefined`: the path is none of these. */
export async function answerWatch(
  request: ApiRequest,
  control: Control,
  answers: WatchAnswers,
): Promise<ApiResponse | LiveResponse | undefined> {
  const asked = readAsked(request);
  if (asked === undefined) return undefined;
  try {
    const identified = await answers.identify(request);
    if (identified.kind === "failure") return refuseCaller(identified);
    const { account } = identified.caller;
    switch (asked.kind) {
      case "debug-token":
        return debugToken(request, account, control, answers);
      case "trace":
        return await trace(asked.id, account, answers);
      case "traffic":
        return await answerTraffic(request, account, control, answers, guardOf(request, identified, control, answers));
      case "tail":
        return tail(request, account, answers, guardOf(request, identified, control, answers));
    }
  } catch (fault) {
    control.reportFault(fault, "watch");
    return json(500, { error: "the server failed to answer; its log says why" });
  }
}

type Asked = { readonly kind: "tail" | "traffic" | "debug-token" } | { readonly kind: "trace"; readonly id: string };

function readAsked({ method, rawPath }: ApiRequest): Asked | undefined {
  if (!isOwnPath(rawPath)) return undefined;
  const path = rawPath.slice(PREFIX.length);
  if (method === "GET") {
    // Ids end with signs that some clients encode.
    const id = /^trace\/([\w=-]{1,100})$/.exec(path.replaceAll(/%3D/gi, "="))?.[1];
    return id === undefined ? undefined : { kind: "trace", id };
  }
  const isKnown = method === "POST" && (path === "tail" || path === "traffic" || path === "debug-token");
  return isKnown ? { kind: path } : undefined;
}

function tail(
  request: ApiRequest,
  account: AccountId,
  { tails }: WatchAnswers,
  guard: (output: LiveOutput) => void,
): ApiResponse | LiveResponse {
  const sent = request.body.length === 0 ? {} : readJsonObject(request.body);
  const unknown = refuseUnknown(sent, ["where", "distribution", "traces"]);
  if (unknown !== undefined) return unknown;
  const asked = parseTailRequest(sent);
  if (asked === undefined) {
    return json(400, {
      error:
        'the body must be JSON like {"where":"status>=500","distribution":"E…","traces":false}, each of them optional',
    });
  }
  const { where } = asked;
  const read = readPredicate(where);
  if (read.kind === "failure") {
    return json(400, { error: describeWhereFault(where, read), column: read.column, message: read.message });
  }
  if (!tails.hasRoom()) return json(503, { error: "as many watch already as may: the limit is tailsMax" });
  const live = (output: LiveOutput): void => {
    guard(output);
    tails.open({ ...asked, account }, output);
  };
  return { status: 200, fields: LIVE_FIELDS, live };
}

/** What lets somebody in may be taken away while an answer goes on. A signature itself is good for minutes only. */
function guardOf(
  request: ApiRequest,
  { caller, isByConsole }: Identified,
  control: Control,
  { identify }: WatchAnswers,
): (output: LiveOutput) => void {
  const mayStill = async (): Promise<boolean> => {
    if (isByConsole === true) return (await identify(request)).kind === "identified";
    const { accessKeyId } = caller;
    if (accessKeyId === DEFAULT_KEY.accessKeyId) return true;
    return (await control.store.credentials.findKey(accessKeyId)) !== undefined;
  };
  return (output) => endWhenNotAllowed(output, mayStill, control);
}

const TOKEN_SECONDS = 3600;
/** Longest life of a debug token. */
export const DEBUG_TOKEN_SECONDS_MAX = 86_400;

function debugToken(
  { body }: ApiRequest,
  account: AccountId,
  { clock }: Control,
  { debugSecret }: WatchAnswers,
): ApiResponse {
  const sent = body.length === 0 ? {} : readJsonObject(body);
  const unknown = refuseUnknown(sent, ["seconds"]);
  if (unknown !== undefined) return unknown;
  const forSeconds = sent === undefined ? undefined : (sent["seconds"] ?? TOKEN_SECONDS);
  const isNumber = typeof forSeconds === "number" && Number.isInteger(forSeconds);
  if (!isNumber || forSeconds < 1 || forSeconds > DEBUG_TOKEN_SECONDS_MAX) {
    return json(400, { error: `the body must be JSON like {"seconds":3600}, from 1 to ${DEBUG_TOKEN_SECONDS_MAX}` });
  }
  if (debugSecret === undefined) {
    return json(409, { error: "this server shows no debug headers: start it with --debug-headers token" });
  }
  const until = addSeconds(clock.now(), seconds(forSeconds));
  const token = formatDebugToken(account, until, debugSecret);
  return json(200, { header: "X-Warmfront-Debug", token, until: new Date(until).toISOString() });
}

/** How often it is looked whether who reads still may. */
const LOOK_EVERY_MS = 5000;

function endWhenNotAllowed(output: LiveOutput, mayStill: () => Promise<boolean>, control: Control): void {
  const look = async (): Promise<void> => {
    try {
      if (!(await mayStill())) output.end();
    } catch (fault) {
      control.reportFault(fault, "watch");
      output.end();
    }
  };
  const looking = setInterval(() => void look(), LOOK_EVERY_MS).unref();
  output.onClosed(() => clearInterval(looking));
}

function parseTailRequest(sent: ReturnType<typeof readJsonObject>): Omit<TailAsk, "account"> | undefined {
  if (sent === undefined) return undefined;
  const { where = "", distribution, traces = false } = sent;
  if (typeof where !== "string" || typeof traces !== "boolean") return undefined;
  if (distribution === undefined) return { where, hasTraces: traces };
  return typeof distribution === "string" ? { where, distribution, hasTraces: traces } : undefined;
}

async function trace(id: string, account: AccountId, answers: WatchAnswers): Promise<ApiResponse> {
  const pieces = await answers.trace(id, account);
  if (pieces.length > 0) return json(200, { id, pieces });
  return json(404, {
    error: `no trace of ${id}: requests are traced while somebody watches with traces (warmfront tail --trace), and the newest are kept`,
  });
}
