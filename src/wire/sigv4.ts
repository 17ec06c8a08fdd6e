// Verifies requests signed with Signature Version 4, in the header or in the query. Two pure steps, because the look-up
// of the access key between them belongs to the caller: readSignature, then checkSignature. Neither throws, whatever
// the request holds. Texts are the real service's where one was observed. docs/compatibility.md has our own choices.

import { Buffer } from "node:buffer";
import { hash, timingSafeEqual } from "node:crypto";
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
  queryParameters,
  stringToSign,
  UNSIGNED_PAYLOAD,
} from "./canonical-request.ts";
import type { SignableRequest } from "./canonical-request.ts";
import { formatScope, hmacHex, keepSigningKey, SCOPE_TERMINATOR, signingKey } from "./signing-key.ts";
import type { CredentialScope, SigningKeys } from "./signing-key.ts";

/** Every way in which authentication fails, with its status. */
export const AUTHENTICATION_ERRORS = {
  ExpiredToken: { status: 403 },
  IncompleteSignature: { status: 400 },
  InvalidClientTokenId: { status: 403 },
  MissingAuthenticationToken: { status: 403 },
  RequestExpired: { status: 400 },
  SignatureDoesNotMatch: { status: 403 },
} as const;

export type AuthenticationErrorCode = keyof typeof AUTHENTICATION_ERRORS;

/** Which rule a signature breaks. S3 has codes and texts of its own for each. */
export type SignatureFault =
  | "absent"
  | "two-forms"
  | "algorithm"
  | "malformed"
  | "part-absent"
  | "date-absent"
  | "credential"
  | "date"
  | "region"
  | "service"
  | "terminator"
  | "date-of-scope"
  | "host-unsigned"
  | "field-absent"
  | "lifetime"
  | "not-yet"
  | "too-old"
  | "expired"
  | "access-key"
  | "token"
  | "token-expired"
  | "mismatch";

export interface AuthenticationFailure {
  readonly kind: "failure";
  readonly code: AuthenticationErrorCode;
  readonly message: string;
  readonly fault: SignatureFault;
  /** What was hashed here, where the signature is another: for the caller to compare. */
  readonly evidence?: { readonly canonical: string; readonly toSign: string };
}

/** For the caller: no such access key. */
export const UNKNOWN_ACCESS_KEY: AuthenticationFailure = Object.freeze(
  failure("InvalidClientTokenId", "access-key", "The security token included in the request is invalid"),
);

/** For the caller: a session token that is not this key's. */
export const UNKNOWN_TOKEN: AuthenticationFailure = Object.freeze({ ...UNKNOWN_ACCESS_KEY, fault: "token" });

/** For the caller: the session of this access key is over. */
export const EXPIRED_TOKEN: AuthenticationFailure = Object.freeze(
  failure("ExpiredToken", "token-expired", "The security token included in the request is expired"),
);

/** In what services differ. */
export interface SigningDialect {
  /** What a signer may have made of the path, all of it the same path. The first is the description's. */
  readonly canonicalPaths: (rawPath: string) => readonly string[];
  /** How far a caller's clock may be off, either way. */
  readonly windowSeconds: number;
}

