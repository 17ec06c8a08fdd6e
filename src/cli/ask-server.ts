// Requests of the command line to a running server's own paths: signed like any client's, by the environment's access key or
// the built-in one.

import { DEFAULT_KEY } from "../callers/default-key.ts";
import { formatAuthority, listenHosts } from "../service/addresses.ts";
import type { Settings } from "../service/settings.ts";
import { systemClock } from "../vocabulary/time.ts";
import { signRequest } from "../wire/sigv4-sign.ts";

export interface OwnRequest {
  readonly method: "GET" | "POST" | "DELETE";
  /** Below /_warmfront/. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
}

/** The answer's JSON, or in words why there is none. The caller knows what its path answers. */
export async function askServer<T extends object>(asked: OwnRequest, settings: Settings): Promise<T | string> {
  const [host = "127.0.0.1"] = listenHosts(settings.apiHost);
  const authority = formatAuthority(host, settings.apiPort);
  const { method } = asked;
  const rawPath = `/_warmfront/${asked.path}`;
  const body = new TextEncoder().encode(asked.body === undefined ? "" : JSON.stringify(asked.body));
  const fields = signRequest(
    { method, rawPath, rawQuery: "", fields: [["Host", authority]], body },
    { ...credential(), region: "us-east-1", service: "cloudfront" },
    { at: systemClock.now() },
  );
  let response: Response;
  try {
    const headers = fields.filter(([name]) => name !== "Host").map(([name, value]): [string, string] => [name, value]);
    const sent = body.length === 0 ? {} : { body };
    response = await fetch(`http://${authority}${rawPath}`, { method, headers, ...sent });
  } catch {
    return `no server answers at http://${authority}: start one with npm start, or say where it is with --api-port`;
  }
  const answer = (await response.json()) as T | { error: string };
  if (!("error" in answer)) return answer;
  // A service with access keys of its own may have none like the built-in one: the error alone would not tell who asked.
  const isBuiltIn = credential().accessKeyId === DEFAULT_KEY.accessKeyId;
  return response.status === 403 && isBuiltIn ? `${answer.error} (${BUILT_IN})` : answer.error;
}

const BUILT_IN =
  "asked with the built-in access key: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment name another";

function credential(): { accessKeyId: string; secret: string; sessionToken?: string | undefined } {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
  if (AWS_ACCESS_KEY_ID === undefined || AWS_SECRET_ACCESS_KEY === undefined) {
    return { accessKeyId: DEFAULT_KEY.accessKeyId, secret: DEFAULT_KEY.secret };
  }
  return { accessKeyId: AWS_ACCESS_KEY_ID, secret: AWS_SECRET_ACCESS_KEY, sessionToken: AWS_SESSION_TOKEN };
}
