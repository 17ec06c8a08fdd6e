// Reads the signature of version 4 that a request states, in its header or in its query, and checks what needs no secret.
// The look-up of the access key follows, which belongs to the caller; then sigv4.ts checks it. Never throws.

import { hash } from "node:crypto";
import type { EpochMs } from "../vocabulary/time.ts";
import { queryParameters } from "./canonical-request.ts";
import type { SignableRequest } from "./canonical-request.ts";
import { failure, incomplete, mismatch, quote } from "./signature-failure.ts";
import type { AuthenticationFailure, SignatureFault } from "./signature-failure.ts";
import { formatAmzDate, parseAmzDate, parseSignedDate } from "./signed-date.ts";
import { SCOPE_TERMINATOR } from "./signing-key.ts";
import type { CredentialScope } from "./signing-key.ts";

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
