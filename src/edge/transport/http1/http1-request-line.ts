// What is rare in the request lines of viewers [RFC 9112 §3], read apart from the usual `GET /path HTTP/1.1`: targets in other forms, and what
// is wrong with a line that is none. Pure.

import { isToken } from "../../../http/field-syntax.ts";
import type { RefusalReason } from "../refusals.ts";
import { AUTHORITY } from "../request-target.ts";

const ABSOLUTE_FORM = /^(https?):\/\/([^/?]+)(\/[!"$-~]*|\?[!"$-~]*)?$/i;
/** The beginning of a request line, read with good will, to say in a log what was refused. */
const READABLE_LINE = /^([!-~]{1,32}) ([!-~]{1,8192})[ \r\n]/;

/** What is wrong with a request line that does not end in a version of ours. */
export function readBadLine(line: string): RefusalReason {
  const parts = line.split(" ");
  const version = parts.at(-1) ?? "";
  if (parts.length !== 3 || parts.includes("")) return "bad-request-line";
  if (!isToken(parts[0] ?? "")) return "bad-method";
  return /^HTTP\/[0-9]\.[0-9]$/.test(version) ? "version-not-supported" : "bad-version";
}

/**
 * Any target but plain origin-form. Absolute-form is reduced to origin-form, whatever the method [RFC 9112 §3.2.2]; without a path
 * it means `/`, for OPTIONS `*` [RFC 9112 §3.2.4].
 */
export function reduceTarget(
  method: string,
  target: string,
  scheme: "http" | "https",
): { readonly target: string; readonly authority: string | undefined } | RefusalReason {
  if (target === "*" && method === "OPTIONS") return { target, authority: undefined };
  const absolute = ABSOLUTE_FORM.exec(target);
  const authority = absolute?.[2] ?? "";
  if (absolute === null || !AUTHORITY.test(authority)) return "bad-target"; // no user information either [RFC 9110 §4.2.4]
  if (absolute[1]?.toLowerCase() !== scheme) return "scheme-mismatch";
  const rest = absolute[3] ?? "";
  if (rest === "" && method === "OPTIONS") return { target: "*", authority };
  return { target: rest.startsWith("/") ? rest : "/" + rest, authority };
}

/** As far as it can be read with good will. */
export function readableLine(text: string): { readonly method?: string; readonly target?: string } {
  const [, method, target] = READABLE_LINE.exec(text) ?? [];
  return { ...(method !== undefined && { method }), ...(target !== undefined && { target }) };
}
