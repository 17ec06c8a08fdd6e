// Why a viewer's bytes are not a request that we answer as asked: one row per reason, with the status that tells it.
// The request reader and the connection name rows; whoever renders error pages may look at them. After every one of
// these the connection is closed, because what follows on it cannot be told apart from more of the same.

export const REFUSALS = {
  // The head
  "bare-line-break": { status: 400, cite: "[RFC 9112 §2.2]" },
  "empty-lines": { status: 400, cite: "[RFC 9112 §2.2]" },
  "bad-request-line": { status: 400, cite: "[RFC 9112 §3]" },
  "bad-method": { status: 400, cite: "[RFC 9112 §3.1]" },
  "bad-target": { status: 400, cite: "[RFC 9112 §3.2]" },
  "bad-version": { status: 400, cite: "[RFC 9112 §2.3]" },
  "version-not-supported": { status: 505, cite: "[RFC 9110 §15.6.6]" },
  "connect-not-supported": { status: 501, cite: "[RFC 9110 §15.6.2]" },
  "scheme-mismatch": { status: 421, cite: "[RFC 9110 §7.4]" },
  "obs-fold": { status: 400, cite: "[RFC 9112 §5.2]" },
  "space-before-colon": { status: 400, cite: "[RFC 9112 §5.1]" },
  "field-without-colon": { status: 400, cite: "[RFC 9112 §5]" },
  "bad-field-name": { status: 400, cite: "[RFC 9110 §5.1]" },
  "bad-field-value": { status: 400, cite: "[RFC 9110 §5.5]" },
  "missing-host": { status: 400, cite: "[RFC 9112 §3.2]" },
  "duplicate-host": { status: 400, cite: "[RFC 9112 §3.2]" },
  "bad-host": { status: 400, cite: "[RFC 9112 §3.2]" },
  "unknown-expectation": { status: 417, cite: "[RFC 9110 §10.1.1]" },
  "host-mismatch": { status: 400, cite: "[RFC 9113 §8.3.1]" },
  "connection-field": { status: 400, cite: "[RFC 9113 §8.2.2]" },
  "bad-pseudo-field": { status: 400, cite: "[RFC 9113 §8.3]" },
  // The framing of the body
  "length-and-transfer-encoding": { status: 400, cite: "[RFC 9112 §6.1]" },
  "duplicate-content-length": { status: 400, cite: "[RFC 9112 §6.3]" },
  "bad-content-length": { status: 400, cite: "[RFC 9112 §6.3]" },
  "duplicate-transfer-encoding": { status: 400, cite: "[RFC 9112 §6.1]" },
  "unknown-transfer-coding": { status: 501, cite: "[RFC 9112 §6.1]" },
  "transfer-encoding-in-1.0": { status: 400, cite: "[RFC 9112 §6.1]" },
  "bad-chunk": { status: 400, cite: "[RFC 9112 §7.1]" },
  "chunk-line-too-long": { status: 400, cite: "[RFC 9112 §7.1.1]" },
  "chunk-size-too-large": { status: 400, cite: "[RFC 9112 §7.1]" },
  "bad-trailer": { status: 400, cite: "[RFC 9112 §7.1.2]" },
  "trailers-too-large": { status: 413, cite: "[RFC 9112 §7.1.2]" },
  // The bounds
  "url-too-long": { status: 413, cite: "[CFDG cloudfront-limits]" },
  "head-too-large": { status: 413, cite: "[CFDG cloudfront-limits]" },
  "too-many-fields": { status: 413, cite: "[D-0004]" },
  "head-timeout": { status: 408, cite: "[RFC 9110 §15.5.9]" },
  // TLS
  "plain-http": { status: 400, cite: "[RFC 9110 §4.2.2]" },
  // Ours; the first before anything of the answer was sent
  "answer-broke-off": { status: 502, cite: "[RFC 9110 §15.6.3]" },
  "internal-error": { status: 500, cite: "[RFC 9110 §15.6.1]" },
} as const satisfies Record<string, { readonly status: number; readonly cite: string }>;

export type RefusalReason = keyof typeof REFUSALS;
