// Who asks one of the server's own paths: whoever signed the request, as the command line does, or whoever has a session of the
// console. A session is the access key that signed in, no more and no less: the key is looked up at each request, so that a session
// ends with it.

import { authenticate, callerOf, findCredential } from "../callers/authenticate.ts";
import type { Caller, CallerDirectory } from "../callers/caller.ts";
import type { ApiRequest } from "../callers/message.ts";
import { combineField } from "../http/field-list.ts";
import type { ConsoleAddress, FindConsole } from "./console/console-addresses.ts";
import type { ConsoleSessions } from "./console/console-sessions.ts";

export interface Identified {
  readonly kind: "identified";
  readonly caller: Caller;
  /** Absent: by a signature. */
  readonly isByConsole?: true;
}

/** `status` and `code` as they are answered; `message` in words for people. */
export interface Unidentified {
  readonly kind: "failure";
  readonly status: 401 | 403;
  readonly code: string;
  readonly message: string;
}

export type IdentifyCaller = (request: ApiRequest) => Promise<Identified | Unidentified>;

/** The field that only the console's own page sends: a page of another origin cannot, without asking first. */
const CONSOLE_FIELD = "x-warmfront-console";

export function openIdentification(options: {
  readonly directory: CallerDirectory;
  readonly findConsole: FindConsole;
  readonly sessions: ConsoleSessions;
}): IdentifyCaller {
  const { directory, findConsole, sessions } = options;
  const bySignature = identifySigner(directory);

  async function bySession(request: ApiRequest, at: ConsoleAddress): Promise<Identified | Unidentified> {
    const foreign = whyForeign(request, at);
    if (foreign !== undefined) return { kind: "failure", status: 403, code: "ForeignRequest", message: foreign };
    const token = sessionToken(request, at);
    const session = token === undefined ? undefined : sessions.find(token);
    if (token === undefined || session === undefined) return SIGNED_OUT;
    const credential = await findCredential(
      { accessKeyId: session.accessKeyId, sessionToken: undefined },
      request,
      directory,
    );
    if (credential.kind === "failure" || credential.key.createdAtMs !== session.keyCreatedAtMs) {
      sessions.end(token);
      return SIGNED_OUT;
    }
    return { kind: "identified", caller: callerOf(credential), isByConsole: true };
  }

  return (request) => {
    const at = isSigned(request) ? undefined : findConsole(request.fields);
    return at === undefined ? bySignature(request) : bySession(request, at);
  };
}

/** Where there is no console. */
export function identifySigner(directory: CallerDirectory): IdentifyCaller {
  return async (request) => {
    const authenticated = await authenticate(request, directory);
    if (authenticated.kind === "authenticated") return { kind: "identified", caller: authenticated.caller };
    return { ...authenticated, status: 403 };
  };
}

const SIGNED_OUT: Unidentified = {
  kind: "failure",
  status: 401,
  code: "SignedOut",
  message: "You are not signed in, or no longer.",
};

function isSigned({ fields, rawQuery }: ApiRequest): boolean {
  return combineField(fields, "authorization") !== undefined || /(?:^|&)X-Amz-Signature=/.test(rawQuery);
}

/**
 * Why a request to the console's name is not its own page's; `undefined`: nothing says so. Browsers say where a request comes from
 * [W3C fetch-metadata], always where it may change something; our field tells those apart that say nothing.
 */
export function whyForeign({ method, fields }: ApiRequest, at: ConsoleAddress): string | undefined {
  const origin = combineField(fields, "origin");
  const isRead = method === "GET" || method === "HEAD";
  if (origin === undefined ? !isRead : origin !== at.origin) {
    return `The console answers its own pages only, those of ${at.origin}: this request is of ${JSON.stringify((origin ?? "no origin").slice(0, 100))}.`;
  }
  const site = combineField(fields, "sec-fetch-site") ?? "same-origin";
  if (site !== "same-origin") return "The console answers its own pages only, and this request is of another site.";
  if (combineField(fields, CONSOLE_FIELD) !== "1") {
    return "The console answers its own pages only: they send the field X-Warmfront-Console.";
  }
  return undefined;
}

/** Over TLS a browser holds the name to its promise: nobody but this host can have set it. [RFC 6265] */
export function sessionCookieName({ isSecure }: ConsoleAddress): string {
  return isSecure ? "__Host-warmfront-console" : "warmfront-console";
}

/** `undefined`: there is none, or there are two of which nobody knows which one is ours. */
export function sessionToken({ fields }: Pick<ApiRequest, "fields">, at: ConsoleAddress): string | undefined {
  const begin = `${sessionCookieName(at)}=`;
  const cookies = fields
    .filter(([name]) => name.toLowerCase() === "cookie")
    .flatMap(([, value]) => value.split(";"))
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(begin));
  return cookies.length === 1 ? cookies[0]?.slice(begin.length) : undefined;
}
