// What every answer of the console says to the browser: nothing but our own files may run in its pages, nobody may frame or guess them.

import type { ApiField, ApiResponse } from "../../callers/message.ts";

const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'self'",
].join("; ");

const FIELDS: readonly ApiField[] = [
  ["Content-Security-Policy", CONTENT_SECURITY_POLICY],
  ["X-Content-Type-Options", "nosniff"],
  ["X-Frame-Options", "DENY"],
  ["Referrer-Policy", "no-referrer"],
  ["Cross-Origin-Opener-Policy", "same-origin"],
  ["Cross-Origin-Resource-Policy", "same-origin"],
];

/** With `Cache-Control: no-store`, unless the answer says something else. */
export function withConsoleFields<Response extends Pick<ApiResponse, "fields">>(response: Response): Response {
  const isTold = response.fields.some(([name]) => name === "Cache-Control");
  const caching: readonly ApiField[] = isTold ? [] : [["Cache-Control", "no-store"]];
  return { ...response, fields: [...response.fields, ...caching, ...FIELDS] };
}
