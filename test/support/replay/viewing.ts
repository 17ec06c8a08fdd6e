// What the viewers of a replay ask, and what each of them knows afterwards: counted on its own side of the wire, with nothing
// taken from the edge but its answers.

import type { Logged } from "../delivered-logs.ts";

export interface Asked {
  /** The name of the kind of request, for whoever reads a difference. */
  readonly kind: string;
  readonly host: string;
  readonly method: string;
  /** A character per byte. */
  readonly target: string;
  /** Beside Host and what frames the body; a character per byte. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body?: Buffer;
  /** Leaves with the first bytes of the answer's body. */
  readonly leavesInMidBody?: true;
  /** Leaves without an answer, once the origin has been asked. */
  readonly leavesUnanswered?: Promise<void>;
  /** `x-edge-detailed-result-type`, where it is not the result type. */
  readonly detailed?: string;
}

export interface Seen {
  readonly asked: Asked;
  /** "cut": the edge broke off in mid-body. "lost": the connection ended without an answer. */
  readonly ending: "whole" | "cut" | "left" | "lost";
  /** X-Amz-Cf-Id; "" without an answer. */
  readonly requestId: string;
  readonly status: number;
  /** X-Cache, as the log has it. */
  readonly result: string;
  readonly contentType: string | undefined;
  readonly contentLength: string | undefined;
  readonly contentRange: string | undefined;
  readonly bytesOut: number;
  readonly bytesIn: number;
  readonly over: ViewerConnection;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

export interface ViewerConnection {
  readonly version: "HTTP/1.1" | "HTTP/2.0";
  readonly port: number;
  readonly tls: { readonly protocol: string; readonly cipher: string } | undefined;
}

export interface Viewer {
  /** Never rejects: a connection that broke is an ending, and the next request opens another. */
  ask(asked: Asked): Promise<Seen>;
  close(): void;
}

/** Where viewers find the edge; another one once the service was started again. */
export interface EdgeAddress {
  readonly edgePort: number;
  readonly edgeHttpsPort: number;
}

/** Fields of an answer that the log tells of. */
export function toldBy(
  field: (lowerName: string) => string | undefined,
): Pick<Seen, "requestId" | "result" | "contentType" | "contentLength" | "contentRange"> {
  const [result = ""] = (field("x-cache") ?? "").split(" ");
  return {
    requestId: field("x-amz-cf-id") ?? "",
    result,
    contentType: field("content-type"),
    contentLength: field("content-length"),
    contentRange: field("content-range"),
  };
}

/** What the log has to say of it: every field that a viewer can know. Byte counts of answers that did not arrive whole are none of its. */
export function expectedLine(
  seen: Seen,
  site: { readonly domain: string; readonly hasCookies: boolean },
): Partial<Logged> {
  const { asked, over, status, ending } = seen;
  const [stem = "", ...query] = asked.target.split("?");
  const all = (lowerName: string, separator: string): string =>
    asked.fields
      .filter(([name]) => name.toLowerCase() === lowerName)
      .map(([, value]) => value)
      .join(separator);
  const range = /^bytes (\d+)-(\d+)\//.exec(seen.contentRange ?? "");
  const isWhole = ending === "whole";
  const decided = status === 0 ? "Error" : seen.result;
  const left = ending === "cut" ? "OriginCommError" : "ClientCommError";
  return {
    "c-ip": "127.0.0.1",
    "cs-method": asked.method,
    "cs(Host)": site.domain,
    "cs-uri-stem": encode(stem),
    "sc-status": String(status).padStart(3, "0"),
    "cs(Referer)": encode(all("referer", ", ")),
    "cs(User-Agent)": encode(all("user-agent", ", ")),
    "cs-uri-query": encode(query.join("?")),
    "cs(Cookie)": site.hasCookies ? encode(all("cookie", "; ")) : "-",
    "x-edge-result-type": isWhole ? decided : "Error",
    "x-edge-request-id": seen.requestId || "-",
    "x-host-header": asked.host,
    "cs-protocol": over.tls === undefined ? "http" : "https",
    "cs-bytes": String(seen.bytesIn),
    "x-forwarded-for": encode(all("x-forwarded-for", ", ")),
    "ssl-protocol": over.tls?.protocol ?? "-",
    "ssl-cipher": over.tls?.cipher ?? "-",
    "x-edge-response-result-type": decided,
    "cs-protocol-version": over.version,
    "fle-status": "-",
    "fle-encrypted-fields": "-",
    "c-port": String(over.port),
    "x-edge-detailed-result-type": isWhole ? (asked.detailed ?? decided) : left,
    "sc-content-type": status === 304 ? "-" : encode(seen.contentType ?? ""),
    "sc-content-len": status === 304 ? "-" : (seen.contentLength ?? "-"),
    "sc-range-start": range?.[1] ?? "-",
    "sc-range-end": range?.[2] ?? "-",
    ...(isWhole && { "sc-bytes": String(seen.bytesOut) }),
  };
}

/** Encoded in the log, beside space, control characters and all beyond ASCII. [CFDG AccessLogs] */
const ENCODED = "<>\"#%{}|\\^~[]`'";

function encode(value: string): string {
  if (value === "") return "-";
  return Array.from(value, (character) => {
    const code = character.charCodeAt(0);
    const isPlain = code > 32 && code < 127 && !ENCODED.includes(character);
    return isPlain ? character : `%${code.toString(16).toUpperCase().padStart(2, "0")}`;
  }).join("");
}
