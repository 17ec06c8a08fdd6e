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
  const response = await send(asked, settings, given);
  if (typeof response === "string") return response;
  const answer = (await response.json()) as T | { error: string };
  if (!("error" in answer)) return answer;
  return tellWhoAsked(answer.error, response.status);
}

/** The lines of an answer that goes on for as long as it is read; empty ones are left out. Or in words why there is none. */
export async function streamFromServer(
  asked: OwnRequest,
  settings: Settings,
  given: Pick<Arguments, "settingFlags">,
): Promise<AsyncIterable<string> | string> {
  const response = await send(asked, settings, given);
  if (typeof response === "string") return response;
  if (response.ok && response.body !== null) return linesOf(response.body);
  const answer = (await response.json()) as { error: string };
  return tellWhoAsked(answer.error, response.status);
}

/** Ends with the connection, whoever ended that. */
async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for await (const bytes of body) {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line !== "") yield line;
    }
  } catch {
    return; // a line that broke off is none
  }
}

async function send(
  asked: OwnRequest,
  settings: Settings,
  given: Pick<Arguments, "settingFlags">,
): Promise<Response | string> {
  const found = await findServer(given, settings);
  if (found.kind === "failure") return found.message;
  const { authority } = found;
  const { method } = asked;
  const rawPath = `/_warmfront/${asked.path}`;
  const body = new TextEncoder().encode(asked.body === undefined ? "" : JSON.stringify(asked.body));
  const fields = signRequest(
    { method, rawPath, rawQuery: "", fields: [["Host", authority]], body },
    { ...callerCredential(), region: "us-east-1", service: "cloudfront" },
    { at: systemClock.now() },
  );
  try {
    const headers = fields.filter(([name]) => name !== "Host").map(([name, value]): [string, string] => [name, value]);
    const sent = body.length === 0 ? {} : { body };
    return await fetch(`http://${authority}${rawPath}`, { method, headers, ...sent });
  } catch {
    return noServerAt(authority);
  }
}
