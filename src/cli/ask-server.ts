// Requests of the command line to a running server's own paths: signed like any client's, by the environment's access key or
// the built-in one.

import type { Settings } from "../service/settings.ts";
import { systemClock } from "../vocabulary/time.ts";
import { signRequest } from "../wire/sigv4-sign.ts";
import type { Arguments } from "./arguments.ts";
import { callerCredential, noServerAt, tellWhoAsked } from "./caller-credential.ts";
import { findServer } from "./find-server.ts";

export interface OwnRequest {
  readonly method: "GET" | "POST" | "DELETE";
  /** Below /_warmfront/. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
}

/** The answer's JSON, or in words why there is none. The caller knows what its path answers. */
export async function askServer<T extends object>(
  asked: OwnRequest,
  settings: Settings,
  given: Pick<Arguments, "settingFlags">,
): Promise<T | string> {
  const authority = await findServer(given, settings);
  const { method } = asked;
  const rawPath = `/_warmfront/${asked.path}`;
  const body = new TextEncoder().encode(asked.body === undefined ? "" : JSON.stringify(asked.body));
  const fields = signRequest(
    { method, rawPath, rawQuery: "", fields: [["Host", authority]], body },
    { ...callerCredential(), region: "us-east-1", service: "cloudfront" },
    { at: systemClock.now() },
  );
  let response: Response;
  try {
    const headers = fields.filter(([name]) => name !== "Host").map(([name, value]): [string, string] => [name, value]);
    const sent = body.length === 0 ? {} : { body };
    response = await fetch(`http://${authority}${rawPath}`, { method, headers, ...sent });
  } catch {
    return noServerAt(authority);
  }
  const answer = (await response.json()) as T | { error: string };
  if (!("error" in answer)) return answer;
  return tellWhoAsked(answer.error, response.status);
}
