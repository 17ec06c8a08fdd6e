// What the server's own paths read and answer: JSON. A refusal is `{"error": …}`, in words for people.

import type { ApiResponse } from "../callers/message.ts";
import type { Unidentified } from "./identify-caller.ts";
import { nearest } from "./settings.ts";

export function json(status: number, value: unknown): ApiResponse {
  return { status, fields: [["Content-Type", "application/json"]], body: `${JSON.stringify(value)}\n` };
}

/** For whoever is nobody that is known. */
export function refuseCaller({ status, code, message }: Unidentified): ApiResponse {
  return json(status, { error: message, code });
}

/** An object. `undefined`: the body is none, or not JSON in UTF-8. */
export function readJsonObject(body: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** For who has sent another member than these: it is named, lest somebody think that it counted. `undefined`: there is none. */
export function refuseUnknown(
  sent: Readonly<Record<string, unknown>> | undefined,
  known: readonly string[],
): ApiResponse | undefined {
  const unknown = Object.keys(sent ?? {}).find((name) => !known.includes(name));
  if (unknown === undefined) return undefined;
  const near = nearest(unknown.slice(0, 100), known);
  const which = near === undefined ? `the members are ${known.join(", ")}` : `did you mean "${near}"?`;
  return json(400, { error: `the body has no member ${JSON.stringify(unknown.slice(0, 100))}; ${which}` });
}
