// What S3 says of a signature that does not hold: its own codes and texts, of the newer signature by where it stands (header
// or query) and of the older one. [S3API ErrorResponses]

import { epochMs, type EpochMs } from "../../vocabulary/time.ts";
import { unreachable } from "../../vocabulary/unreachable.ts";
import type { OlderSignatureFault } from "../../wire/sigv2.ts";
import { EXPIRES_SECONDS_MAX } from "../../wire/read-signature.ts";
import { UNKNOWN_ACCESS_KEY, type AuthenticationFailure } from "../../wire/signature-failure.ts";
import { fail, type S3Failure } from "../operation.ts";

/** What can be told of the signature beside its fault. */
export interface StatedSignature {
  readonly form: "header" | "query";
  readonly accessKeyId?: string;
  readonly signature?: string;
  readonly signedAt?: EpochMs;
  readonly expiresSeconds?: number | undefined;
}

/** `2026-11-20T12:00:00Z` */
function formatInstant(instant: EpochMs): string {
  return `${new Date(instant).toISOString().slice(0, 19)}Z`;
}

/** A caller's own text in a document for it: short, and nothing that XML does not know. */
function shown(text: string): string {
  return text.slice(0, 200).replace(/[^\x20-\x7e]/g, "?");
}

export const ONE_MECHANISM = fail("InvalidArgument", {
  message:
    "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified",
});

const UNKNOWN_SCHEME = fail("InvalidArgument", {
  message: "Unsupported Authorization Type",
  details: [["ArgumentName", "Authorization"]],
});

export function unknownAccessKey(accessKeyId: string, why?: string): S3Failure {
  return fail("InvalidAccessKeyId", {
    details: [["AWSAccessKeyId", shown(accessKeyId)]],
    why: why ?? `there is no access key ${shown(accessKeyId)}, or not any more`,
  });
}

export function skewed(at: EpochMs, now: EpochMs, windowSeconds: number): S3Failure {
  return fail("RequestTimeTooSkewed", {
    details: [
      ["RequestTime", formatInstant(at)],
      ["ServerTime", formatInstant(now)],
      ["MaxAllowedSkewMilliseconds", String(windowSeconds * 1000)],
    ],
  });
}

function expired(expiresAt: EpochMs, now: EpochMs, lifetimeSeconds?: number): S3Failure {
  return fail("AccessDenied", {
    message: "Request has expired",
    details: [
      ...(lifetimeSeconds === undefined ? [] : [["X-Amz-Expires", String(lifetimeSeconds)] as const]),
      ["Expires", formatInstant(expiresAt)],
      ["ServerTime", formatInstant(now)],
    ],
  });
}

/** In hexadecimal with blanks between, as S3 shows what it hashed. */
function bytesOfText(text: string): string {
  return Buffer.from(text)
    .toString("hex")
    .replace(/(..)(?=.)/g, "$1 ");
}

/** Says to the caller no more than the code: it is a viewer of the edge who reads it. */
export function edgeMismatch(accessKeyId: string): S3Failure {
  return fail("SignatureDoesNotMatch", {
    why:
      `the signature does not match ${shown(accessKeyId)}, by which edges ask. If this service's own edge sent it, ` +
      "the file service-secret was replaced while it ran: stop the service and start it again",
  });
}

function mismatch(stated: StatedSignature, toSign: string, canonical?: string): S3Failure {
  const accessKeyId = stated.accessKeyId ?? "";
  return fail("SignatureDoesNotMatch", {
    why: `the signature does not match access key ${shown(accessKeyId)}: another secret access key, or a request that was changed on its way`,
    details: [
      ["AWSAccessKeyId", shown(stated.accessKeyId ?? "")],
      ["StringToSign", toSign],
      ["SignatureProvided", shown(stated.signature ?? "")],
      ["StringToSignBytes", bytesOfText(toSign)],
      ...(canonical === undefined
        ? []
        : ([
            ["CanonicalRequest", canonical],
            ["CanonicalRequestBytes", bytesOfText(canonical)],
          ] as const)),
    ],
  });
}

const CREDENTIAL_FORM = 'expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".';

const WHOLE_QUERY =
  "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.";

export const LIFETIME_ABSENT = fail("AuthorizationQueryParametersError", { message: WHOLE_QUERY });

