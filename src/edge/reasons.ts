// Every reason for which the edge answers by itself, with the line that its page shows. The wording of the lines that
// clients match is the real service's. [SEEN 2026-11-20 #1] says where each was seen; the others are ours. A row that
// stands for an answer of the origin's gives way to a custom error page. [CFDG GeneratingCustomErrorResponses]

interface Reason {
  readonly line: string;
  /** The page is not HTML but this code in XML, with the line as its message. */
  readonly xmlCode?: string;
  /** Absent: a custom error page never takes its place. */
  readonly isReplaceable?: true;
}

export const REASONS = {
  "bad-request": { line: "Bad request." },
  "plain-http": { line: "The request was sent over plain HTTP to a port that speaks HTTPS." },
  misdirected: { line: "The distribution that was asked for cannot be reached over this connection." },
  "method-not-allowed": {
    line: "This distribution is not configured to allow the HTTP request method that was used for this request. The distribution supports only cachable requests.",
  },
  "geo-restricted": {
    line: "The Amazon CloudFront distribution is configured to block access from your country.",
    isReplaceable: true,
  },
  "not-enforced": { line: "This content is protected by a setting that this edge cannot enforce: " },
  // Of signed URLs and cookies: what clients match. [SEEN 2026-11-20 #6]
  "signed-missing-key": {
    line: "Missing Key-Pair-Id query parameter or cookie value",
    xmlCode: "MissingKey",
    isReplaceable: true,
  },
  "signed-invalid-key": { line: "Unknown Key", xmlCode: "InvalidKey", isReplaceable: true },
  "signed-malformed-signature": {
    line: "Could not unencode Signature",
    xmlCode: "MalformedSignature",
    isReplaceable: true,
  },
  "signed-malformed-policy": { line: "Malformed Policy", xmlCode: "MalformedPolicy", isReplaceable: true },
  "signed-denied": { line: "Access denied", xmlCode: "AccessDenied", isReplaceable: true },
  "redirect-to-https": { line: "" },
  "too-large": { line: "The request is too large." },
  "origin-range": { line: "The origin sent another part of the content than it says." },
  range: { line: "The range that was asked for is beyond the end of the content.", isReplaceable: true },
  "request-timeout": { line: "The request did not arrive in time." },
  "origin-dns": { line: "CloudFront wasn't able to resolve the origin domain name.", isReplaceable: true },
  "origin-connect": { line: "CloudFront wasn't able to connect to the origin.", isReplaceable: true },
  "origin-closed": {
    line: "CloudFront attempted to establish a connection with the origin, but either the attempt failed or the origin closed the connection.",
    isReplaceable: true,
  },
  "origin-address": { line: "The origin's address is not one that this edge may connect to.", isReplaceable: true },
  "origin-access": {
    line: "CloudFront wasn't able to ask the origin in the way that its access settings say.",
    isReplaceable: true,
  },
  "origin-store": { line: "The bucket store of this service cannot be reached yet." },
  // Of the edge's own connections: it says nothing about the object. [CFDG GeneratingCustomErrorResponses]
  capacity: { line: "The edge has no connection to the origin free: its capacity is exceeded." },
  // Of all of the edge: likewise. The words are the real service's. [D-0021]
  overload: {
    line: "We can't connect to the server for this app or website at this time. There might be too much traffic or a configuration error.",
  },
  "viewer-body": { line: "The request's body could not be read." },
  fault: { line: "The edge failed on this request." },
} as const satisfies Record<string, Reason>;

export type ReasonName = keyof typeof REASONS;

/** `undefined`: its page is HTML. */
export function xmlCodeOf(name: ReasonName): string | undefined {
  const reason: Reason = REASONS[name];
  return reason.xmlCode;
}

export function isReplaceable(name: ReasonName): boolean {
  const reason: Reason = REASONS[name];
  return reason.isReplaceable === true;
}
