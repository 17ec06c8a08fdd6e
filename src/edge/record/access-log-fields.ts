// The 33 fields of a standard access log by name and in order, and the two lines at the head of its files. What stands in each of
// them is written in access-line.ts, which a test holds against this list.

/** [CFDG AccessLogs] */
export const ACCESS_LOG_FIELDS = [
  "date",
  "time",
  "x-edge-location",
  "sc-bytes",
  "c-ip",
  "cs-method",
  "cs(Host)",
  "cs-uri-stem",
  "sc-status",
  "cs(Referer)",
  "cs(User-Agent)",
  "cs-uri-query",
  "cs(Cookie)",
  "x-edge-result-type",
  "x-edge-request-id",
  "x-host-header",
  "cs-protocol",
  "cs-bytes",
  "time-taken",
  "x-forwarded-for",
  "ssl-protocol",
  "ssl-cipher",
  "x-edge-response-result-type",
  "cs-protocol-version",
  "fle-status",
  "fle-encrypted-fields",
  "c-port",
  "time-to-first-byte",
  "x-edge-detailed-result-type",
  "sc-content-type",
  "sc-content-len",
  "sc-range-start",
  "sc-range-end",
] as const;

/** What a file of records begins with. */
export const ACCESS_LOG_PREAMBLE = `#Version: 1.0\n#Fields: ${ACCESS_LOG_FIELDS.join(" ")}\n`;
