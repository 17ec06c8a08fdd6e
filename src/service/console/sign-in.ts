// Signing in to the console with an access key, and out of it. The secret is compared in a time that tells nothing, an unknown key's
// like a known one's, and guessing is bounded (sign-in-gate.ts). What the browser gets is a cookie that no script can read and that
// no other site's request carries.

import { createHash } from "node:crypto";
import { callerOf, findCredential } from "../../callers/authenticate.ts";
import type { Caller } from "../../callers/caller.ts";
import type { ApiField, ApiRequest, ApiResponse } from "../../callers/message.ts";
import { auditedCall, type CallNotes } from "../../control/audit.ts";
import type { Control } from "../../control/context.ts";
import { equalSecrets } from "../../wire/equal-secrets.ts";
import { sessionCookieName, sessionToken } from "../identify-caller.ts";
import { json, readJsonObject } from "../own-json.ts";
import type { ConsoleAddress } from "./console-addresses.ts";
import type { ConsoleSessions } from "./console-sessions.ts";
import type { SignInGate } from "./sign-in-gate.ts";

export interface SignInParts {
  readonly control: Control;
  readonly sessions: ConsoleSessions;
  readonly gate: SignInGate;
}

const SENT_MAX = 1024;

export async function signIn(request: ApiRequest, at: ConsoleAddress, parts: SignInParts): Promise<ApiResponse> {
  const notes: CallNotes = { operation: "warmfront:SignIn", isByConsole: true };
  const response = await answerSignIn(request, at, parts, notes);
  parts.control.audit?.(auditedCall(request, notes, response.status));
  return response;
}

async function answerSignIn(
  request: ApiRequest,
  at: ConsoleAddress,
  { control, sessions, gate }: SignInParts,
  notes: CallNotes,
): Promise<ApiResponse> {
  const address = request.remoteAddress ?? "";
  const seconds = gate.waitFor(address);
  if (seconds > 0) {
    notes.code = "TooManySignIns";
    const refusal = json(429, {
      error: `Too many sign-ins have failed from here. Try again in ${seconds} ${seconds === 1 ? "second" : "seconds"}.`,
      code: "TooManySignIns",
    });
    return { ...refusal, fields: [...refusal.fields, ["Retry-After", String(seconds)]] };
  }
  const { accessKeyId, secretAccessKey } = readJsonObject(request.body) ?? {};
  if (typeof accessKeyId !== "string" || typeof secretAccessKey !== "string") {
    notes.code = "MalformedInput";
    return json(400, {
      error: 'the body must be JSON like {"accessKeyId":"…","secretAccessKey":"…"}',
      code: "MalformedInput",
    });
  }
  const named = { accessKeyId: accessKeyId.slice(0, SENT_MAX), sessionToken: undefined };
  const credential = await findCredential(named, request, control);
  const isKnown = credential.kind === "credential";
  const isRight = equalSecrets(digest(isKnown ? credential.secret : ""), digest(secretAccessKey));
  if (!isKnown || !isRight) {
    gate.failed(address);
    notes.code = "SignInFailed";
    // Which of the two was wrong is nobody's business; that the default key does not work here is told, as everybody knows it.
    const why = !isKnown && credential.message.startsWith("The default access key") ? ` ${credential.message}` : "";
    return json(403, { error: `The access key ID or the secret is wrong.${why}`, code: "SignInFailed" });
  }
  const caller = callerOf(credential);
  notes.caller = caller;
  const cookie = formatCookie(sessions.begin(credential.key), at);
  return { ...json(200, describeCaller(caller)), fields: [["Content-Type", "application/json"], cookie] };
}

export function signOut(request: ApiRequest, at: ConsoleAddress, sessions: ConsoleSessions): ApiResponse {
  const token = sessionToken(request, at);
  if (token !== undefined) sessions.end(token);
  const [name, value] = formatCookie("", at);
  return {
    ...json(200, { signedOut: true }),
    fields: [
      ["Content-Type", "application/json"],
      [name, `${value}; Max-Age=0`],
    ],
  };
}

/** What the page shows of whoever is signed in. */
export function describeCaller({ account, accessKeyId, userName, access }: Caller): object {
  return { account, accessKeyId, userName, access };
}

/** Without Domain, so for this host alone; without a date, so until the browser ends. */
function formatCookie(token: string, at: ConsoleAddress): ApiField {
  const secure = at.isSecure ? "; Secure" : "";
  return ["Set-Cookie", `${sessionCookieName(at)}=${token}; Path=/; HttpOnly; SameSite=Strict${secure}`];
}

/** Two of them are of one length, whatever they are of. */
function digest(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