/** Of all services but S3. The window is observed from the real service. */
export const SERVICE_DIALECT: SigningDialect = {
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

/** A signature as the request states it: well-formed, and not yet believed. */
export interface Signature extends CredentialScope {
  readonly kind: "signature";
  readonly form: "header" | "query";
  /** Lower-case, sorted, without repeats; `host` is among them. */
  readonly signedHeaders: readonly string[];
  /** As sent, of whatever length. */
  readonly signature: string;
  readonly sessionToken: string | undefined;
  /** `YYYYMMDDThhmmssZ`, whatever form the request had it in. */
  readonly amzDate: string;
  readonly signedAt: EpochMs;
  /** Of a query form that states it: it ends then. All others end with the window. */
  readonly expiresSeconds: number | undefined;
  /** What the request states as its body's hash. */
  readonly statedPayloadHash: string | undefined;
}

/** The longest life of a query form: a week. */
export const EXPIRES_SECONDS_MAX = 604_800;

const ALGORITHM = "AWS4-HMAC-SHA256";
const QUERY_PARAMETERS = [
  "X-Amz-Algorithm",
  "X-Amz-Credential",
  "X-Amz-Date",
  "X-Amz-SignedHeaders",
  "X-Amz-Signature",
];

function failure(code: AuthenticationErrorCode, fault: SignatureFault, message: string): AuthenticationFailure {
  return { kind: "failure", code, message, fault };
}

function incomplete(fault: SignatureFault, message: string): AuthenticationFailure {
  return failure("IncompleteSignature", fault, message);
}

function mismatch(fault: SignatureFault, message: string): AuthenticationFailure {
  return failure("SignatureDoesNotMatch", fault, message);
}

/** Quotes what a caller sent: short, and of printable characters only. */
function quote(text: string): string {
  const shown = text.length > 256 ? text.slice(0, 256) + "…" : text;
  return `'${shown.replace(/[^\x20-\x7e…]/g, "?")}'`;
}

/**
 * Reads the signature that a request states, and checks what needs no secret: that it is whole, and scoped to one of
 * `services`. Any region will do, since clients of a custom endpoint sign with whatever region they are set to.
 */
export function readSignature(
  request: SignableRequest,
  { services }: { readonly services: readonly string[] },
): Signature | AuthenticationFailure {
  const stated = statedFields(request);
  // Most requests have no such parameter, and are spared the parsing.
  const parameters = request.rawQuery.includes("X-Amz-") ? queryParameters(request.rawQuery) : undefined;
  const inQuery =
    parameters !== undefined &&
    (parameters.has("X-Amz-Algorithm") || parameters.has("X-Amz-Credential") || parameters.has("X-Amz-Signature"));

  if (stated.authorization === undefined && !inQuery) {
    return failure("MissingAuthenticationToken", "absent", "Missing Authentication Token");
  }
  if (stated.authorization !== undefined && inQuery) {
    return incomplete(
      "two-forms",
      "A request is signed either in its 'Authorization' header or in its query string, not in both.",
    );
  }
  const read =
    stated.authorization !== undefined
      ? readAuthorization(stated.authorization, stated)
      : readQuery(parameters ?? new Map(), stated);
  if (read.kind === "failure") return read;

  const parts = read.credential.split("/", 6);
  const [accessKeyId = "", date = "", region = "", service = "", terminator = ""] = parts;
  if (parts.length !== 5 || accessKeyId === "") {
    return incomplete(
      "credential",
      "Credential must have exactly 5 slash-delimited elements, " +
        `e.g. keyid/date/region/service/term, got ${quote(read.credential)}`,
    );
  }
  const stamp = parseAmzDate(read.date);
  const signedAt = stamp ?? (read.dateIsFree ? parseSignedDate(read.date) : undefined);
  if (signedAt === undefined) {
    return incomplete(
      "date",
      `Date must be in ISO-8601 'basic format'. Got ${quote(read.date)}. See http://en.wikipedia.org/wiki/ISO_8601`,
    );
  }
  const amzDate = stamp === undefined ? formatAmzDate(signedAt) : read.date;

  const scopeErrors: (readonly [SignatureFault, string])[] = [];
  if (region === "" || region.length > 128) {
    scopeErrors.push(["region", "Credential should be scoped to a valid region."]);
  }
  if (!services.includes(service)) {
    const allowed = services.map((name) => `'${name}'`).join(" or ");
    scopeErrors.push(["service", `Credential should be scoped to correct service: ${allowed}.`]);
  }
  if (terminator !== SCOPE_TERMINATOR) {
    scopeErrors.push([
      "terminator",
      `Credential should be scoped with a valid terminator: '${SCOPE_TERMINATOR}', not ${quote(terminator)}.`,
    ]);
  }
  if (date !== amzDate.slice(0, 8)) {
    scopeErrors.push([
      "date-of-scope",
      "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: " +
        `${quote(date)} != '${amzDate.slice(0, 8)}', from '${amzDate}'.`,
    ]);
  }
  const [firstError] = scopeErrors;
  if (firstError !== undefined) return mismatch(firstError[0], scopeErrors.map(([, text]) => text).join(" "));

  const signedHeaders = readSignedHeaders(read.signedHeaders);
  if (!signedHeaders.includes("host")) {
    return mismatch("host-unsigned", "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  }

  const { form, signature, sessionToken, expiresSeconds, statedPayloadHash } = read;
  return {
    kind: "signature",
    form,
    accessKeyId,
    date,
    region,
    service,
    signedHeaders,
    signature,
    sessionToken,
    amzDate,
    signedAt,
    expiresSeconds,
    statedPayloadHash,
  };
}

/** A signature's parts as text, from either form. */
interface StatedSignature {
  readonly kind: "stated";
  readonly form: "header" | "query";
  readonly credential: string;
  readonly signedHeaders: string;
  readonly signature: string;
  readonly date: string;
  /** From `Date`, which may have HTTP's form. */
  readonly dateIsFree: boolean;
  readonly sessionToken: string | undefined;
  readonly expiresSeconds: number | undefined;
  readonly statedPayloadHash: string | undefined;
}

interface StatedFields {
  authorization: string | undefined;
  amzDate: string | undefined;
  date: string | undefined;
  sessionToken: string | undefined;
  payloadHash: string | undefined;
}

/** The fields that speak of signatures. Of a repeated one all values, with commas, so that it reads as malformed. */
function statedFields(request: SignableRequest): StatedFields {
  const stated: StatedFields = {
    authorization: undefined,
    amzDate: undefined,
    date: undefined,
    sessionToken: undefined,
    payloadHash: undefined,
  };
  for (const [name, value] of request.fields) {
    const key = FIELDS_READ.get(name.toLowerCase());
    if (key === undefined) continue;
    const before = stated[key];
    stated[key] = before === undefined ? value.trim() : `${before},${value.trim()}`;
  }
  return stated;
}

const FIELDS_READ: ReadonlyMap<string, keyof StatedFields> = new Map<string, keyof StatedFields>([
  ["authorization", "authorization"],
  ["x-amz-date", "amzDate"],
  ["date", "date"],
  ["x-amz-security-token", "sessionToken"],
  ["x-amz-content-sha256", "payloadHash"],
]);

/** `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`, in any order. */
function readAuthorization(authorization: string, stated: StatedFields): StatedSignature | AuthenticationFailure {
  // What was sent may be a secret meant for someone else: shown as a hash, as the real services do now.
  const shown = () =>
    `(Hashed with SHA-256 and encoded with Base64) Authorization=${hash("sha256", authorization, "base64")}`;

  const space = authorization.search(/[ \t]/);
  const algorithm = space === -1 ? authorization : authorization.slice(0, space);
  if (algorithm !== ALGORITHM) {
    return incomplete("algorithm", `Authorization header requires the algorithm '${ALGORITHM}'. ${shown()}`);
  }
  const parameters = new Map<string, string>();
  for (const piece of authorization.slice(algorithm.length).split(",")) {
    const pair = piece.trim();
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    if (equals === -1) {
      return incomplete("malformed", `Invalid key=value pair (missing equal-sign) in Authorization header. ${shown()}`);
    }
    const name = pair.slice(0, equals);
    if (parameters.has(name)) {
      return incomplete("malformed", `Authorization header states ${quote(name)} more than once. ${shown()}`);
    }
    parameters.set(name, pair.slice(equals + 1));
  }
  const credential = parameters.get("Credential");
  const signature = parameters.get("Signature");
  const signedHeaders = parameters.get("SignedHeaders");
  const date = stated.amzDate ?? stated.date;
  if (!credential || !signature || !signedHeaders || !date) {
    const sentences: string[] = [];
    if (!credential) sentences.push("Authorization header requires 'Credential' parameter.");
    if (!signature) sentences.push("Authorization header requires 'Signature' parameter.");
    if (!signedHeaders) sentences.push("Authorization header requires 'SignedHeaders' parameter.");
    if (!date) {
      sentences.push("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
    }
    const hasAll = credential && signature && signedHeaders;
    return incomplete(hasAll ? "date-absent" : "part-absent", [...sentences, shown()].join(" "));
  }
  return {
    kind: "stated",
    form: "header",
    credential,
    signedHeaders,
    signature,
    date,
    dateIsFree: stated.amzDate === undefined,
    sessionToken: stated.sessionToken,
    expiresSeconds: undefined,
    statedPayloadHash: stated.payloadHash,
  };
}

function readQuery(
  parameters: ReadonlyMap<string, readonly string[]>,
  stated: StatedFields,
): StatedSignature | AuthenticationFailure {
  const missing = QUERY_PARAMETERS.filter((name) => !parameters.get(name)?.[0]);
  if (missing.length > 0) {
    const sentences = missing.map((name) => `AWS query-string parameters must include '${name}'.`);
    return incomplete("part-absent", [...sentences, "Re-examine the query-string parameters."].join(" "));
  }
  const repeated = [...QUERY_PARAMETERS, "X-Amz-Expires", "X-Amz-Security-Token"].find(
    (name) => (parameters.get(name)?.length ?? 0) > 1,
  );
  if (repeated !== undefined) {
    return incomplete("malformed", `AWS query-string parameters must include '${repeated}' only once.`);
  }
  const value = (name: string) => parameters.get(name)?.[0] ?? "";
  if (value("X-Amz-Algorithm") !== ALGORITHM) return incomplete("algorithm", `X-Amz-Algorithm must be '${ALGORITHM}'.`);

  let expiresSeconds: number | undefined;
  if (parameters.has("X-Amz-Expires")) {
    const text = value("X-Amz-Expires");
    expiresSeconds = /^\d{1,9}$/.test(text) ? Number(text) : -1;
    if (expiresSeconds < 1 || expiresSeconds > EXPIRES_SECONDS_MAX) {
      return incomplete(
        "lifetime",
        `X-Amz-Expires must be a number of seconds between 1 and ${EXPIRES_SECONDS_MAX}, a week; got ${quote(text)}.`,
      );
    }
  }
  // The SDKs for JavaScript move this field into the query under whatever case it had.
  let payloadHash = stated.payloadHash;
  for (const [name, values] of parameters) {
    if (name.length === 20 && name.toLowerCase() === "x-amz-content-sha256") payloadHash ??= values.join(",");
  }
  return {
    kind: "stated",
    form: "query",
    credential: value("X-Amz-Credential"),
    signedHeaders: value("X-Amz-SignedHeaders"),
    signature: value("X-Amz-Signature"),
    date: value("X-Amz-Date"),
    dateIsFree: false,
    sessionToken: parameters.get("X-Amz-Security-Token")?.[0] ?? stated.sessionToken,
    expiresSeconds,
    statedPayloadHash: payloadHash,
  };
}

function readSignedHeaders(text: string): readonly string[] {
  const names = text.toLowerCase().split(";");
  const inOrder = names.every((name, index) => index === 0 || (names[index - 1] ?? "") < name);
  return inOrder ? names : [...new Set(names)].sort();
}

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

/** Whether two secrets (session tokens, say) are equal, in a time that tells nothing but their lengths. */
export function equalSecrets(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.byteLength === right.byteLength && timingSafeEqual(left, right);
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

/** `YYYYMMDDThhmmssZ`, fractions of a second cut off. */
export function formatAmzDate(instant: EpochMs): string {
  return new Date(instant).toISOString().slice(0, 19).replace(/[-:]/g, "") + "Z";
}

/** An instant from its parts; `undefined` when there is none such, as on the 30th of February. */
function instantOf(parts: readonly (string | undefined)[], month: number): EpochMs | undefined {
  const [year = NaN, day = NaN, hour = NaN, minute = NaN, second = NaN] = parts.map(Number);
  // Before 1000 Date.UTC means the 20th century by two digits, and nobody signed anything.
  if (year < 1000) return undefined;
  const date = new Date(Date.UTC(year, month, day, hour, minute, second));
  const same =
    date.getUTCMonth() === month &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute &&
    date.getUTCSeconds() === second;
  return same ? epochMs(date.getTime()) : undefined;
}

// Callers sign within the same second or two, over and over.
let lastStamp: { readonly text: string; readonly instant: EpochMs | undefined } | undefined;

/** Reads `YYYYMMDDThhmmssZ`. */
export function parseAmzDate(text: string): EpochMs | undefined {
  if (lastStamp?.text !== text) lastStamp = { text, instant: readAmzDate(text) };
  return lastStamp.instant;
}

function readAmzDate(text: string): EpochMs | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  return instantOf([year, day, hour, minute, second], Number(month) - 1);
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Reads a `Date` such as `Sun, 29 Sep 2019 17:13:51 GMT`; Python writes the zone as `-0000`. [RFC 5322 §3.3] */
export function parseSignedDate(text: string): EpochMs | undefined {
  const match = /^(?:[A-Z][a-z]{2}, )?(\d\d?) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) (?:GMT|UTC|[+-]0000)$/.exec(
    text,
  );
  if (match === null) return undefined;
  const [, day, month = "", year, hour, minute, second] = match;
  const index = MONTHS.indexOf(month);
  return index === -1 ? undefined : instantOf([year, day, hour, minute, second], index);
}
