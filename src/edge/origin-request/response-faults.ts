// What may be wrong with the bytes that an origin sends as its answer, in words for its owner: viewers see a 502 whatever it
// was. A row each, so that the log, and who asks, can tell them apart.

export const RESPONSE_FAULTS = {
  "not-http": "it is not HTTP/1.1",
  "bad-status-line": "its status line is none of HTTP/1.1, or its status is not one of 100 to 599",
  "head-too-large": "its header section is larger than originHeaderBytesMax",
  "bare-line-break": "a line ends with CR or LF alone",
  "obs-fold": "a field is folded over lines",
  "field-without-colon": "a line of its header section has no colon",
  "bad-field-name": "a field name has characters that no name has",
  "space-before-colon": "there is a space between a field name and its colon",
  "bad-field-value": "a field value has control characters",
  "bad-content-length": "its Content-Length is no number of bytes",
  "duplicate-content-length": "it has more than one Content-Length",
  "unknown-transfer-coding": "its transfer coding is not chunked",
  "length-and-coding": "it has both Content-Length and Transfer-Encoding",
  "coding-in-1.0": "it is HTTP/1.0 with a transfer coding",
  "bad-chunk": "a chunk is not framed as chunks are",
  "trailers-too-large": "its trailers are larger than originHeaderBytesMax",
  "bad-trailer": "a trailer is no field that may come there",
  cut: "it broke off",
} as const satisfies Record<string, string>;

export type ResponseFault = keyof typeof RESPONSE_FAULTS;
