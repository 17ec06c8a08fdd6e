// Checks requests signed with Signature Version 4, in the header or in the query. Two pure steps, because the look-up
// of the access key between them belongs to the caller: readSignature of read-signature.ts, then checkSignature. Neither
// throws, whatever the request holds. docs/compatibility.md has our own choices.

import { Buffer } from "node:buffer";
import type { KeyObject } from "node:crypto";

import { addSeconds, epochMs, seconds } from "../vocabulary/time.ts";
import type { EpochMs } from "../vocabulary/time.ts";
import {
  canonicalFields,
  canonicalObjectPath,
  canonicalPath,
  canonicalQuery,
  canonicalRequest,
  hashBody,
  queryAsSent,
  stringToSign,
  UNSIGNED_PAYLOAD,
} from "./canonical-request.ts";
import type { SignableRequest } from "./canonical-request.ts";
import { equalSecrets } from "./equal-secrets.ts";
import type { Signature } from "./read-signature.ts";
import { failure, mismatch, quote } from "./signature-failure.ts";
import type { AuthenticationFailure } from "./signature-failure.ts";
import { formatAmzDate } from "./signed-date.ts";
import { formatScope, hmacHex, keepSigningKey, signingKey } from "./signing-key.ts";
import type { SigningKeys } from "./signing-key.ts";

/** In what services differ. */
export interface SigningDialect {
  /** What a signer may have made of the path, all of it the same path. The first is the description's. */
  readonly canonicalPaths: (rawPath: string) => readonly string[];
  /** How far a caller's clock may be off, either way. */
  readonly windowSeconds: number;
}

/** Of all services but S3. The window is observed from the real service. */
const SERVICE_DIALECT: SigningDialect = {
  canonicalPaths: (rawPath) => [canonicalPath(rawPath)],
  windowSeconds: 300,
};

/**
 * S3 takes paths as they are, and clocks that are off by a quarter of an hour [S3API RESTAuthentication]. Clients differ in an
 * escaped slash, and some sign a path just as they send it.
 */
export const S3_DIALECT: SigningDialect = {
  canonicalPaths(rawPath) {
    const path = canonicalObjectPath(rawPath);
    if (path === rawPath && !path.includes("%2F")) return [path];
    return [...new Set([path, path.replaceAll("%2F", "/"), rawPath])];
  },
  windowSeconds: 900,
};

/** Holds a signature that `readSignature` read against the request, the secret of its access key, and the time. */
export function checkSignature(
  signature: Signature,
  request: SignableRequest & { readonly body: Uint8Array },
  by: { readonly secret: string; readonly now: EpochMs; readonly keys: SigningKeys },
): { readonly kind: "ok" } | AuthenticationFailure {
  // Always of the body that came: a stated hash that is not its own must not verify.
  const unsigned = signature.statedPayloadHash === UNSIGNED_PAYLOAD;
  const payloadHash = unsigned ? UNSIGNED_PAYLOAD : hashBody(request.body);
  const checked = checkSignedHead(signature, request, {
    ...by,
    payloadHashes: [payloadHash],
    dialect: SERVICE_DIALECT,
  });
  if (checked.kind === "failure") return checked;
  const stated = signature.statedPayloadHash;
  if (stated !== undefined && stated !== payloadHash) return explainMismatch(checked.evidence());
  return { kind: "ok" };
}

/** A head that was signed so, whatever its body is. */
export interface SignedHead {
  readonly kind: "ok";
  /** What signed it, for the chunks of the body. */
  readonly key: KeyObject;
  readonly evidence: () => { readonly canonical: string; readonly toSign: string };
}

/**
 * The same without the body. `payloadHashes` are what may stand in its place: whether the body has that hash is for the
 * caller to see.
 */
