// Everything under the console's host names: its files, and below /_warmfront/console/ its API. Signing in and out, calls of the
// management API's operations as JSON, and what only the console asks (a row each in `console-questions.ts`). The server's own
// paths for everybody (own-paths.ts) answer here too, to a session as well as to a signature.

import type { ApiRequest, ApiResponse } from "../../callers/message.ts";
import { auditedCall, type CallNotes } from "../../control/audit.ts";
import { callWithJson } from "../../control/call-with-json.ts";
import type { Control } from "../../control/context.ts";
import { newRequestId } from "../../control/serve.ts";
import { whyForeign, type Identified, type IdentifyCaller } from "../identify-caller.ts";
import type { LiveResponse } from "../live-response.ts";
import { json, readJsonObject } from "../own-json.ts";
import type { QuestionParts } from "./answered.ts";
import type { ConsoleAddress } from "./console-addresses.ts";
import { withConsoleFields } from "./console-fields.ts";
import type { ConsoleFiles } from "./console-files.ts";
import { CONSOLE_QUESTIONS } from "./console-questions.ts";
import type { ConsoleSessions } from "./console-sessions.ts";
import type { SignInGate } from "./sign-in-gate.ts";
import { describeCaller, signIn, signOut } from "./sign-in.ts";

const PREFIX = "/_warmfront/console/";

export interface ConsoleParts extends Omit<QuestionParts, "from"> {
  readonly control: Control;
  readonly identify: IdentifyCaller;
  readonly sessions: ConsoleSessions;
  readonly gate: SignInGate;
  readonly files: ConsoleFiles;
  /** The server's own paths that are not the console's alone. */
  readonly answerOwn: (request: ApiRequest) => Promise<ApiResponse | LiveResponse>;
}

/** Never throws: a fault of our own is reported, and answered as one. */
export async function serveConsole(
  request: ApiRequest,
  at: ConsoleAddress,
  parts: ConsoleParts,
): Promise<ApiResponse | LiveResponse> {
  try {
    return withConsoleFields(await answer(request, at, parts));
  } catch (fault) {
    parts.control.reportFault(fault, "console");
    return withConsoleFields(refusal(500, "InternalFailure", "The server failed; its log says why."));
  }
}

async function answer(
  request: ApiRequest,
  at: ConsoleAddress,
  parts: ConsoleParts,
): Promise<ApiResponse | LiveResponse> {
  const { method, rawPath } = request;
  if (!rawPath.startsWith("/_warmfront/")) {
    if (method === "GET" || method === "HEAD") return parts.files.answer(request);
    return refusal(405, "MethodNotAllowed", "The console's pages are only read.", [["Allow", "GET, HEAD"]]);
  }
  if (!rawPath.startsWith(PREFIX)) return parts.answerOwn(request);
  const path = rawPath.slice(PREFIX.length);
  if (path === "session" && method !== "GET") {
    const foreign = whyForeign(request, at);
    if (foreign !== undefined) return refusal(403, "ForeignRequest", foreign);
    if (method === "POST") return signIn(request, at, parts);
    if (method === "DELETE") return signOut(request, at, parts.sessions);
    return refusal(405, "MethodNotAllowed", "A session is begun, looked at or ended.", [
      ["Allow", "GET, POST, DELETE"],
    ]);
  }
  const who = await parts.identify(request);
  if (who.kind === "failure") return refusal(who.status, who.code, who.message);
  if (path === "session") return json(200, describeCaller(who.caller));
  const operation = /^call\/(\w{1,100})$/.exec(path)?.[1];
  if (operation !== undefined && method === "POST") return answerCall(operation, request, who, parts);
  const question = Object.hasOwn(CONSOLE_QUESTIONS, path) ? CONSOLE_QUESTIONS[path] : undefined;
  if (question === undefined || method !== "POST") {
    return refusal(404, "NoSuchPath", `There is no ${method} ${rawPath.slice(0, 100)} here.`);
  }
  const asked = readJsonObject(request.body);
  if (asked === undefined) return refusal(400, "MalformedInput", "The body must be one JSON object.");
  const outcome = await question(asked, who.caller, { ...parts, from: request.remoteAddress ?? "" });
  return outcome.kind === "ok" ? json(200, outcome.answer) : refusal(outcome.status, outcome.code, outcome.message);
}

/** One operation of the management API, by the caller of the session. */
async function answerCall(
  operation: string,
  request: ApiRequest,
  { caller, isByConsole }: Identified,
  { control }: ConsoleParts,
): Promise<ApiResponse> {
  const requestId = newRequestId(control);
  const notes: CallNotes = { caller, ...(isByConsole && { isByConsole }) };
  const input = readJsonObject(request.body);
  const { endpoint } = request;
  const outcome =
    input === undefined
      ? ({
          kind: "failure",
          status: 400,
          code: "MalformedInput",
          message: "The body must be one JSON object.",
        } as const)
      : await callWithJson(operation, input, { caller, control, notes, endpoint });
  control.audit?.(auditedCall(request, notes, outcome.status, requestId));
  if (outcome.kind === "ok") return json(outcome.status, { output: outcome.output, requestId });
  return json(outcome.status, { error: outcome.message, code: outcome.code, requestId });
}

function refusal(status: number, code: string, error: string, fields: ApiResponse["fields"] = []): ApiResponse {
  const response = json(status, { error, code });
  return { ...response, fields: [...response.fields, ...fields] };
}