/** Of the newer signature. `absent` is no failure here: such a request is anonymous. */
export function signatureFailure(failure: AuthenticationFailure, stated: StatedSignature, now: EpochMs): S3Failure {
  const { form, signedAt = epochMs(0), expiresSeconds } = stated;
  const wrong = (inHeader: string, inQuery = inHeader): S3Failure =>
    form === "header"
      ? fail("AuthorizationHeaderMalformed", {
          message: `The authorization header is malformed; ${inHeader}`,
          why: failure.message,
        })
      : fail("AuthorizationQueryParametersError", { message: inQuery, why: failure.message });
  const inCredential = (what: string): S3Failure =>
    wrong(what, `Error parsing the X-Amz-Credential parameter; ${what}`);

  switch (failure.fault) {
    case "absent":
      return fail("AccessDenied");
    case "two-forms":
      return ONE_MECHANISM;
    case "algorithm":
      return form === "header" ? UNKNOWN_SCHEME : wrong("", 'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"');
    case "malformed":
      return wrong("a part of it is no name and value, or stands there twice.", "A parameter stands there twice.");
    case "part-absent":
      return wrong("it must have Credential, SignedHeaders and Signature.", WHOLE_QUERY);
    case "date-absent":
      return fail("AccessDenied", { message: "AWS authentication requires a valid Date or x-amz-date header" });
    case "date":
      return form === "header"
        ? fail("AccessDenied", { message: "AWS authentication requires a valid Date or x-amz-date header" })
        : wrong("", `X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`);
    case "credential":
      return inCredential(`the Credential is mal-formed; ${CREDENTIAL_FORM}`);
    case "region":
      return inCredential("the region is wrong; it must not be empty.");
    case "service":
      return inCredential('incorrect service. This endpoint belongs to "s3".');
    case "terminator":
      return inCredential('incorrect terminal. This endpoint uses "aws4_request".');
    case "date-of-scope":
      return inCredential("Invalid credential date. This date is not the same as X-Amz-Date.");
    case "host-unsigned":
      return fail("AccessDenied", {
        message: "There were headers present in the request which were not signed",
        details: [["HeadersNotSigned", "host"]],
      });
    case "field-absent":
      return fail("SignatureDoesNotMatch", { why: failure.message });
    case "lifetime":
      return wrong("", `X-Amz-Expires must be a number of seconds from 1 to ${EXPIRES_SECONDS_MAX}, a week.`);
    case "not-yet":
      return form === "header"
        ? skewed(signedAt, now, 900)
        : fail("AccessDenied", { message: "Request is not valid yet", why: failure.message });
    case "too-old":
      return skewed(signedAt, now, 900);
    case "expired":
      return expired(epochMs(signedAt + (expiresSeconds ?? 0) * 1000), now, expiresSeconds);
    case "access-key":
      return failure === UNKNOWN_ACCESS_KEY
        ? unknownAccessKey(stated.accessKeyId ?? "")
        : { ...unknownAccessKey(stated.accessKeyId ?? ""), message: failure.message };
    case "token":
      return fail("InvalidToken");
    case "token-expired":
      return fail("ExpiredToken");
    case "mismatch":
      return mismatch(stated, failure.evidence?.toSign ?? "", failure.evidence?.canonical);
  }
}

/** Of the older signature. */
export function olderSignatureFailure(failure: OlderSignatureFault, stated: StatedSignature, now: EpochMs): S3Failure {
  switch (failure.fault) {
    case "header":
      return fail("InvalidArgument", {
        message: "AWS authorization header is invalid. Expected AwsAccessKeyId:signature",
        details: [["ArgumentName", "Authorization"]],
      });
    case "query":
      return fail("AccessDenied", {
        message: "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters",
      });
    case "date-absent":
      return fail("AccessDenied", { message: "AWS authentication requires a valid Date or x-amz-date header" });
    case "expires":
      return fail("AccessDenied", {
        message: `Invalid date (should be seconds since epoch): ${shown(failure.found)}`,
      });
    case "skewed":
      return skewed(failure.at, now, 900);
    case "expired":
      return expired(failure.at, now);
    case "mismatch":
      return mismatch(stated, failure.toSign);
    default:
      return unreachable(failure);
  }
}
