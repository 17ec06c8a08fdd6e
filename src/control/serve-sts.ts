// The two operations of STS that clients of CloudFront need: who am I, and temporary keys. Its protocol is a form in,
// XML out, version 2011-06-15. Shapes of both answers: [STSAPI GetCallerIdentity], [STSAPI GetSessionToken].

import { formatCallerArn, type Caller } from "../callers/caller.ts";
import { newAccessKeyId, newSecret } from "../vocabulary/ids.ts";
import { addSeconds, seconds } from "../vocabulary/time.ts";
import { escapeText } from "../wire/xml-writer.ts";
import type { Control } from "./context.ts";
import type { ApiRequest } from "../callers/message.ts";

export const STS_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/";

/** Life of session keys in seconds: fifteen minutes to a day and a half, half a day unless asked. [STSAPI GetSessionToken] */
const DURATION = { min: 900, max: 129_600, default: 43_200 } as const;

export interface StsFailure {
  readonly kind: "failure";
  readonly code: string;
  readonly status: number;
  readonly message: string;
}

export type StsOutcome = { readonly kind: "ok"; readonly action: string; readonly result: string } | StsFailure;

/** `result` is the inside of the `…Result` element. */
export async function serveSts(request: ApiRequest, caller: Caller, control: Control): Promise<StsOutcome> {
  const body = new TextDecoder().decode(request.body);
  const form = new URLSearchParams(body === "" ? request.rawQuery : body);
  const action = form.get("Action") ?? "";
  switch (action) {
    case "GetCallerIdentity":
      return { kind: "ok", action, result: callerIdentity(caller) };
    case "GetSessionToken":
      return getSessionToken(form, caller, control);
    default:
      return invalid(
        "InvalidAction",
        `Could not find operation ${action || "(none)"} for version ${form.get("Version") ?? "(none)"}: GetCallerIdentity and GetSessionToken are here.`,
      );
  }
}

function invalid(code: string, message: string): StsFailure {
  return { kind: "failure", code, status: code === "AccessDenied" ? 403 : 400, message };
}

function element(name: string, text: string): string {
  return `<${name}>${escapeText(text)}</${name}>`;
}

function callerIdentity(caller: Caller): string {
  return (
    element("Arn", formatCallerArn(caller)) + element("UserId", userIdOf(caller)) + element("Account", caller.account)
  );
}

/** `AIDA…`, the same for the same key every time. */
function userIdOf(caller: Caller): string {
  return caller.accessKeyId.startsWith("AKIA") ? caller.accessKeyId.replace(/^AKIA/, "AIDA") : caller.accessKeyId;
}

async function getSessionToken(form: URLSearchParams, caller: Caller, control: Control): Promise<StsOutcome> {
  if (caller.isSession) {
    return invalid("AccessDenied", "Cannot call GetSessionToken with session credentials");
  }
  const asked = form.get("DurationSeconds") ?? String(DURATION.default);
  const duration = /^\d{1,9}$/.test(asked) ? Number(asked) : Number.NaN;
  if (!(duration >= DURATION.min && duration <= DURATION.max)) {
    return invalid(
      "ValidationError",
      `DurationSeconds must be a whole number from ${DURATION.min} to ${DURATION.max}, found ${asked.slice(0, 20)}.`,
    );
  }
  const now = control.clock.now();
  const session = {
    accessKeyId: newAccessKeyId("ASIA", control.random),
    secret: newSecret(control.random),
    token: Array.from({ length: 4 }, () => newSecret(control.random)).join(""),
    parent: caller.accessKeyId,
    expiresAtMs: addSeconds(now, seconds(duration)),
  };
  // Sessions that are over are kept a day longer, so that using one is told from using what never was.
  await control.store.credentials.createSession(session, addSeconds(now, seconds(-86_400)));
  const credentials =
    element("AccessKeyId", session.accessKeyId) +
    element("SecretAccessKey", session.secret) +
    element("SessionToken", session.token) +
    element("Expiration", new Date(session.expiresAtMs).toISOString().replace(/\.\d+Z$/, "Z"));
  return { kind: "ok", action: "GetSessionToken", result: `<Credentials>${credentials}</Credentials>` };
}