export function checkSignedHead(
  signature: Signature,
  request: SignableRequest,
  by: {
    readonly secret: string;
    readonly now: EpochMs;
    readonly keys: SigningKeys;
    readonly payloadHashes: readonly string[];
    readonly dialect: SigningDialect;
  },
): SignedHead | AuthenticationFailure {
  const untimely = checkTime(signature, by.now, by.dialect.windowSeconds);
  if (untimely !== undefined) return untimely;

  const values = canonicalFields(request.fields);
  const absent = signature.signedHeaders.find((name) => !values.has(name));
  if (absent !== undefined) {
    return mismatch("field-absent", `The signed header ${quote(absent)} is not in the request.`);
  }
  const { signedHeaders, amzDate } = signature;
  const key = signingKey(by.keys, by.secret, signature);
  const evidenceOf = (path: string, query: string, payloadHash: string): { canonical: string; toSign: string } => {
    const canonical = canonicalRequest({ method: request.method, path, query, values, signedHeaders, payloadHash });
    return { canonical, toSign: stringToSign(amzDate, formatScope(signature), canonical) };
  };
  const paths = by.dialect.canonicalPaths(request.rawPath);
  const query = canonicalQuery(request.rawQuery);
  // botocore signs a query that is part of an address as it is, without encoding it canonically. What was signed is then
  // what was sent, byte by byte, so nothing is lost by believing it.
  const queries = new Set([query, queryAsSent(request.rawQuery)]);
  for (const payloadHash of by.payloadHashes) {
    for (const onePath of paths) {
      for (const oneQuery of queries) {
        const evidence = evidenceOf(onePath, oneQuery, payloadHash);
        if (!equalSecrets(signature.signature, hmacHex(key, evidence.toSign))) continue;
        keepSigningKey(by.keys, by.secret, signature, key);
        return { kind: "ok", key, evidence: () => evidence };
      }
    }
  }
  return explainMismatch(evidenceOf(paths[0] ?? request.rawPath, query, by.payloadHashes[0] ?? UNSIGNED_PAYLOAD));
}

/** The text that the real service was seen to give: blank lines, quotes and final line break are its own. */
function explainMismatch(evidence: { readonly canonical: string; readonly toSign: string }): AuthenticationFailure {
  const canonical = printable(evidence.canonical);
  const toSign = printable(evidence.toSign);
  const message =
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key " +
    "and signing method. Consult the service documentation for details.\n\n" +
    `The Canonical String for this request should have been\n'${canonical}'\n\n` +
    `The String-to-Sign should have been\n'${toSign}'\n`;
  return { ...mismatch("mismatch", message), evidence: { canonical, toSign } };
}

/** Text of bytes for a document: the bytes were most likely UTF-8, and XML knows no control characters. */
function printable(text: string): string {
  if (/^[\n\x20-\x7e]*$/.test(text)) return text;
  return Buffer.from(text, "latin1")
    .toString("utf8")
    .replace(/[^\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd");
}

function checkTime(signature: Signature, now: EpochMs, windowSeconds: number): AuthenticationFailure | undefined {
  const { signedAt, amzDate, expiresSeconds } = signature;
  // Dates have whole seconds, so the comparison has too: else a message could say that A is earlier than A.
  const second = epochMs(Math.floor(now / 1000) * 1000);
  const shown = () => formatAmzDate(second);
  const latest = addSeconds(second, seconds(windowSeconds));
  if (signedAt > latest) {
    return mismatch(
      "not-yet",
      `Signature not yet current: ${amzDate} is still later than ${formatAmzDate(latest)} (${shown()} + ${windowSeconds / 60} min.)`,
    );
  }
  if (expiresSeconds !== undefined) {
    if (second <= addSeconds(signedAt, seconds(expiresSeconds))) return undefined;
    return failure(
      "RequestExpired",
      "expired",
      `Request has expired. It was signed at ${amzDate} for ${expiresSeconds} seconds; it is now ${shown()}.`,
    );
  }
  const earliest = addSeconds(second, seconds(-windowSeconds));
  if (signedAt >= earliest) return undefined;
  return mismatch(
    "too-old",
    `Signature expired: ${amzDate} is now earlier than ${formatAmzDate(earliest)} (${shown()} - ${windowSeconds / 60} min.)`,
  );
}
